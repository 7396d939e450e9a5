"""Runs faults under the recorder, and says of which it named what must be named."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from hangup.incident import Caught, ConnectionSeen, Kind, Phase, Seen
from hangup.lab.process import LOOPBACK, ServerProcess
from hangup.lab.servers import spawn

APP = "hangup.lab.apps.recorded:recorded"
SEEN = "HANGUP_LAB_SEEN"
"""Environment variable: the file that what was seen is written to."""
ANNOTATE = "HANGUP_LAB_ANNOTATE"
"""Environment variable: when it is set, exceptions close with an incident's id."""
SLOW = 0.5
"""Seconds that slow handlers take."""
MOST_TEXT = 8192
"""Characters that the handler which drops big messages takes."""
SERVERS = ("uvicorn", "hypercorn", "daphne", "granian")
WITHIN = 4.0
"""Seconds that the recorder is given to tell of a connection that has ended."""
_POLL = 0.02
TOKEN = "Bearer token-of-alice-4711"  # noqa: S105 - opens nothing


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, what its client does, and what of it must be named.

    `number` is its place in the catalogue of faults. `function` is that of the innermost frame.
    `elsewhere` names what servers that hide it from the application make of it.
    """

    number: str
    path: str
    kind: Kind | None
    exception: str = ""
    function: str = ""
    phase: Phase | None = None
    code: int | None = None
    detail: str = ""
    chain: str = ""
    sends: tuple[str, ...] = ()
    leaves: bool = False
    subprotocols: tuple[str, ...] = ()
    seen: Callable[[ConnectionSeen], bool] = bool
    elsewhere: frozenset[str] = frozenset()

    def is_named_by(self, caught: Caught) -> bool:
        """Whether a failure that was caught names all that must be."""
        return (
            caught.kind == self.kind
            and caught.exception.endswith(self.exception)
            and caught.frame.endswith(f"in {self.function}" if self.function else "")
            and self.phase in (None, caught.phase)
            and (self.code is None or (caught.close is not None and caught.close.code == self.code))
            and self.detail in f"{caught.detail} {caught.message}"
            and self.chain in " ".join(caught.chain)
        )


@dataclass(frozen=True, slots=True)
class Pinpointed:
    """What became of one fault on one server."""

    server: str
    fault: Fault
    seen: tuple[Seen, ...]

    @property
    def right(self) -> bool:
        """Whether the recorder told of the connection, and named what must be named."""
        ended = [each for each in self.seen if isinstance(each, ConnectionSeen)]
        caught = [each for each in self.seen if isinstance(each, Caught)]
        named = self.fault.kind is None or any(map(self.fault.is_named_by, caught))
        return named and any(map(self.fault.seen, ended))


def _dropped(seen: ConnectionSeen) -> bool:
    """Whether a big message came, and nothing was sent before the next one."""
    big = [i for i, each in enumerate(seen.messages) if each.size > MOST_TEXT and not each.sent]
    return bool(big) and not seen.messages[big[0] + 1].sent


def _waited(seen: ConnectionSeen) -> bool:
    phases = dict(seen.phases)
    return phases.get("accepted", 0.0) - phases["arrived"] >= SLOW


def _unselected(seen: ConnectionSeen) -> bool:
    return seen.offered == ("chat.v2",) and seen.selected == ""


HELLO = ("hello",)
FAULTS: tuple[Fault, ...] = (
    Fault("F1", "before_accept", "exception", "NameError", "check_token", "auth"),
    Fault("F1", "query_params_of_url", "exception", "AttributeError", "query_params_of_url"),
    Fault("F1", "http_request", "exception", "AssertionError", "http_request", "accept"),
    Fault("F1", "http-only", "exception", "TypeError", phase="accept", detail="request"),
    Fault("F2", "not_ready", "refused", function="not_ready", phase="accept", code=1011),
    Fault(
        "F2", "not_allowed", "refused", function="authenticate_or_close", phase="auth", code=1008
    ),
    Fault("F3", "no-such-path", "refused", phase="accept", code=1000),
    Fault("F3", "typed", "masked-exception", "WebSocketRequestValidationError", code=1008),
    Fault("F6", "denied", "masked-exception", "HTTPException", "denied", detail="validate"),
    Fault("F7", "returns_before_accept", "returned", function="returns_before_accept"),
    Fault("F8", "slow_before_accept", None, seen=_waited),
    Fault("F11", "silent_on_subprotocol", None, subprotocols=("chat.v2",), seen=_unselected),
    Fault(
        "F12",
        "accept_race",
        "receive-after-disconnect",
        function="accept_race",
        detail="the peer had gone",
        sends=HELLO,
        leaves=True,
        elsewhere=frozenset({"hypercorn", "daphne", "granian"}),
    ),
    Fault("F13", "uncaught", "exception", "KeyError", "uncaught", "open"),
    Fault(
        "F13",
        "uncaught_on_message",
        "exception",
        "KeyError",
        "uncaught_on_message",
        "message",
        sends=("{}",),
    ),
    Fault(
        "F14", "generic_handler", "masked-exception", "LookupError", "generic_handler", code=1011
    ),
    Fault("F14", "auth_after_accept", "masked-exception", "NameError", "check_token", "auth", 1011),
    Fault("F14", "closes_in_a_task", "masked-exception", "LookupError", "closes_in_a_task"),
    Fault("F14", "closes_later", "masked-exception", "LookupError", "closes_later", code=1011),
    Fault(
        "F15",
        "handler_fails_itself",
        "masked-exception",
        "AttributeError",
        "handler_fails_itself",
        chain="LookupError",
    ),
    Fault("F16", "closes_at_the_first_site", "refused", function="first_site", code=4401),
    Fault("F17", "closes_1005", "illegal-close", function="closes_1005", code=1005),
    Fault("F17", "closes_1006", "illegal-close", function="closes_1006", code=1006),
    Fault("F17", "closes_401", "illegal-close", function="closes_401", code=401, detail="HTTP"),
    Fault("F17", "closes_with_a_long_reason", "illegal-close", detail="160 bytes", code=1011),
    Fault("F18", "returns", "returned", function="returns", phase="open", detail="open"),
    Fault("F19", "finally_closes", "masked-exception", "LookupError", "finally_closes", code=1000),
    Fault(
        "F20",
        "sends_an_enum",
        "unserializable",
        function="sends_an_enum",
        detail="$.type: ",
        code=1011,
    ),
    Fault("F20", "sends_a_date", "unserializable", detail="$.a[3].at: datetime.datetime"),
    Fault("F20", "sends_a_dict_as_text", "unserializable", detail="$: dict"),
    Fault("F21", "sends_safely", "unserializable", function="sends_safely", detail="[0].state"),
    Fault("F22", "never_awaited", "never-awaited", function="never_awaited", detail="send_text"),
    Fault("F22", "attribute_of_a_coroutine", "never-awaited", detail="_user"),
    Fault("F23", "wrong_arity", "masked-exception", "TypeError", "wrong_arity", code=1011),
    Fault(
        "F24",
        "rare_branch",
        "masked-exception",
        "NameError",
        "rare_branch",
        "message",
        1011,
        sends=("rare",),
    ),
    Fault("F25", "missing_dependency", "masked-exception", "AttributeError", "missing_dependency"),
    Fault("F26", "accepts_twice", "accepted-twice", function="accepts_twice"),
    Fault("F26", "closes_twice", "close-again", function="closes_twice"),
    Fault("F26", "sends_after_close", "send-after-close", function="sends_after_close"),
    Fault(
        "F12",
        "receives_after_disconnect",
        "receive-after-disconnect",
        function="receives_after_disconnect",
        leaves=True,
    ),
    Fault("F27", "blocks", "stall", function="blocks", detail="stood still for"),
    Fault("F29", "drops_big_messages", None, sends=("x" * (MOST_TEXT + 1), "hello"), seen=_dropped),
    Fault("F31", "validates_ids", "masked-exception", "InvalidIdError", "validate_id", code=1011),
    Fault(
        "F33", "waits_in_the_loop", "exception", "TimeoutError", "waits_in_the_loop", sends=HELLO
    ),
    Fault(
        "F34", "counts_errors", "masked-exception", "AttributeError", "counts_errors", sends=("[]",)
    ),
    Fault("F34", "counts_errors", "returned", function="counts_errors", sends=("[]", "[]")),
    Fault("F47", "task_dies", "task-exception", "KeyError", "beat", sends=HELLO),
)


def pinpoint(server: str, faults: Sequence[Fault] = FAULTS) -> list[Pinpointed]:
    """Run each fault on a server of the lab, and give what the recorder told of it.

    Raises:
        UnknownServerError, ProgramMissingError, StartFailedError.
    """
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "seen")
        lines.touch()
        with spawn(server, APP, env={SEEN: str(lines)}).wait_ready() as process:
            return [
                Pinpointed(server, fault, _run(process, lines, fault, f"{number:08x}"))
                for number, fault in enumerate(faults)
                if server not in fault.elsewhere
            ]


def _run(process: ServerProcess, lines: Path, fault: Fault, name: str) -> tuple[Seen, ...]:
    with (
        suppress(WebSocketException, OSError, InvalidHandshake),
        _connect(process.port, fault, name) as socket,
    ):
        _talk(socket, fault)
    deadline = time.monotonic() + WITHIN
    while True:
        seen = tuple(each for each in read_lines(lines) if each.hangup_id == name)
        result = Pinpointed(process.program, fault, seen)
        if result.right or time.monotonic() > deadline:
            return seen
        time.sleep(_POLL)


def _connect(port: int, fault: Fault, name: str) -> ClientConnection:
    return connect(
        f"ws://{LOOPBACK}:{port}/{fault.path}",
        subprotocols=[Subprotocol(each) for each in fault.subprotocols] or None,
        additional_headers={"Authorization": TOKEN, "X-Hangup-Id": name},
        compression=None,
        ping_interval=None,
        open_timeout=WITHIN,
        close_timeout=0.2,
    )


def _talk(socket: ClientConnection, fault: Fault) -> None:
    for text in fault.sends:
        socket.send(text)
    if fault.leaves:
        socket.socket.close()
        return
    deadline = time.monotonic() + 2 * SLOW
    while time.monotonic() < deadline:
        socket.recv(timeout=max(0.01, deadline - time.monotonic()))


def read_lines(path: Path) -> Iterator[Seen]:
    """Read what a recorder wrote as lines."""
    for line in path.read_bytes().splitlines():
        with suppress(msgspec.DecodeError):  # the last line may be half written
            told = msgspec.json.decode(line)
            if told["hangup"] == "incident":
                yield msgspec.convert(told, Caught)
            else:
                yield msgspec.convert(told, ConnectionSeen)
