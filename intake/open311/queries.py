"""The arguments of ``GET requests``, as a question to the store."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot import vocabulary
from bot.case_id import canonical
from intake.deadlines import SHANGHAI
from intake.open311.documents import Open311Error
from intake.store import CaseQuery

# "may not span more than 90 days", and the last 90 days when no date is given.
WINDOW = dt.timedelta(days=90)
# Who does not ask for pages gets "the first 1000 requests" of the standard.
MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 50
MAX_PAGE = 100_000
_MAX_IDS = 200


@dataclass(frozen=True)
class RequestList:
    """Which page of which cases is asked for. ``page`` counts from 1."""

    query: CaseQuery
    page: int
    page_size: int


def parse_requests_query(arguments: Mapping[str, str], now: dt.datetime) -> RequestList:
    """Read the standard's filters, and ``updated_after`` and ``updated_before`` of FixMyStreet.

    ``service_request_id`` overrides all others, as in the standard.

    Raises:
        Open311Error: 400, or 404 for an unknown service_code.
    """
    page = _whole_number(arguments, "page", 1, MAX_PAGE)
    plain = MAX_PAGE_SIZE if "page" not in arguments else DEFAULT_PAGE_SIZE
    page_size = _whole_number(arguments, "page_size", plain, MAX_PAGE_SIZE)
    if _listed(arguments, "service_request_id"):
        return RequestList(CaseQuery(case_ids=_case_ids(arguments)), page, page_size)
    start, end = _window(arguments, "start_date", "end_date")
    updated_from, updated_until = _window(arguments, "updated_after", "updated_before")
    if start is None and updated_from is None:
        start, end = now - WINDOW, now
    query = CaseQuery(
        departments=_departments(arguments),
        closed=_closed(arguments),
        start=start,
        end=end,
        updated_from=updated_from,
        updated_until=updated_until,
    )
    return RequestList(query, page, page_size)


def check_jurisdiction(given: object, known: str) -> None:
    """Raise Open311Error 404 for another jurisdiction than ours; none is needed, we have one."""
    if given and (not isinstance(given, str) or given.lower() != known.lower()):
        raise Open311Error(404, f"没有这个 jurisdiction_id，本平台的是 {known}，也可以不填")


def case_id_of(text: str) -> str:
    """The canonical ID that ``text`` spells. Raises Open311Error 400 when it is mistyped."""
    case_id = canonical(text)
    if case_id is None:
        raise Open311Error(400, "service_request_id 好像输错了，请核对后再试")
    return case_id


def wants_extensions(arguments: Mapping[str, str]) -> bool:
    return arguments.get("extensions", "").lower() in ("true", "1")


def _listed(arguments: Mapping[str, str], name: str) -> tuple[str, ...]:
    parts = (part.strip() for part in arguments.get(name, "").split(","))
    return tuple(part for part in parts if part)


def _case_ids(arguments: Mapping[str, str]) -> tuple[str, ...]:
    given = _listed(arguments, "service_request_id")
    if len(given) > _MAX_IDS:
        raise Open311Error(400, f"service_request_id 一次最多 {_MAX_IDS} 个")
    return tuple(dict.fromkeys(case_id_of(text) for text in given))


def _departments(arguments: Mapping[str, str]) -> tuple[str, ...] | None:
    codes = _listed(arguments, "service_code")
    if any(code not in vocabulary.departments() for code in codes):
        raise Open311Error(404, "没有这个 service_code，请从 services 里选择")
    return codes or None


def _closed(arguments: Mapping[str, str]) -> bool | None:
    given = {status.lower() for status in _listed(arguments, "status")}
    if given - {"open", "closed"}:
        raise Open311Error(400, "status 只能是 open 或 closed")
    return given == {"closed"} if len(given) == 1 else None


def _window(
    arguments: Mapping[str, str], first: str, last: str
) -> tuple[dt.datetime, dt.datetime] | tuple[None, None]:
    """The two times; one alone stands for the 90 days from it or up to it."""
    start, end = _time(arguments, first), _time(arguments, last)
    if start is None and end is None:
        return None, None
    start = start or (end or dt.datetime.max) - WINDOW
    end = end or start + WINDOW
    if start > end:
        raise Open311Error(400, f"{first} 不能晚于 {last}")
    if end - start > WINDOW:
        raise Open311Error(400, f"{first} 到 {last} 不能超过 90 天")
    return start, end


def _time(arguments: Mapping[str, str], name: str) -> dt.datetime | None:
    """An ISO 8601 time; without an offset it is Shanghai time."""
    text = arguments.get(name, "").strip()
    if not text:
        return None
    # A "+" that the client did not escape arrives as a blank.
    text = re.sub(r" (\d\d:?\d\d)$", r"+\1", text)
    text = re.sub(r"[zZ]$", "+00:00", text)
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        time = None
    # The years keep sums with the window inside what datetime can hold.
    if time is None or not 1900 <= time.year <= 2200:
        message = f"{name} 应为 ISO 8601 时间，例如 2026-11-23T00:00:00+08:00"
        raise Open311Error(400, message)
    return time if time.tzinfo else time.replace(tzinfo=SHANGHAI)


def _whole_number(arguments: Mapping[str, str], name: str, default: int, high: int) -> int:
    text = arguments.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= high):
        raise Open311Error(400, f"{name} 应为 1 到 {high} 的整数")
    return int(text)
