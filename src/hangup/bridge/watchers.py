"""Who wants to know when a user's log grows."""

from __future__ import annotations

from collections.abc import Callable

from hangup.bridge.log import Wake


class _Watch:
    __slots__ = ("_remove", "_user", "_wake")

    def __init__(self, remove: Callable[[str, Wake], None], user: str, wake: Wake) -> None:
        self._remove, self._user, self._wake = remove, user, wake

    def __call__(self) -> None:
        self._remove(self._user, self._wake)


class Watchers:
    """Functions to be called, by user."""

    def __init__(self) -> None:
        self._by_user: dict[str, tuple[Wake, ...]] = {}
        self._removing = self._remove  # one for all: there are as many watches as users

    def __bool__(self) -> bool:
        return bool(self._by_user)

    def add(self, user: str, wake: Wake) -> Callable[[], None]:
        """Have a function called, until the one that is given back is."""
        self._by_user[user] = (*self._by_user.get(user, ()), wake)
        return _Watch(self._removing, user, wake)

    def users(self) -> list[str]:
        """Give everybody who is watched."""
        return list(self._by_user)

    def wake(self, user: str, seq: int, epoch: str = "") -> None:
        """Tell those who watch a user of its highest number."""
        for wake in self._by_user.get(user, ()):
            wake(seq, epoch)

    def clear(self) -> None:
        """Forget everybody."""
        self._by_user.clear()

    def _remove(self, user: str, wake: Wake) -> None:
        left = list(self._by_user.pop(user, ()))
        if wake in left:
            left.remove(wake)
        if left:
            self._by_user[user] = tuple(left)
