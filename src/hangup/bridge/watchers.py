"""Who wants to know when a user's log grows."""

from __future__ import annotations

from collections.abc import Callable

from hangup.bridge.log import Wake


class Watchers:
    """Functions to be called, by user."""

    def __init__(self) -> None:
        self._by_user: dict[str, dict[object, Wake]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_user)

    def add(self, user: str, wake: Wake) -> Callable[[], None]:
        """Have a function called, until the one that is given back is."""
        key = object()
        self._by_user.setdefault(user, {})[key] = wake

        def remove() -> None:
            of_user = self._by_user.get(user, {})
            of_user.pop(key, None)
            if not of_user:
                self._by_user.pop(user, None)

        return remove

    def users(self) -> list[str]:
        """Give everybody who is watched."""
        return list(self._by_user)

    def wake(self, user: str, seq: int, epoch: str = "") -> None:
        """Tell those who watch a user of its highest number."""
        for wake in list(self._by_user.get(user, {}).values()):
            wake(seq, epoch)

    def clear(self) -> None:
        """Forget everybody."""
        self._by_user.clear()
