"""Writes a reproducer as a bug report: what to run, what comes, what should come."""

from __future__ import annotations

from hangup.report.markdown import fenced, markdown_report, prose
from hangup.report.reproduce.order import Order, seen
from hangup.report.reproduce.shell import command, variables_of


def issue(order: Order) -> str:
    """Write the bug report; the whole diagnosis follows below it."""
    told = order.trace is not None
    return "\n\n".join(
        (
            f"# {_title(order)}",
            "## To reproduce",
            fenced([*_exports(order), *command(order).split("\n")], "sh"),
            f"## Actual\n\n{_sentence(seen(order))}",
            f"## Expected\n\n{_expected(order)}",
            "---",
            markdown_report(order.diagnosis, [order.trace] if told and order.trace else []),
        )
    )


def _title(order: Order) -> str:
    if order.diagnosis.verdict == "healthy":
        return "The WebSocket works"
    about = order.diagnosis.cause or order.diagnosis.layer or order.diagnosis.verdict
    ends = "does not open" if order.fails_in == "opening" else "ends when it should not"
    return f"The WebSocket {ends} ({prose(about)})"


def _exports(order: Order) -> list[str]:
    return [f"export {name}=...  # the credential" for name in variables_of(order)]


def _sentence(text: str) -> str:
    return f"{prose(text[:1].upper() + text[1:])}."


def _expected(order: Order) -> str:
    if order.fails_in == "opening":
        return "The server answers 101 Switching Protocols, and the WebSocket opens."
    replies = " every expected reply comes," if order.inquiry.conversation.expects else ""
    return (
        f"The WebSocket opens,{replies} it stays open until the client closes it, and the server "
        "answers the client's close with 1000."
    )
