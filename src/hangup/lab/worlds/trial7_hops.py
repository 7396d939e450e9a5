"""How the proxies and servers of later worlds around the application are configured."""

from __future__ import annotations

from hangup.lab.certificates import key_file
from hangup.lab.configured import Called, apache
from hangup.lab.peer import Client
from hangup.lab.process import LOOPBACK
from hangup.lab.worlds.trial5_tls import alone

MODULES = "/usr/lib/apache2/modules"
ECHO = "hangup.lab.apps.asgi:echo"
TO_APP = 'ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket'
MAINTENANCE = (
    "<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>"
    "<p>This node is being upgraded.</p>"
)


def caddy(
    site: str, *, address: str = "http://:PORT", options: str = "", https: str = "off"
) -> str:
    """Write a configuration of Caddy; PORT and UPSTREAM stand for the ports."""
    return f"""
{{
    admin off
    auto_https {https}
    {options}
}}
{address} {{
    bind {LOOPBACK}
    {site}
}}
"""


def varnish(received: str, *, backend: str = LOOPBACK, piped: str = "") -> str:
    """Write a configuration of Varnish that pipes every upgrade."""
    return f"""
vcl 4.1;
backend app {{ .host = "{backend}"; .port = "UPSTREAM"; .connect_timeout = 2s; }}
sub vcl_recv {{
    {received}
    if (req.http.Upgrade ~ "(?i)websocket") {{ return (pipe); }}
    return (pass);
}}
sub vcl_pipe {{
    if (req.http.Upgrade) {{
        set bereq.http.Upgrade = req.http.Upgrade;
        set bereq.http.Connection = req.http.Connection;
    }}
    {piped}
}}
"""


def apache_with(modules: tuple[str, ...], directives: str) -> str:
    """Write a configuration of Apache that loads some modules more."""
    loaded = (f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules)
    return apache("\n".join((*loaded, directives)))


def apache_tls(directives: str = "", *modules: str) -> str:
    """Write a configuration of Apache that speaks TLS and passes all on."""
    file = key_file()
    files = f'SSLEngine on\nSSLCertificateFile "{file}"\nSSLCertificateKeyFile "{file}"'
    cache = "SSLSessionCache none"
    return apache_with(
        ("socache_shmcb", "ssl", *modules), "\n".join((cache, files, directives, TO_APP))
    )


def haproxy_tls(words: str = "") -> str:
    """Give what stands behind HAProxy's port when it speaks TLS."""
    return f":PORT ssl crt {key_file()} {words}"


def leaf_alone() -> Called:
    """Call a hypercorn that was given its certificate without the one that signed it."""
    certificate, key = alone()
    where = ("--bind", f"{LOOPBACK}:{{port}}", "--workers", "0", "--log-level", "error")
    files = ("--certfile", certificate, "--keyfile", key)
    return Called("hypercorn", ("hypercorn", *where, *files, ECHO))


async def maintenance(client: Client) -> None:
    """Answer as a host that was taken out for maintenance, though not of DNS."""
    await client.request()
    retry = ("Content-Type: text/html", "Retry-After: 3600", "Server: nginx")
    await client.respond(503, MAINTENANCE, *retry)
