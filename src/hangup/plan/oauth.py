"""Asks an authorization server for a token with a client's credentials (RFC 6749, 4.4)."""

from __future__ import annotations

import binascii
import json
import re
from urllib.parse import quote_plus, urlencode

from hangup.in_band import without_credentials
from hangup.plan.asking import Answer, UnansweredError, ask
from hangup.redact import Redactor

MOST_TOLD = 200
_TOKEN = re.compile(r"[\x20-\x7e]{1,65536}")
"""What a token consists of (RFC 6749, A.12); with anything else it could write headers."""


def granted(url: str, client: str, secret: str, scope: str | None, within: float) -> str:
    """Give the access token.

    Raises:
        UnansweredError: there is none; the text quotes the server's error without the secret.
    """
    # Both parts are form-encoded before they are joined (RFC 6749, 2.3.1).
    pair = f"{quote_plus(client)}:{quote_plus(secret)}".encode()
    basic = binascii.b2a_base64(pair, newline=False).decode()
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    headers = {
        "Authorization": f"Basic {basic}",
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    redactor = Redactor((secret, quote_plus(secret), basic))
    try:
        answer = ask("POST", url, headers, urlencode(form).encode(), within)
    except UnansweredError as exc:
        raise UnansweredError(redactor.text(str(exc)), late=exc.late) from None
    return _token(answer, redactor)


def _token(answer: Answer, redactor: Redactor) -> str:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    token = told.get("access_token") if isinstance(told, dict) else None
    if answer.status == 200 and isinstance(token, str) and _TOKEN.fullmatch(token):
        return token
    says = f"{answer.status} {answer.reason}".strip()
    if isinstance(told, dict) and isinstance(told.get("error"), str):
        described = told.get("error_description")
        says += f": {told['error']}" + (f" ({described})" if isinstance(described, str) else "")
    elif answer.status == 200:
        says += ", without an access_token that could be one"
    shown = without_credentials(redactor.text(" ".join(says.split())).encode())
    raise UnansweredError(shown.decode("utf-8", "replace")[:MOST_TOLD])
