"""Django Channels as ASGI applications, well or with one fault each, run as `...:name`."""

from __future__ import annotations

from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "app.example.org"],
    ROOT_URLCONF=__name__,
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    LOGGING_CONFIG=None,
)
django.setup()
urlpatterns: list[Any] = []
"""Django's own routes: none."""


class Broken(Exception):  # noqa: N818 - the fault, not an error of ours
    """What the failing consumers raise."""


class Echo(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Send every message back."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one message."""
        await self.send(text_data, bytes_data)


class RaisesInConnect(Echo):
    """Fail before the handshake is answered."""

    async def connect(self) -> None:
        """Raise in place of accepting."""
        raise Broken("in connect")


class RaisesInReceive(Echo):
    """Fail on the first message."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Raise in place of answering."""
        raise Broken("in receive")


class Room(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Tell everybody in one group of the channel layer what each one says."""

    async def connect(self) -> None:
        """Join the group."""
        await self.channel_layer.group_add("room", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard("room", self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Pass one message to the group."""
        await self.channel_layer.group_send("room", {"type": "chat.message", "text": text_data})

    async def chat_message(self, event: dict[str, str]) -> None:
        """Pass what came from the group to this client."""
        await self.send(event["text"])


def serving(consumer: Any) -> Any:
    """Make an application of one consumer."""
    routes = URLRouter([path("ws", consumer.as_asgi())])
    return ProtocolTypeRouter({"http": get_asgi_application(), "websocket": routes})


echo = serving(Echo)
raises_in_connect = serving(RaisesInConnect)
raises_in_receive = serving(RaisesInReceive)
room = serving(Room)
own_origin = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": AllowedHostsOriginValidator(URLRouter([path("ws", Echo.as_asgi())])),
    }
)
