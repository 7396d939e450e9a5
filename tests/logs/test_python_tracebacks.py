"""Tracebacks as Python prints them become failures, however they are chained, grouped or mixed."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import traceback
from collections.abc import Callable

import pytest
from planted import caught_in, failing, found_in
from rich.console import Console
from rich.traceback import Traceback

STAMP = "2026-11-25T17:27:19Z ERROR app: failed\n"


def printed(fail: Callable[[], object]) -> str:
    """Give the traceback of what a function raises."""
    try:
        fail()
    except Exception as exc:  # noqa: BLE001 - what fails is what is printed
        return "".join(traceback.format_exception(exc))
    raise AssertionError


def raised(fail: Callable[[], object]) -> Exception:
    try:
        fail()
    except Exception as exc:  # noqa: BLE001 - what fails is what is grouped
        return exc
    raise AssertionError


def grouped_twice() -> None:
    inner = ExceptionGroup("inner", [raised(failing()[0]), raised(failing()[2])])
    raise ExceptionGroup("outer", [inner, ValueError("never raised")])


def test_each_innermost_exception_of_a_group_is_an_incident() -> None:
    found = caught_in((STAMP + printed(grouped_twice)).encode())
    assert [each.exception for each in found] == ["NameError", "RuntimeError", "ValueError"]
    assert found[0].frame == "/srv/app/auth.py:2 in check_token"
    assert found[1].chain == (
        "KeyError: 'x'",
        "ExceptionGroup: inner (2 sub-exceptions)",
        "ExceptionGroup: outer (2 sub-exceptions)",
    )


def test_what_a_group_led_to_is_the_incident() -> None:
    def after() -> None:
        try:
            grouped_twice()
        except ExceptionGroup:
            failing()[1]()

    (found,) = caught_in((STAMP + printed(after)).encode())
    assert found.exception == "TypeError"
    assert found.chain[0] == "ExceptionGroup: outer (2 sub-exceptions)"


def test_an_exception_in_the_handler_is_the_incident_and_the_first_one_its_chain() -> None:
    def twice() -> None:
        try:
            failing()[0]()
        except NameError:
            failing()[0]()

    (found,) = caught_in((STAMP + printed(twice)).encode())
    assert found.exception == "NameError"
    assert found.chain == ("NameError: name 'time' is not defined",)


@pytest.mark.parametrize(
    "hint",
    [
        ". Did you mean: 'timer'?",
        ". Did you forget to import 'time'",  # as Python 3.12 has it
        ". Did you forget to import 'time'?",
        ". Did you mean: 'timer'? Or did you forget to import 'time'?",
    ],
)
def test_a_hint_of_the_traceback_is_no_part_of_the_message(hint: str) -> None:
    text = printed(failing()[0]).rstrip().partition(". Did ")[0]
    (found,) = caught_in((STAMP + text + hint + "\n").encode())
    assert found.message == "name 'time' is not defined"


def test_a_syntax_error_names_the_file_that_it_is_in() -> None:
    text = printed(lambda: compile("def f(:\n", "/srv/app/broken.py", "exec"))
    (found,) = caught_in((STAMP + text).encode())
    assert (found.exception, found.frame) == ("SyntaxError", "/srv/app/broken.py:1")


def test_a_message_of_several_lines_ends_with_the_next_record() -> None:
    def fail() -> None:
        raise ValueError("1 error for Message\ntext\n  Input should be a string")

    text = printed(fail)
    found = caught_in((STAMP + text + "2026-11-25T17:27:20Z INFO app: next\n" + text).encode())
    assert [each.message for each in found] == ["1 error for Message"] * 2


def test_the_innermost_frame_of_the_application_is_named_and_no_library() -> None:
    def fail() -> None:
        asyncio.run(asyncio.wait_for("no awaitable", 1))  # type: ignore[arg-type]

    (found,) = caught_in((STAMP + printed(fail)).encode())
    assert found.frame.endswith(" in fail")


def test_a_traceback_that_rich_draws_is_read() -> None:
    out = io.StringIO()

    def check_token() -> None:
        raise NameError("name 'time' is not defined")

    exc = raised(check_token)
    Console(file=out, width=100).print(Traceback.from_exception(type(exc), exc, exc.__traceback__))
    (found,) = caught_in((STAMP + out.getvalue()).encode())
    assert (found.exception, found.message) == ("NameError", "name 'time' is not defined")
    assert found.frame.endswith(" in check_token")


@pytest.mark.parametrize(
    ("program", "kind", "exception"),
    [
        (
            "import asyncio\n"
            "async def work(): return missing\n"
            "async def main():\n    asyncio.create_task(work())\n    await asyncio.sleep(0)\n"
            "asyncio.run(main())\n",
            "task-exception",
            "NameError",
        ),
        ("async def send(): ...\nsend()\n", "never-awaited", "RuntimeWarning"),
    ],
)
def test_what_a_program_leaves_behind_is_told_by_its_kind(
    program: str, kind: str, exception: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=30
    )
    (found,) = caught_in(done.stderr)
    assert (found.kind, found.exception) == (kind, exception)


def interleaved(prefixes: tuple[str, ...]) -> bytes:
    """Print one traceback of each writer, their lines in turn."""
    texts = [printed(fail).splitlines() for fail in failing()]
    longest = max(map(len, texts))
    out = [
        f"{prefix}{text[place]}"
        for place in range(longest)
        for prefix, text in zip(prefixes, texts, strict=True)
        if place < len(text)
    ]
    return ("\n".join(out) + "\n").encode()


@pytest.mark.parametrize(
    "prefixes",
    [
        tuple(f"[pod/chat-{i}/app] " for i in range(3)),
        tuple(f"web-{i}  | " for i in range(3)),
        tuple(f"2026-11-25 17:27:19,12{i} [{70 + i}] ERROR " for i in range(3)),
        tuple(f"Nov 25 17:27:19 host uvicorn[{i}]: " for i in range(3)),
    ],
    ids=["pods", "services", "processes", "syslog"],
)
def test_the_lines_of_several_writers_are_told_apart(prefixes: tuple[str, ...]) -> None:
    found = caught_in(interleaved(prefixes))
    assert {each.exception for each in found} == {"NameError", "TypeError", "RuntimeError"}
    assert len(found) == 3


def test_ordinary_lines_between_those_of_a_traceback_are_no_part_of_it() -> None:
    lines = printed(failing()[2]).splitlines()
    mixed = "\n".join(f"{line}\n2026-11-25 17:27:19 INFO app: 1011 in between" for line in lines)
    (found,) = caught_in(mixed.encode())
    assert (found.exception, found.chain) == ("RuntimeError", ("KeyError: 'x'",))


def test_the_close_that_a_line_nearby_names_belongs_to_the_incident() -> None:
    text = STAMP + printed(failing()[0])
    after = "2026-11-25T17:27:19Z INFO app: closing with 1011 'Internal error'\n"
    (found,) = caught_in((text + after).encode())
    assert found.close
    assert (found.close.code, found.close.reason, found.close.legal) == (
        1011, "Internal error", True,
    )  # fmt: skip


def test_a_close_code_that_no_frame_may_hold_is_told() -> None:
    after = "2026-11-25T17:27:19Z INFO app: close code=1005\n"
    (found,) = caught_in((STAMP + printed(failing()[0]) + after).encode())
    assert found.close
    assert not found.close.legal


def test_a_close_much_later_is_another_ones() -> None:
    after = "2026-11-25T17:29:19Z INFO app: closing with 1011\n"
    (found,) = caught_in((STAMP + printed(failing()[0]) + after).encode())
    assert found.close is None


def test_a_traceback_that_is_cut_off_is_no_incident_and_is_told() -> None:
    text = STAMP + printed(failing()[0]).rpartition("NameError")[0]
    groups, logs = found_in(text.encode())
    assert groups == []
    assert "cut off" in logs.missing.sentences()[0]
