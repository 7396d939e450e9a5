"""Wheels made again from what is installed, so that pip can install without a network."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from email import message_from_string
from importlib.metadata import Distribution
from pathlib import Path


def repack(installed: Distribution, into: Path) -> Path:
    """Write the wheel that a distribution was installed from, but for the scripts that pip makes.

    The format is that of the specification of binary distributions: the files as they lie in
    site-packages, and a record of their hashes.
    """
    tags = message_from_string(installed.read_text("WHEEL") or "").get_all("Tag") or []
    path = into / f"{_stem(installed)}-{_compressed(tags)}.whl"
    files = {file.as_posix(): file.locate() for file in installed.files or ()}
    kept = {
        name: Path(os.fspath(where)).read_bytes()
        for name, where in files.items()
        if not name.startswith("..") and "__pycache__" not in name and Path(str(where)).is_file()
    }
    record = next(name for name in kept if name.endswith(".dist-info/RECORD"))
    del kept[record]
    lines = [f"{name},sha256={_digest(raw)},{len(raw)}" for name, raw in kept.items()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as wheel:
        for name, raw in kept.items():
            wheel.writestr(name, raw)
        wheel.writestr(record, "\n".join([*lines, f"{record},,"]) + "\n")
    return path


def _stem(installed: Distribution) -> str:
    """Give name and version as the folder of the metadata has them."""
    files = (file.parts[0] for file in installed.files or ())
    return next(part for part in files if part.endswith(".dist-info")).removesuffix(".dist-info")


def _compressed(tags: list[str]) -> str:
    """Write a set of tags as file names do: each part once, joined by dots."""
    parts = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(part)) for part in parts)


def _digest(raw: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
