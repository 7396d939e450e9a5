"""Addresses as users write them, or as documents and recordings hold them."""

from __future__ import annotations

import re

from hangup.address import parse_origin, parse_proxy, parse_resolve, parse_url
from hangup.errors import UsageError
from hangup.openmetrics import parse_place
from hangup.watching.webhook import parse_webhook


def parse(data: bytes) -> None:
    """Parse the input in every way; a refusal quotes nothing that could be a secret."""
    text = data.decode("utf-8", "surrogateescape")
    for read in (
        parse_url,
        parse_proxy,
        parse_resolve,
        parse_origin,
        parse_place,
        lambda each, where: parse_webhook(each, where, 1.0),
    ):
        try:
            found = read(text, "it")
        except UsageError as exc:
            assert str(exc).startswith("it: ")
            assert len(str(exc)) < 200 + 10 * len(text)
            continue
        if read is parse_url:
            assert re.fullmatch(r"[\x21-\x7e]+", f"{found.host}{found.target}")
            assert 1 <= found.port <= 65535
            assert (
                not found.userinfo
                or found.userinfo[1] not in repr(found)
                or (len(found.userinfo[1]) < 4)
            )
