"""Faults that one ASGI application can show its recorder, and what of each must be named.

What no such application shows is not here:

- a handshake without its key, and a filter before the server: the application is not reached;
- a peer that answers no pings: servers keep pings to themselves, and tell the application what they
  tell of any lost connection;
- a middleware that does not run for WebSockets: it leaves no trace; `hangup preflight` finds it;
- an application that does not start: a lifespan keeps the server's own channels, and its failure
  is in the server's log.

Of keys, caches, contexts and identities a recorder knows what the application notes, and nothing
else. That a browser has no handler for an event is to be seen in the browser only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hangup.incident import Caught, ConnectionSeen, Kind, Phase

SLOW = 0.5
"""Seconds that slow handlers take."""
MOST_TEXT = 8192
"""Characters that the handler which drops big messages takes."""
BUILD = "build-of-the-lab"
STORM = 12
"""Connections of a client that connects again and again."""

Client = Literal["usual", "no-upgrade"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, what its client does, and what of it must be named.

    `number` is its place in the catalogue of faults. `function` is that of the innermost frame.
    `elsewhere` names the servers that hide it from the application. `times` is how often the client
    connects, with an id the first time only; with `stops` the server is told to end meanwhile.
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
    anonymous: bool = False
    times: int = 1
    client: Client = "usual"
    stops: bool = False
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


def _dropped(seen: ConnectionSeen) -> bool:
    """Whether a big message came, and nothing was sent before the next one."""
    big = [i for i, each in enumerate(seen.messages) if each.size > MOST_TEXT and not each.sent]
    return bool(big) and not seen.messages[big[0] + 1].sent


def _waited(seen: ConnectionSeen) -> bool:
    phases = dict(seen.phases)
    return phases.get("accepted", 0.0) - phases["arrived"] >= SLOW


def _unselected(seen: ConnectionSeen) -> bool:
    return seen.offered == ("chat.v2",) and seen.selected == ""


def _noted(*parts: str) -> Callable[[ConnectionSeen], bool]:
    """Give whether the application's notes are these, in their order."""

    def seen(told: ConnectionSeen) -> bool:
        notes = [what for _, what in told.notes]
        return len(notes) == len(parts) and all(
            part in note for part, note in zip(parts, notes, strict=True)
        )

    return seen


def _limited_by_port(seen: ConnectionSeen) -> bool:
    return any(f" for {seen.peer}, " in what for _, what in seen.notes)


def _renamed(seen: ConnectionSeen) -> bool:
    said = [(each.sent, each.data) for each in seen.messages]
    return said == [(False, b'{"type": "agent_started"}'), (True, b'{"type":"start_agent"}')]


def _canned(seen: ConnectionSeen) -> bool:
    sites = [each.site for each in seen.messages if each.sent]
    return len(sites) == 2 and all(site.endswith("in canned_events") for site in sites)


def _anonymous(seen: ConnectionSeen) -> bool:
    return "accepted" in dict(seen.phases) and not seen.credential


def _restarted(seen: ConnectionSeen) -> bool:
    return seen.build == BUILD and "disconnected with 1012" in seen.outcome


def _lingered(seen: ConnectionSeen) -> bool:
    return seen.build == BUILD and seen.outcome.endswith("in deaf")


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
    Fault(
        "F35",
        "emits_before_it_registers",
        "undelivered",
        function="emit",
        detail="run_started for None: 0 recipients",
        seen=_noted("None: 0", "registered as thread-35", "thread-35: 1 recipient"),
    ),
    Fault(
        "F36",
        "takes_a_thread_for_a_user",
        "undelivered",
        function="emit",
        detail="tool_executing for thread-36: 0 recipients",
        seen=_noted("registered as user-36", "thread-36: 0"),
    ),
    Fault(
        "F37",
        "takes_a_run_for_a_user",
        "undelivered",
        function="emit",
        detail="for run-",
        seen=_noted("registered as user-37", "run_started for run-"),
    ),
    Fault(
        "F38",
        "routes_for_ever",
        "held",
        function="routes_for_ever",
        detail="are still held",
        times=8,
    ),
    Fault(
        "F39",
        "grows_until_its_cap",
        "held",
        function="grows_until_its_cap",
        detail="are still held",
        times=8,
    ),
    Fault("F39", "grows_until_its_cap", "refused", function="register", code=1011),
    Fault("F40", "caches_an_identity", None, seen=_noted("user alice from the cache under 'test'")),
    Fault("F41", "lets_anybody_in", None, anonymous=True, seen=_anonymous),
    Fault("F42", "limits_by_port", None, seen=_limited_by_port),
    Fault("F44", "renames_events", None, sends=('{"type": "agent_started"}',), seen=_renamed),
    Fault(
        "F45",
        "closes_at_once",
        "reconnects",
        function="closes_at_once",
        detail="with this credential",
        times=STORM,
    ),
    Fault("F46", "answers_by_a_fallback", None, sends=HELLO, seen=_canned),
    Fault(
        "F48",
        "makes_each_context_anew",
        None,
        sends=("one", "two"),
        seen=_noted("for user default", "for user default"),
    ),
    Fault("F4", "closes_at_once", "upgrade-lost", detail="lost on the way", client="no-upgrade"),
    # It stays in the process, so that it comes last there.
    Fault("F30", "leaks_a_patch", "patched", function="quick", detail="asyncio.sleep"),
    Fault(
        "F32",
        "waits_for_the_peer",
        None,
        stops=True,
        seen=_restarted,
        elsewhere=frozenset({"hypercorn", "daphne", "granian"}),
    ),
    Fault(
        "F32",
        "waits_for_ever",
        None,
        stops=True,
        seen=_lingered,
        elsewhere=frozenset({"hypercorn", "daphne", "granian"}),
    ),
)
