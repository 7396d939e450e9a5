"""What every HTML page of a report shares: its style, and that no value reaches it unescaped."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hangup.report.escape import PARAGRAPH, show
from hangup.report.excerpt import left_out
from hangup.report.units import count, duration, percent


def page_environment(package: str, folder: str = "") -> Environment:
    """Give what renders a template in a package's folder; it may include `style.css.j2`."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, folder), PackageLoader("hangup.report", "")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(duration=duration, percent=percent)
    environment.globals.update(count=count, left_out=left_out)
    return environment


# Every value that a template prints passes here before it is escaped for HTML, so that none can
# be forgotten; only what is markup already (our own drawings) is left as it is.
def _finalize(value: object) -> object:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return show(value, PARAGRAPH)
