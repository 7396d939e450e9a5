"""Serves the tools on stdin and stdout, by the official SDK of the protocol."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import Any, cast

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from hangup import __version__
from hangup.errors import HangupError
from hangup.mcp_server.answers import Answer, answer_of, answer_of_error, answer_of_lookup
from hangup.mcp_server.child import run
from hangup.mcp_server.grant import Grant
from hangup.mcp_server.lookup import look_up
from hangup.mcp_server.order import order
from hangup.mcp_server.stdin import lines
from hangup.mcp_server.words import TOOLS, Lookup, input_schema, parse, purpose
from hangup.redact import Redactor
from hangup.report.escape import show

INSTRUCTIONS = (
    "Use these when a WebSocket closes, is refused or hangs: close codes 1006 and 1011, a 403 on "
    "the upgrade, silence. diagnose dials an endpoint and says which layer ended the connection "
    "and why; preflight reads the server's code, logs and incidents what a server told, explain a "
    "recording; lookup names known causes. An inconclusive verdict is no fault and no health: say "
    "so, and follow its next steps. Pass credentials as env:NAME only."
)
READERS = 2
"""Runs that only read, at once; diagnoses take turns, so that a limit of connections holds."""
BUG = (
    "hangup itself failed, which is a bug; the stderr of the server has the traceback to report "
    "it with"
)
Context = Any
"""The SDK's context of one request."""


class Tools:
    """The tools under one grant."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant
        self._dialling, self._reading = anyio.Semaphore(1), anyio.Semaphore(READERS)

    async def listed(self, ctx: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        """List the tools."""
        return ListToolsResult(tools=[self._tool(name) for name in TOOLS])

    async def called(self, ctx: Context, params: CallToolRequestParams) -> CallToolResult:
        """Call one tool; whatever goes wrong is its answer, and the server goes on."""
        try:
            answer = await self._answer(ctx, params.name, params.arguments or {})
        except HangupError as exc:
            answer = answer_of_error(exc, self._secrets(params.arguments))
        except Exception as exc:  # noqa: BLE001 - a bug of ours must not end the server
            _tell(traceback.format_exception(exc), _written_out(params.arguments))
            answer = Answer(BUG, failed=True)
        return CallToolResult(
            content=[TextContent(type="text", text=answer.text)],
            structured_content=answer.document,
            is_error=answer.failed,
        )

    async def _answer(self, ctx: Context, name: str, arguments: Mapping[str, Any]) -> Answer:
        asked = parse(name, arguments)
        if isinstance(asked, Lookup):
            return answer_of_lookup(look_up(asked.what))
        ordered = order(asked, self._grant)
        secrets = self._secrets(arguments)
        progress = _Progress(ctx, secrets)
        async with self._dialling if ordered.dials else self._reading:
            ended = await run(ordered, self._grant.root, progress.heard)
        if ended.status == 70:
            _tell([f"{line}\n" for line in ended.lines], secrets)
        return answer_of(name, ended, ordered.secrets, secrets)

    def _secrets(self, arguments: Mapping[str, Any] | None) -> tuple[str, ...]:
        return (*self._grant.secrets(), *_written_out(arguments))

    def _tool(self, name: str) -> Tool:
        dials = name == "diagnose"
        return Tool(
            name=name,
            description=purpose(name),
            input_schema=self._limited(input_schema(name)) if dials else input_schema(name),
            annotations=ToolAnnotations(
                read_only_hint=not dials, destructive_hint=False, open_world_hint=dials
            ),
        )

    def _limited(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Write the limits of the grant into a schema, so that a model need not try them."""
        for name, most in (
            ("budget", self._grant.max_budget),
            ("max_connections", self._grant.max_connections),
        ):
            limited = schema["properties"][name]
            limited["description"] = f"{limited['description']} At most {most:g}."
        hosts = ", ".join(("this machine", *sorted(self._grant.hosts)))
        schema["properties"]["url"]["description"] += f" These are: {hosts}."
        return schema


class _Progress:
    """Tells the client what a run tells on stderr, if the client asked for it."""

    def __init__(self, ctx: Context, secrets: Iterable[str]) -> None:
        self._ctx, self._redactor, self._steps = ctx, Redactor(secrets), 0

    async def heard(self, line: str) -> None:
        """Pass one line on."""
        self._steps += 1
        await self._ctx.session.report_progress(
            self._steps, None, show(self._redactor.text(line), 160)
        )


async def serve(grant: Grant) -> None:
    """Serve until the client closes stdin; nothing but the protocol goes to stdout."""
    # The SDK's warnings quote what a client sent, credentials too.
    logging.getLogger("mcp").addHandler(logging.NullHandler())
    logging.getLogger("mcp").propagate = False
    tools = Tools(grant)
    server: Server[dict[str, Any]] = Server(
        "hangup",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=tools.listed,
        on_call_tool=tools.called,
    )
    stdin = cast("anyio.AsyncFile[str]", lines())  # all that is asked of it is its lines
    async with stdio_server(stdin) as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def _written_out(arguments: Mapping[str, Any] | None) -> list[str]:
    """Give the credentials among arguments that were not even looked at yet."""
    given = ((arguments or {}).get(name) for name in ("token", "other_token"))
    return [each for each in given if isinstance(each, str) and not each.startswith("env:")]


def _tell(lines: list[str], secrets: Iterable[str]) -> None:
    with contextlib.suppress(OSError):  # nobody has to read it
        sys.stderr.write(Redactor(secrets).text("".join(lines)))
        sys.stderr.flush()
