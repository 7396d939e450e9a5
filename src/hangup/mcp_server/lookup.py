"""Looks up what is known of a close code, a status, a cause or a rule, without any network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hangup.cause import Cause
from hangup.causes import CAUSES
from hangup.errors import UsageError
from hangup.mcp_server.fit import Document
from hangup.preflight.finding import Rule
from hangup.preflight.rules import RULES
from hangup.report.units import NEVER_SENT, code_name

MOST = 12
"""Entries that are given; a search with more is too wide to help."""


def look_up(what: str) -> Document:
    """Give the close code, the causes and the rules that have all the words.

    Raises:
        UsageError: nothing has.
    """
    words = what.lower().split()
    causes = [cause for cause in CAUSES if _has(words, cause.id, _about(cause))]
    rules = [rule for rule in RULES if _has(words, rule.id, f"{rule.means} {rule.client_sees}")]
    code = _code(words)
    if not (causes or rules or code):
        raise UsageError(
            "lookup: nothing has all of these words; try a close code, a status, a layer such as "
            "proxy or auth, or fewer words"
        )
    return {
        "schema": "hangup.lookup/1",
        "code": code,
        "causes": [_cause(cause) for cause in causes[:MOST]],
        "rules": [_rule(rule) for rule in rules[:MOST]],
        "more": max(len(causes) - MOST, 0) + max(len(rules) - MOST, 0),
    }


def _has(words: list[str], id: str, about: str) -> bool:
    text = f"{id} {about}".lower()
    return words == [id] or all(re.search(rf"(?<!\w){re.escape(word)}", text) for word in words)


def _about(cause: Cause) -> str:
    return f"{cause.means} {cause.signature}"


def _code(words: list[str]) -> dict[str, Any] | None:
    if len(words) != 1 or not re.fullmatch(r"[1-4][0-9]{3}", words[0]):
        return None
    code = int(words[0])
    return {"code": code, "name": code_name(code), "never_sent": code in NEVER_SENT}


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "id": cause.id,
        "means": cause.means,
        "signature": cause.signature,
        "look_alikes": cause.look_alikes,
        "decisive": cause.decisive,
        "mend": cause.mend,
        "untestable": cause.untestable,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "severity": rule.severity,
        "means": rule.means,
        "client_sees": rule.client_sees,
        "fix": rule.fix,
    }


def lookup_lines(document: Document) -> Iterator[str]:
    """Tell it; all words are ours, so none is marked."""
    code = document["code"]
    if code:
        sent = ", which no close frame holds: the client made it up" if code["never_sent"] else ""
        yield f"{code['code']}: {code['name']}{sent}."
    for each in document["causes"]:
        yield ""
        yield f"{each['id']}: {each['means']}."
        yield f"Seen as: {each['signature']}. Looks like: {each['look_alikes']}."
        yield f"Decided by: {each['decisive']}."
        yield f"Mended so: {each['mend']}"
        if each["untestable"]:
            yield f"Not tested by diagnose: {each['untestable']}"
    for each in document["rules"]:
        yield ""
        yield f"{each['id']} ({each['severity']}): {each['means']}."
        yield f"The client sees {each['client_sees']}. Fix: {each['fix']}"
    if document["more"]:
        yield f"and {document['more']} more; ask with more words"
