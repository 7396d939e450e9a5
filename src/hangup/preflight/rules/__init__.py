"""The table of rules, in the order in which the reference lists them."""

from __future__ import annotations

from hangup.preflight.finding import Rule
from hangup.preflight.rules import closing, excepting, names, opening, running, sending

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *opening.RULES,
    *closing.RULES,
    *sending.RULES,
    *excepting.RULES,
    *running.RULES,
)
BY_ID = {rule.id: rule for rule in RULES}
BY_RUFF = {code: rule.id for rule in RULES for code in rule.ruff}
