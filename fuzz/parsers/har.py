"""HAR files: read to traces that can be judged, and to a plan that can be read."""

from __future__ import annotations

from hangup.errors import UsageError
from hangup.planning.recorded import recorded_plan
from hangup.trace import dump_traces, load_traces
from hangup.vantage.har import read_har, read_sockets, secrets_in


def parse(data: bytes) -> None:
    """Read the input; what is no HAR is a sentence."""
    try:
        traces = read_har(data, "page.har")
    except UsageError as exc:
        assert len(str(exc)) < 2000
        return
    written = dump_traces(traces)
    assert len(list(load_traces(written.splitlines(), "traces"))) == len(traces)
    for trace, socket in zip(traces, read_sockets(data, "page.har"), strict=True):
        told = dump_traces([trace])
        for secret in secrets_in(socket):
            if len(secret) >= 8 and secret.isascii() and secret.isalnum():
                assert secret.encode() not in told or _is_elsewhere(secret, trace.url), secret
    try:
        text = recorded_plan(data, "page.har", None, "plan.yaml")
    except UsageError as exc:
        assert len(str(exc)) < 2000
        return
    assert "\x00" not in text


def _is_elsewhere(secret: str, url: str) -> bool:
    """Whether a word is one that we write ourselves, as a field's name or kind."""
    from hangup import event

    return any(secret.lower() in name.lower() for name in dir(event)) or secret in "baseline"
