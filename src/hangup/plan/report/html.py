"""A run of a plan as one HTML file that needs no script, no network and no other file."""

from __future__ import annotations

from hangup.plan.report.account import Account
from hangup.plan.report.markdown import happened, outcome, when
from hangup.report.page import page_environment


def html_report(account: Account) -> str:
    """Write the page; whatever a peer said is escaped for HTML, and made visible."""
    environment = page_environment("hangup.plan.report")
    environment.globals.update(happened=happened, outcome=outcome)
    template = environment.get_template("plan.html.j2")
    return template.render(account=account, began=when(account))
