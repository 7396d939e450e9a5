"""What a request names, found or refused."""

from __future__ import annotations

from pathlib import Path

from hangup.store.archived import Archive, Archived
from hangup.ui.page import Refusal


def number_of(text: str | None, what: str) -> int | None:
    """Read a number of a query, None where it is not given.

    Raises:
        Refusal: it is none.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refusal(400, f"{what}: a number is wanted.")
    return int(text)


def there(path: str) -> str:
    """Give the path of a file that is there.

    Raises:
        Refusal: nothing was kept yet.
    """
    if not Path(path).is_file():
        raise Refusal(404, "Nothing is kept here yet.")
    return path


def kept_run(archive: Archive, number: int) -> tuple[Archived, bytes]:
    """Find a run with its document.

    Raises:
        Refusal: there is none of that number.
    """
    found = archive.run(number) if number < 1 << 62 else None
    if found is None:
        raise Refusal(404, f"No run d{number} is kept here.")
    return found
