"""The reports as pages: server-rendered, for phones, screens and paper."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from bot.places import place_tree
from intake.assessment.figures import HEADINGS, in_words
from intake.assessment.hot_issues import TRENDS
from intake.assessment.monthly import Report
from intake.assessment.recent import HotIssues
from intake.deadlines import SHANGHAI

_TEMPLATES = Path(__file__).with_name("templates")
_PERIODS = (7, 30, 90, 365)


def monthly_page(report: Report) -> str:
    """The monthly report as HTML."""
    return (
        _environment()
        .get_template("monthly.html")
        .render(
            report=report,
            headings=HEADINGS,
            words=in_words,
            link=_link,
            as_of=report.as_of.astimezone(SHANGHAI),
        )
    )


def hot_issues_page(found: HotIssues, days: int, district: str | None) -> str:
    """The hot issues as HTML."""
    return (
        _environment()
        .get_template("hot_issues.html")
        .render(
            found=found,
            days=days,
            district=district,
            districts=list(place_tree()),
            periods=_PERIODS,
            trends=TRENDS,
            link=_link,
            local=lambda at: at.astimezone(SHANGHAI),
        )
    )


def _link(**arguments: object) -> str:
    """A link to the same page with other arguments."""
    return "?" + urlencode({name: str(value) for name, value in arguments.items() if value})


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
