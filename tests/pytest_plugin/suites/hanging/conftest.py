import asyncio
import threading

import pytest


@pytest.fixture(scope="session")
def dripping():
    """A stream of events that never ends, one every tenth of a second."""
    loop, urls, ready = asyncio.new_event_loop(), [], threading.Event()

    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"data: tick\n\n")
            await writer.drain()
            await asyncio.sleep(0.1)

    async def serve():
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        ready.set()
        await server.serve_forever()

    threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True).start()
    ready.wait(5)
    return urls[0]
