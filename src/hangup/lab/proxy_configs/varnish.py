"""Configures Varnish, which forwards WebSockets in pipe mode."""

from __future__ import annotations

from pathlib import Path

from hangup.lab.process import LOOPBACK
from hangup.lab.proxy import Proxy, Route

_PIPE = """
sub vcl_recv {
    if (req.http.upgrade ~ "(?i)websocket") { return (pipe); }
}
sub vcl_pipe {
    if (req.http.upgrade) {
        set bereq.http.upgrade = req.http.upgrade;
        set bereq.http.connection = req.http.connection;
    }
}
"""


def _config(route: Route, folder: Path) -> str:
    prefix = f'set req.url = regsub(req.url, "^{route.prefix}/", "/");' if route.prefix else ""
    return f"""
vcl 4.1;
backend app {{
    .host = "{LOOPBACK}";
    .port = "{route.upstream}";
    .first_byte_timeout = {route.read_timeout_ms}ms;
}}
sub vcl_recv {{ {prefix} }}
{_PIPE if route.forward_upgrade else ""}
sub vcl_recv {{ return (pass); }}
"""


def _argv(program: str, route: Route, folder: Path) -> list[str]:
    where = ["-a", f"{LOOPBACK}:{route.port}", "-f", f"{folder}/config", "-n", f"{folder}/state"]
    idle = ["-p", f"pipe_timeout={route.read_timeout:g}"]
    return [program, "-F", "-j", "none", "-T", "none", "-s", "malloc,16m", *where, *idle]


VARNISH = Proxy(
    name="varnish",
    programs=("varnishd",),
    package="varnish",
    options=frozenset({"forward_upgrade", "read_timeout", "prefix"}),
    config=_config,
    argv=_argv,
)
