"""Where each ASGI server holds the application that it serves: one table."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from msgspec import Struct

Wrap = Callable[[Any], Any]
"""Puts the recorder around an ASGI application."""
Attach = Callable[[Any, Wrap], None]
"""Changes a server's module so that the applications it serves are wrapped."""


class Place(Struct, frozen=True):
    """A module of a server, and what is changed in it once it has been imported."""

    server: str
    module: str
    attach: Attach


def _uvicorn(module: Any, wrap: Wrap) -> None:
    """Wrap what `Config.load` gives; gunicorn's workers and the reloader call it as well."""
    load = module.Config.load

    @functools.wraps(load)
    def wrapped(config: Any) -> None:
        load(config)
        config.loaded_app = wrap(config.loaded_app)

    module.Config.load = wrapped


def _hypercorn(module: Any, wrap: Wrap) -> None:
    """Wrap inside its own wrapper, which has decided by then that it is no WSGI application."""
    wrap_app = module.wrap_app

    @functools.wraps(wrap_app)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        outer = wrap_app(*args, **kwargs)
        if type(outer).__name__ == "ASGIWrapper":
            outer.app = wrap(outer.app)
        return outer

    module.wrap_app = wrapped


def _daphne(module: Any, wrap: Wrap) -> None:
    """Wrap what the server is made with: by its command line, or by Django's `runserver`."""
    make = module.Server.__init__

    @functools.wraps(make)
    def wrapped(server: Any, *args: Any, **kwargs: Any) -> None:
        make(server, *args, **kwargs)
        server.application = wrap(server.application)

    module.Server.__init__ = wrapped


def _granian(module: Any, wrap: Wrap) -> None:
    """Wrap what its workers call; in its own process it only looks at the application."""
    wrap_callback = module._callback_wrapper

    @functools.wraps(wrap_callback)
    def wrapped(callback: Any, *args: Any, **kwargs: Any) -> Any:
        return wrap_callback(wrap(callback), *args, **kwargs)

    module._callback_wrapper = wrapped


PLACES = (
    Place("uvicorn", "uvicorn.config", _uvicorn),
    Place("hypercorn", "hypercorn.utils", _hypercorn),
    Place("daphne", "daphne.server", _daphne),
    Place("granian", "granian.asgi", _granian),
)
