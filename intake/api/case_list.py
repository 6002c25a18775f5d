"""The staff's list of cases: its filters, its pages, its part of the OpenAPI document."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from bot import vocabulary
from bot.case_id import is_case_id
from intake.api.describe import codes, or_blank, query
from intake.api.reading import whole_number
from intake.cases import Case
from intake.deadlines import SHANGHAI
from intake.errors import ApiError
from intake.roles import Actor
from intake.service import IntakeService
from intake.store import MOST_COUNTED, CaseQuery
from intake.validation import CHANNELS, MAX_SHORT

MAX_PAGE = 100
PageMark = tuple[dt.datetime, str]
_FLAGS = {"true": True, "false": False}


def read_list_query(
    arguments: Mapping[str, str], actor: Actor, now: dt.datetime
) -> tuple[CaseQuery, PageMark | None]:
    """The question to the store, and after which case the page begins.

    A department user's list holds only what his department leads or assists.

    Raises:
        ApiError: 400 that names the wrong argument.
    """
    states = _listed(arguments, "state", vocabulary.case_states())
    departments = _listed(arguments, "department", vocabulary.departments())
    overdue = _flag(arguments, "overdue")
    wanted = CaseQuery(
        departments=departments,
        involved=actor.department if actor.role == "department" else None,
        closed=_flag(arguments, "closed"),
        states=states,
        district=_words(arguments, "district"),
        town=_words(arguments, "town"),
        channel=_one(arguments, "channel", CHANNELS),
        urgent=_flag(arguments, "urgent"),
        red=_flag(arguments, "red"),
        overdue_at=now if overdue else None,
        start=_day(arguments, "from", dt.time.min),
        end=_day(arguments, "to", dt.time.max),
    )
    mark = arguments.get("after")
    return wanted, _read_mark(mark) if mark else None


async def list_page(
    service: IntakeService,
    actor: Actor,
    arguments: Mapping[str, str],
    row: Callable[[Case], dict[str, Any]],
) -> dict[str, Any]:
    """A page of the list as the API shows it; ``row``: a case as one line.

    Raises:
        ApiError: 400 that names the wrong argument.
    """
    wanted, after = read_list_query(arguments, actor, service.now())
    limit = whole_number(arguments, "limit", 20, 1, MAX_PAGE)
    # One more than shown tells whether there is a next page.
    found = await service.run(service.store.search, wanted, limit + 1, 0, after)
    total = await service.run(service.store.count, wanted, MOST_COUNTED)
    following = page_mark(found[limit - 1]) if len(found) > limit else None
    return {"cases": list(map(row, found[:limit])), "total": total, "next": following}


def page_mark(last: Case) -> str:
    """What names the place in a list behind ``last``; for the argument ``after``."""
    text = f"{last.submitted_at.isoformat()} {last.case_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_mark(mark: str) -> PageMark:
    try:
        padded = mark.encode("ascii") + b"=" * (-len(mark) % 4)
        time, case_id = base64.b64decode(padded, b"-_", validate=True).decode().split(" ")
        at = dt.datetime.fromisoformat(time)
    except (ValueError, UnicodeError, binascii.Error):
        raise _wrong("after", "请原样给出上一页的 next") from None
    if at.tzinfo is None or not 1900 <= at.year <= 2200 or not is_case_id(case_id):
        raise _wrong("after", "请原样给出上一页的 next")
    return at, case_id


def _listed(arguments: Mapping[str, str], name: str, known: Any) -> tuple[str, ...] | None:
    parts = [part.strip() for part in arguments.get(name, "").split(",") if part.strip()]
    if any(part not in known for part in parts):
        raise _wrong(name, "没有这样的编号")
    return tuple(parts) or None


def _one(arguments: Mapping[str, str], name: str, known: Any) -> str | None:
    value = arguments.get(name) or None
    if value is not None and value not in known:
        raise _wrong(name, "没有这样的编号")
    return value


def _words(arguments: Mapping[str, str], name: str) -> str | None:
    value = arguments.get(name, "").strip() or None
    if value is not None and (len(value) > MAX_SHORT or not value.isprintable()):
        raise _wrong(name, "格式不对")
    return value


def _flag(arguments: Mapping[str, str], name: str) -> bool | None:
    value = arguments.get(name) or None
    if value is not None and value not in _FLAGS:
        raise _wrong(name, "应为 true 或 false")
    return None if value is None else _FLAGS[value]


def _day(arguments: Mapping[str, str], name: str, time: dt.time) -> dt.datetime | None:
    """The first or last moment of a day in Shanghai."""
    value = arguments.get(name) or None
    if value is None:
        return None
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        raise _wrong(name, "应为日期，例如 2026-11-23") from None
    if not 1900 <= day.year <= 2200:
        raise _wrong(name, "应为日期，例如 2026-11-23")
    return dt.datetime.combine(day, time, SHANGHAI)


def _wrong(name: str, words: str) -> ApiError:
    message = f"参数 {name} {words}"
    return ApiError(400, f"invalid_{name}", message, [{"field": name, "message": message}])


def parameters() -> list[dict[str, Any]]:
    """The filters of the list, for the OpenAPI document."""
    flag = or_blank({"type": "string", "enum": ["true", "false"]})
    words = {"type": "string", "maxLength": MAX_SHORT}
    day = or_blank({"type": "string", "format": "date"})
    return [
        query("state", "状态，可用逗号隔开几个（工作人员）", {"type": "string"}),
        query("department", "主办部门，可用逗号隔开几个（工作人员）", {"type": "string"}),
        query("district", "区（工作人员）", words),
        query("town", "镇街（工作人员）", words),
        query("channel", "来源渠道（工作人员）", or_blank(codes(CHANNELS))),
        query("urgent", "是否紧急（工作人员）", flag),
        query("red", "是否红牌（工作人员）", flag),
        query("closed", "是否已结束（工作人员）", flag),
        query("overdue", "只看超期未办结的（工作人员）", flag),
        query("from", "提交日期不早于（工作人员）", day),
        query("to", "提交日期不晚于（工作人员）", day),
        query("after", "上一页的 next（工作人员）", {"type": "string"}),
    ]
