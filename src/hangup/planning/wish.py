"""What a first plan is asked to be about: the endpoint, the credential by reference, messages."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from hangup.address import Address, bracketed
from hangup.endpoint import TokenPlace
from hangup.planning.draft import Draft
from hangup.planning.written import quoted, scalar

USER = "user"
"""What the user is called whose credential was named."""
NOWHERE = "/hangup-no-such-path"
WRONG = "hangup-wrong-credential"


class Wish(Struct, frozen=True, kw_only=True):
    """The order for a first plan; `source` is the file it will be, `budget` in seconds.

    `token_env` is the variable of the environment that holds the credential.
    """

    address: Address
    source: str
    token_env: str = ""
    token_in: TokenPlace = "header"  # noqa: S105 - a place, no password
    token_name: str = ""
    subprotocols: tuple[str, ...] = ()
    origin: str = ""
    cacert: str = ""
    insecure: bool = False
    sends: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
    try_message: bool = False
    plain: bool = False
    budget: float = 20.0

    @property
    def base(self) -> str:
        """The URL without its path."""
        address = self.address
        port = "" if address.port == (443 if address.secure else 80) else f":{address.port}"
        return f"{'wss' if address.secure else 'ws'}://{bracketed(address.host)}{port}"

    def url(self, target: str) -> str:
        """Give a URL of this server as it stands in the plan: with its variable, or plainly."""
        written = quoted(target)[1:-1]
        return f'"{self.base}{written}"' if self.plain else f'"${{BASE}}{written}"'

    def keys(self, user: str = "", *further: str) -> tuple[str, ...]:
        """Give the lines of a check: who connects and how, then `further` ones."""
        return (*([f"as: {user}"] if user else []), *self._offers(), *further)

    def _offers(self) -> Iterator[str]:
        if self.origin:
            yield f"origin: {quoted(self.origin)}"
        if self.subprotocols:
            yield f"subprotocols: [{', '.join(map(quoted, self.subprotocols))}]"

    @property
    def user(self) -> str:
        """The name of the user, nothing where no credential was named."""
        return USER if self.token_env else ""

    def outline(self) -> Draft:
        """Give a draft that says where to connect and as whom, without checks."""
        draft = Draft()
        if not self.plain:
            draft.variables["BASE"] = self.base
        draft.top.append(f"endpoint: {self.url(self.address.target)}")
        if self.cacert:
            draft.top.append(f"tls: {{cacert: {quoted(self.cacert)}}}")
        if self.insecure:
            draft.top.append("tls: {verify: false}")
        if self.token_env:
            draft.users[USER] = [user_line(USER, f"env: {self.token_env}", self.place)]
        return draft

    @property
    def place(self) -> str:
        """Where the credential travels, as it stands beside a token."""
        if self.token_in == "header" and not self.token_name:  # noqa: S105
            return ""
        usual = "" if self.token_in in ("header", "subprotocol") else "token"
        name = self.token_name or usual
        return f", in: {self.token_in}" + (f", name: {scalar(name)}" if name else "")


def user_line(name: str, token: str, place: str = "") -> str:
    """Give the line of a user whose token is a reference."""
    return f"{scalar(name)}: {{token: {{{token}}}{place}}}"
