"""Looks at an endpoint with few connections, and writes a plan that passes as it is written."""

from __future__ import annotations

import os
import time

from hangup.ending import Ending
from hangup.errors import HangupError
from hangup.event import TlsEstablished
from hangup.plan.read import parse_plan
from hangup.plan.results import CheckResult
from hangup.planning.declared import declaration, ends_line, is_refusal
from hangup.planning.draft import Draft, Entry, expect
from hangup.planning.heard import before_first_word, expectation
from hangup.planning.messages import add_messages
from hangup.planning.tried import endings, play
from hangup.planning.wish import NOWHERE, WRONG, Wish, user_line

OPENS, ENDS = "it opens", "it ends as declared"
"""The check without which a plan says nothing of an endpoint."""
ADVICE = "`hangup diagnose` looks for the reason"
SILENT = 2.0
"""Seconds of silence that are looked at, and then asked for."""
AT_ONCE = 5
CERTIFICATE_DAYS = 21
"""Days that a certificate must still be valid: those in which it can be renewed in peace."""
MOST_GREETINGS = 3
DAY = 86_400.0


class NothingToPlanError(HangupError):
    """What was seen is nothing that a plan should declare; the text says what it was."""


class Look:
    """One look at an endpoint: what was seen so far, and the time that is left."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self._until = time.monotonic() + wish.budget
        self.results: dict[str, CheckResult] = {}
        self.greetings: list[tuple[str, ...]] = []
        self.variables: dict[str, str] = {}

    @property
    def left(self) -> float:
        """Seconds that are left of the budget."""
        return self._until - time.monotonic()

    def see(self, *entries: Entry, deadline: float | None = None) -> None:
        """Play some checks and keep what became of them."""
        draft = self.wish.outline()
        draft.variables |= self.variables
        draft.top.append(f"deadline: {deadline or max(1.0, self.wish.budget / 3):g}")
        if self.wish.token_env:
            draft.users["wrong"] = [wrong_user(self.wish)]
        for entry in entries:
            draft.add("look", entry)
        self.results |= play(draft.text(), self.wish.source, self.left)

    def ending(self, name: str) -> Ending | None:
        """Give how the first connection of a check ended."""
        return next(iter(endings(self.results, name)), None)

    def declared(self, name: str) -> tuple[str | None, str]:
        """Give the end that a check can declare, and what was seen in words."""
        result, seen = self.results.get(name), endings(self.results, name)
        if result is None or not seen:
            return None, "the budget ended before it was tried"
        words = seen[0].words
        if result.outcome == "hung":
            return None, f"nothing decided it in time: {words}"
        said = {declaration(each) for each in seen}
        if len(said) > 1:
            return None, f"it ended differently twice: {words}; {seen[1].words}"
        return said.pop(), words


def first_plan(wish: Wish) -> str:
    """Give the text of a plan that passes against an endpoint.

    Raises:
        NothingToPlanError: what was seen is no end that a plan should declare.
    """
    look = Look(wish)
    draft = _drafted(look)
    again = play(draft.text(), wish.source, look.left)
    doubts = {
        entry.name: doubt for entry in draft.checks if (doubt := _doubt(again.get(entry.name)))
    }
    main = next(entry.name for entry in draft.checks if entry.name in (OPENS, ENDS))
    if main in doubts:
        raise NothingToPlanError(f"{_name(wish)}: {doubts[main]}; {ADVICE}")
    text = draft.text(doubts)
    parse_plan(text, wish.source)
    return text


def _doubt(result: CheckResult | None) -> str:
    if result is None or result.outcome == "not-executed":
        return "the budget ended before it could be played again"
    if result.outcome == "passed":
        return ""
    return f"it ended differently when it was played again: {result.says}"


def _drafted(look: Look) -> Draft:
    wish = look.wish
    draft = wish.outline()
    draft.head = [
        "A first plan for `hangup test`, written by `hangup init` from what it saw. Each check "
        "passed when it was written; declare what should be where that is another thing.",
    ]
    wait = f"steps: [{{wait: {SILENT:g}}}]"
    look.see(Entry(OPENS, "", wish.keys(wish.user, "connections: 2", wait)))
    declared, words = look.declared(OPENS)
    _check_worth(look, declared, words)
    assert declared is not None
    _look_around(look)
    _add_infrastructure(draft, look)
    _add_connection(draft, look, declared, words)
    _add_credentials(draft, look, declared)
    add_messages(draft, look, declared == "open")
    _add_company(draft, wish, declared)
    return draft


def _check_worth(look: Look, declared: str | None, words: str) -> None:
    """Refuse to write down a fault, or a refusal where a credential was given, as what should be.

    Raises:
        NothingToPlanError: with what was seen.
    """
    wish, ending = look.wish, look.ending(OPENS)
    if declared is None or ending is None:
        what = f"it is nothing to plan with ({words})"
    elif declared == "{status: 404}":
        what = "it answers 404: is the path right?"
    elif wish.token_env and is_refusal(ending):
        what = f"the credential of {wish.token_env} is refused ({words})"
    else:
        return
    raise NothingToPlanError(f"{_name(wish)}: {what}; {ADVICE}")


def _name(wish: Wish) -> str:
    return f"{wish.base}{wish.address.target.partition('?')[0]}"


def _look_around(look: Look) -> None:
    wish = look.wish
    brief = "steps: [{wait: 1}]"
    entries = [Entry("elsewhere", "", wish.keys(wish.user, f"endpoint: {wish.url(NOWHERE)}"))]
    if wish.token_env:
        entries.append(Entry("nobody", "", wish.keys("", brief)))
        entries.append(Entry("wrong", "", wish.keys("wrong", brief)))
    look.see(*entries)
    traces = look.results[OPENS].traces
    said = [before_first_word(trace) for trace in traces]
    most = min(len(each) for each in said)
    same = len({len(each) for each in said}) == 1
    for place in range(most if same and most <= MOST_GREETINGS else min(most, 1)):
        look.greetings.append(expectation([each[place] for each in said]))


def _add_infrastructure(draft: Draft, look: Look) -> None:
    if not look.wish.address.secure:
        return
    tls = look.results[OPENS].traces[0].first(TlsEstablished)
    until = tls.chain[0].not_after if tls and tls.chain else None
    days = (until - time.time()) / DAY if until else 0.0
    entry = Entry(
        "certificate",
        f"A certificate is renewed before it expires. This one is valid for {days:.0f} days.",
        look.wish.keys(look.wish.user, f"holds: {{certificate-days: {CERTIFICATE_DAYS}}}"),
    )
    if days <= CERTIFICATE_DAYS:
        entry.doubt = f"it is valid for {days:.0f} days only: renew it"
    draft.add("infrastructure", entry)


def _add_connection(draft: Draft, look: Look, declared: str, words: str) -> None:
    wish = look.wish
    opens = "The connection opens, and is ours to close."
    refused = f"Without a credential it is refused. Seen: {words}."
    other = f"It ends in this way, and in no other. Seen: {words}."
    ending = look.ending(OPENS)
    assert ending
    why = opens if declared == "open" else refused if is_refusal(ending) else other
    main = Entry(_main(declared), why, wish.keys(wish.user, *ends_line(declared)))
    draft.add("connection", main)
    if look.greetings:
        steps = ["steps:", *(f"  {line}" for each in look.greetings for line in expect(each[0]))]
        why = "The server speaks first. Ids, times and counts of what was seen are left out."
        keys = wish.keys(wish.user, *ends_line(declared), *steps)
        draft.add("connection", Entry("the server greets", why, keys))
    draft.add("connection", _elsewhere(look))


def _main(declared: str) -> str:
    return OPENS if declared == "open" else ENDS


def _elsewhere(look: Look) -> Entry:
    wish = look.wish
    declared, words = look.declared("elsewhere")
    entry = Entry(
        "a path that does not exist",
        f"A control: what answers every path alike is no answer of this one. Seen: {words}.",
        wish.keys(wish.user, f"endpoint: {wish.url(NOWHERE)}", *ends_line(declared or "open")),
    )
    if declared is None:
        entry.doubt = f"a plan should not declare what was seen: {words}"
    return entry


def _add_credentials(draft: Draft, look: Look, main: str) -> None:
    wish = look.wish
    if not wish.token_env:
        _add_unknown_user(draft, look)
        return
    draft.users["wrong"] = [wrong_user(wish)]
    for name, title, user in (
        ("nobody", "without a credential", ""),
        ("wrong", "with a wrong credential", "wrong"),
    ):
        declared, words = look.declared(name)
        entry = Entry(
            title,
            f"Who is not known must be refused. Seen: {words}.",
            wish.keys(user, *ends_line(declared or "open")),
            control=_main(main),
        )
        if declared is None:
            entry.doubt = f"a plan should not declare what was seen: {words}"
        elif user and declared == "open":
            entry.doubt = "the wrong credential was let in; declare how it must be refused"
        draft.add("credentials", entry)
    draft.add("credentials", _expired(wish))


def _expired(wish: Wish) -> Entry:
    return Entry(
        "with an expired credential",
        "An old token must be refused, by its own end.",
        wish.keys("expired", "ends: {close: 4401}"),
        doubt="a token that expired is signed with the server's key: add to the users 'expired: "
        "{token: {jwt: {key: {env: JWT_KEY}, claims: {sub: alice}, lifetime: -60}}}'",
    )


def _add_unknown_user(draft: Draft, look: Look) -> None:
    wish, ending = look.wish, look.ending(OPENS)
    needed = ending is not None and is_refusal(ending)
    said = "it is refused without one" if needed else "none was given"
    entry = Entry(
        "with a credential",
        "Who is known gets in, and who is not is refused.",
        wish.keys("user"),
        doubt=f"{said}; with --token-env NAME the credential of that variable is tried, and "
        "without it, and a wrong one",
    )
    draft.add("credentials", entry)


def wrong_user(wish: Wish) -> str:
    """Give the line of a user whose credential is none: of a token that is signed, a forged one."""
    if os.environ.get(wish.token_env, "").count(".") == 2:  # a JSON Web Token has three parts
        key = f"{{command: [echo, {WRONG}-that-signs-nothing-here]}}"
        return user_line("wrong", f"jwt: {{key: {key}, claims: {{sub: hangup}}}}", wish.place)
    return user_line("wrong", f"command: [echo, {WRONG}]", wish.place)


def _add_company(draft: Draft, wish: Wish, declared: str) -> None:
    ends = ends_line(declared)
    draft.add(
        "company",
        Entry(
            "several at once",
            f"{AT_ONCE} connections at the same time fare like one.",
            wish.keys(wish.user, *ends, f"connections: {AT_ONCE}"),
        ),
    )
    if declared == "open":
        draft.add(
            "company",
            Entry(
                "it stays open in silence",
                f"Nobody closes while nothing is said for {SILENT:g} s; a proxy's timer needs more "
                "patience than a first plan has.",
                wish.keys(wish.user, f"steps: [{{wait: {SILENT:g}}}]"),
            ),
        )
