"""What the native API shows of a monthly report and of hot issues, and its description."""

from __future__ import annotations

from typing import Any

from bot import vocabulary
from bot.places import place_tree
from intake.api.describe import (
    COUNT,
    FLAG,
    OPTIONAL_NUMBER,
    OPTIONAL_TEXT,
    TEXT,
    TIME,
    codes,
    listed,
    ref,
    shown,
)
from intake.assessment.figures import HEADINGS, RATES, Figures
from intake.assessment.hot_issues import EXAMPLES, TRENDS, Issue
from intake.assessment.monthly import BY, CENTRE, ELSEWHERE, Report
from intake.assessment.recent import MOST_CASES, HotIssues
from intake.views import iso

_COUNTED = ("received", "closed", "on_time", "returned", "yellow_cards", "red_cards", "judged",
            "reopened", "urges")  # fmt: skip
_MEASURED = ("closing_rate", "on_time_rate", "median_days", "satisfaction", "satisfied_rate",
             "reopen_rate")  # fmt: skip


def report_view(report: Report) -> dict[str, Any]:
    """A monthly report."""
    return {
        "month": str(report.month),
        "by": report.by,
        "as_of": iso(report.as_of),
        "rows": [
            {"code": row.code, "name": row.name, **_figures(row.figures)} for row in report.rows
        ],
        "total": _figures(report.total),
    }


def _figures(figures: Figures) -> dict[str, Any]:
    counts = {name: getattr(figures, name) for name in _COUNTED}
    measured = {name: getattr(figures, name) for name in _MEASURED}
    rounded = {n: None if value is None else round(value, 4) for n, value in measured.items()}
    return {**counts, **rounded}


def hot_issues_view(found: HotIssues) -> dict[str, Any]:
    """The hot issues of a time."""
    return {
        "from": iso(found.start),
        "to": iso(found.until),
        "cases": found.cases,
        "complete": found.complete,
        "issues": [_issue(issue) for issue in found.issues],
    }


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "place": issue.place or None,
        "words": list(issue.words),
        "count": issue.count,
        "people": issue.people,
        "before": issue.before,
        "trend": issue.trend,
        "trend_name": TRENDS[issue.trend],
        "first_at": iso(issue.first_at),
        "last_at": iso(issue.last_at),
        "examples": [
            {"case_id": one.name, "submitted_at": iso(one.at), "excerpt": one.excerpt}
            for one in issue.examples
        ],
    }


def report_schemas() -> dict[str, Any]:
    """The same for the OpenAPI document."""
    figures = {
        **{name: {**COUNT, **_heading(name)} for name in _COUNTED},
        **{name: {**OPTIONAL_NUMBER, **_heading(name)} for name in _MEASURED},
    }
    districts = list(place_tree())
    rows = [*vocabulary.departments(), *districts, CENTRE, ELSEWHERE]
    example = shown({"case_id": TEXT, "submitted_at": TIME, "excerpt": TEXT})
    issue = {
        "place": OPTIONAL_TEXT,
        "words": {"type": "array", "items": TEXT, "description": "说明是同一件事的词"},
        "count": {**COUNT, "description": "这段时间几件"},
        "people": {**COUNT, "description": "几个人，附议的人也算"},
        "before": {**COUNT, "description": "之前同样长的时间里几件"},
        "trend": codes(TRENDS),
        "trend_name": TEXT,
        "first_at": TIME,
        "last_at": TIME,
        "examples": {
            "type": "array",
            "items": example,
            "maxItems": EXAMPLES,
            "description": "最近的几件，已遮去号码",
        },
    }
    return {
        "MonthlyFigures": shown(figures),
        "MonthlyRow": shown({"code": codes(rows), "name": TEXT, **figures}),
        "MonthlyReport": shown(
            {
                "month": TEXT,
                "by": codes(BY),
                "as_of": {**TIME, "description": "数字截至什么时候"},
                "rows": listed("MonthlyRow"),
                "total": ref("MonthlyFigures"),
            }
        ),
        "HotIssue": shown(issue),
        "HotIssues": shown(
            {
                "from": TIME,
                "to": TIME,
                "cases": {**COUNT, "description": "看了几件，之前那段时间的也算"},
                "complete": {**FLAG, "description": f"是否看了全部，最多看 {MOST_CASES} 件"},
                "issues": listed("HotIssue"),
            }
        ),
    }


def _heading(name: str) -> dict[str, str]:
    words = {**HEADINGS, "on_time": "按期办结", "reopen_rate": "重办率：本月重办比本月办结"}[name]
    if name in RATES:
        return {"description": f"{words}，0 到 1；没有可算的为 null"}
    return {"description": words}
