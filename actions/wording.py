"""How cases, states and days are put into words for a citizen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from intake_client import Case

_MONTH_DAY = "{day.month}月{day.day}日"
_LONGEST_TITLE = 18
_ENDED = {"resolved", "closed", "rejected", "withdrawn"}


@cache
def responses() -> Mapping[str, str]:
    """Name → text of everything the bot says, from ``responses.yml``.

    They are no Rasa responses: ``rasa data validate`` wants each of those used in a rule, while
    these are chosen by the actions.
    """
    return yaml.safe_load(resources.files(__package__).joinpath("responses.yml").read_text("utf-8"))


def say(name: str, values: Mapping[str, Any]) -> str:
    """A response with its values filled in. Raises KeyError for an unknown name or value."""
    return responses()[name].format(**values)


def day(moment: dt.datetime | str | None) -> str:
    """11月24日; an ISO string is read first, None gives 规定时限."""
    if moment is None:
        return "规定时限"
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    return _MONTH_DAY.format(day=moment)


def case_status(case: Case) -> str:
    """State, department, deadline and last step of one case, a line each."""
    lines = [f"编号 {case.case_id}", f"事项：{title(case)}", f"状态：{case.public_state}"]
    if case.state not in _ENDED:
        lines.append(f"负责：{case.department_short}，{day(case.due_at)}前办结")
    else:
        lines.append(f"负责：{case.department_short}")
    step = case.last_step
    note = f"，{step.note}" if step.note else ""
    lines.append(f"最近一步：{day(step.at)}{step.state_name}{note}")
    return "\n".join(lines)


def case_line(case: Case) -> str:
    """One case in a list."""
    return f"· {title(case)}\n  {case.public_state}，{case.case_id}"


def title(case: Case) -> str:
    """The beginning of the citizen's words."""
    words = " ".join(case.description.split())
    return words if len(words) <= _LONGEST_TITLE else words[:_LONGEST_TITLE] + "…"
