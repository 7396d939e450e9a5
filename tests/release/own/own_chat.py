"""A chat of somebody's own, which has never been told why it closes."""

from fastapi import FastAPI, WebSocket

app = FastAPI()


def user_of(token: str) -> str:
    return decode(token, SECRET)["sub"]


@app.websocket("/ws")
async def chat(websocket: WebSocket, token: str = "") -> None:
    await websocket.accept()
    try:
        user = user_of(token)
        async for text in websocket.iter_text():
            await websocket.send_text(f"{user}: {text}")
    except Exception:
        await websocket.close(1011, "Internal error")
