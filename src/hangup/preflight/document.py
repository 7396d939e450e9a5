"""What preflight found as JSON, as SARIF and as annotations of GitHub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from hangup import __version__
from hangup.preflight.finding import Finding, Preflight, Severity
from hangup.preflight.rules import RULES

SCHEMA = "hangup.preflight/1"
SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
GITHUB: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def as_json(found: Preflight) -> str:
    """Give the document of `hangup preflight --json`."""
    document = {
        "schema": SCHEMA,
        "findings": [msgspec.structs.asdict(each) for each in found.findings],
        "files": found.files,
        "handlers": found.handlers,
        "suppressed": found.suppressed,
        "tests_skipped": found.tests_skipped,
        "incomplete": found.incomplete or None,
        "hangup": __version__,
    }
    return json.dumps(document, indent=2)


def as_sarif(found: Preflight) -> str:
    """Give a log of SARIF 2.1.0, with paths as they were given."""
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": f"{rule.means}."},
            "help": {"text": f"The client sees {rule.client_sees}.\n\n{rule.fix}"},
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in RULES
    ]
    run = {
        "tool": {"driver": {"name": "hangup", "version": __version__, "rules": rules}},
        "results": [_result(each) for each in found.findings],
        "invocations": [_invocation(found)],
    }
    return json.dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _invocation(found: Preflight) -> dict[str, Any]:
    if not found.incomplete:
        return {"executionSuccessful": True}
    told = {"level": "error", "message": {"text": found.incomplete}}
    return {"executionSuccessful": False, "toolExecutionNotifications": [told]}


def _result(finding: Finding) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    place = {"artifactLocation": {"uri": _uri(finding.file)}, "region": region}
    return {
        "ruleId": finding.rule,
        "level": finding.severity,
        "message": {"text": _sentences(finding)},
        "locations": [{"physicalLocation": place}],
        "properties": {"reachable": finding.reachable},
    }


def _uri(path: str) -> str:
    from urllib.parse import quote  # here: only asked for with --sarif

    return f"file://{quote(path)}" if path.startswith("/") else quote(path)


def _sentences(finding: Finding) -> str:
    return f"{finding.message}. The client sees {finding.client_sees}. Fix: {finding.fix}"


def as_github(found: Preflight) -> str:
    """Give workflow commands that GitHub shows beside the lines of a change."""
    lines = [
        annotation(
            GITHUB[each.severity],
            {
                "file": each.file,
                "line": str(each.line),
                "col": str(each.column),
                "title": each.rule,
            },
            _sentences(each),
        )
        for each in found.findings
    ]
    if found.incomplete:
        lines.append(annotation("warning", {"title": "hangup preflight"}, found.incomplete))
    return "\n".join(lines)


def annotation(level: str, properties: Mapping[str, str], message: str) -> str:
    """Give one workflow command; `level` is error, warning or notice."""
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {told}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
