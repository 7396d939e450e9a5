"""Turns the options of `hangup load` into its order, or refuses them before anything is sent."""

from __future__ import annotations

import math
from ipaddress import ip_address
from typing import TYPE_CHECKING

from msgspec import Struct

from hangup.errors import UsageError
from hangup.inquiry import Inquiry
from hangup.load.allowed import check_allowed
from hangup.load.order import Load
from hangup.load.people import People
from hangup.load.schedule import last_arrival, planned, stages_of

if TYPE_CHECKING:
    from hangup.load.stages_file import StagesFile
    from hangup.load.thresholds import Condition

MOST_CONNECTIONS = 1_000_000
MOST_MESSAGES = 1_000_000
LONGEST = 7 * 86_400.0
DEFAULT_CONNECTIONS, DEFAULT_MESSAGES, DEFAULT_EVERY = 100, 10, 1.0


class LoadOptions(Struct, frozen=True, kw_only=True):
    """The options of a load, as they were typed."""

    connections: int | None
    rate: float | None
    ramp: float | None
    stages: str | None
    poisson: bool
    messages: int | None
    every: float | None
    hold: float | None
    users: str | None
    users_once: bool
    patience: float
    source: tuple[str, ...]
    fail_if: tuple[str, ...]
    find_limit: bool
    pid: int | None
    metrics: str | None
    seed: int
    max_time: float
    allow: tuple[str, ...]


class LoadOrder(Struct, frozen=True, kw_only=True):
    """What is to be done: the load, who its connections are, and what is made of it."""

    load: Load
    people: People
    conditions: tuple[Condition, ...]
    find_limit: bool
    rate: float
    pid: int | None
    metrics: str | None


def build_load(inquiry: Inquiry, options: LoadOptions) -> LoadOrder:
    """Give the order; files are read and checked.

    Raises:
        UsageError: for the first thing that is wrong, in one sentence.
    """
    endpoint = inquiry.endpoint
    check_allowed(endpoint, options.allow, "--allow", "--allow {}")
    file = _file(options)
    people = _people(options)
    connections = _connections(options, file, people)
    stages = file.stages if file else stages_of(connections, options.rate, options.ramp)
    load = Load(
        endpoint=endpoint,
        conversation=inquiry.conversation,
        stages=stages,
        connections=connections,
        poisson=options.poisson,
        messages=int(_chosen(options.messages, file.messages if file else None, DEFAULT_MESSAGES)),
        every=_chosen(options.every, file.every if file else None, DEFAULT_EVERY),
        hold=_chosen(options.hold, file.hold if file else None, 0.0),
        patience=options.patience,
        longest=options.max_time,
        sources=_sources(options.source),
        seed=options.seed,
    )
    _check_numbers(load)
    _check_time(load)
    _check_pid(options.pid)
    if options.find_limit and (options.stages is not None or options.ramp is not None):
        raise UsageError("--find-limit: it makes its own stages, from --connections and --rate")
    return LoadOrder(
        load=load,
        people=people,
        conditions=_conditions(options.fail_if),
        find_limit=options.find_limit,
        rate=options.rate or 0.0,
        pid=options.pid,
        metrics=options.metrics,
    )


def _file(options: LoadOptions) -> StagesFile | None:
    if options.stages is None:
        return None
    for name in ("rate", "ramp"):
        if getattr(options, name) is not None:
            raise UsageError(f"--{name}: it cannot be combined with --stages")
    from hangup.load.stages_file import read_stages  # here: YAML takes long to load

    return read_stages(options.stages)


def _conditions(texts: tuple[str, ...]) -> tuple[Condition, ...]:
    if not texts:
        return ()
    from hangup.load.thresholds import parse  # here: the catalogue takes long to load

    return tuple(map(parse, texts))


def _people(options: LoadOptions) -> People:
    if options.users is None:
        if options.users_once:
            raise UsageError("--users-once: it needs --users")
        return People()
    from hangup.load.users_file import read_users  # here: it is asked for rarely

    columns, rows = read_users(options.users)
    return People(columns=columns, rows=rows, once=options.users_once)


def _connections(options: LoadOptions, file: StagesFile | None, people: People) -> int:
    wanted = options.connections
    if wanted is None and file is not None:
        wanted = file.connections or planned(file.stages, MOST_CONNECTIONS)
    if wanted is None:
        wanted = people.most or DEFAULT_CONNECTIONS
    if not 1 <= wanted <= MOST_CONNECTIONS:
        raise UsageError(f"--connections: it must be from 1 to {MOST_CONNECTIONS:,}")
    return min(wanted, people.most or wanted)


def _chosen(given: float | None, read: float | None, usual: float) -> float:
    return given if given is not None else read if read is not None else usual


def _check_numbers(load: Load) -> None:
    if not 1 <= load.messages <= MOST_MESSAGES:
        raise UsageError(f"--messages: it must be from 1 to {MOST_MESSAGES:,}")
    for option, seconds in (("--every", load.every), ("--hold", load.hold)):
        if not 0 <= seconds <= LONGEST:
            raise UsageError(f"{option}: it must be a number of seconds from 0 to 7 days")
    for option, seconds in (("--patience", load.patience), ("--max-time", load.longest)):
        if not 0 < seconds <= LONGEST:
            raise UsageError(f"{option}: it must be a number of seconds above 0, up to 7 days")


def _check_time(load: Load) -> None:
    """Refuse what cannot be over in time, rather than cut it without a word."""
    each = (load.messages - 1) * load.every + load.hold
    whole = last_arrival(load.stages, load.connections) + each
    if whole > load.longest:
        raise UsageError(
            f"--max-time: {load.longest:g} s are too short; the last arrivals alone take "
            f"{math.ceil(whole):,} s"
        )


def _sources(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        try:
            ip_address(text)
        except ValueError:
            raise UsageError("--source: it must be an IP address of this machine") from None
    return texts


def _check_pid(pid: int | None) -> None:
    from hangup.load.moments import resident_mb  # here: it is asked for rarely

    if pid is not None and (pid < 1 or resident_mb(pid) is None):
        raise UsageError(f"--pid: the memory of process {pid} cannot be read")
