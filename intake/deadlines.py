"""Working days and due times, in Asia/Shanghai time.

Holidays and make-up days come from ``chinese_calendar``
(https://github.com/LKI/chinese-calendar), which knows a year only once the State Council has
published it. For other years Monday to Friday count as working days.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

from bot import vocabulary

SHANGHAI = ZoneInfo("Asia/Shanghai")
_END_OF_DAY = dt.time(23, 59, 59)


@dataclass(frozen=True)
class DueTimes:
    """When a case must be accepted, first answered (urgent ones only) and resolved."""

    accept: dt.datetime
    first_response: dt.datetime | None
    resolve: dt.datetime


# The library checks its whole table of years at each call.
@lru_cache(maxsize=4096)
def is_working_day(day: dt.date) -> bool:
    """Whether offices work on ``day``; plain weekdays for years not yet published."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def end_of_working_day(start: dt.datetime, working_days: int) -> dt.datetime:
    """The last second of the n-th working day after the day of ``start``.

    The day of filing itself does not count, so nobody loses hours by filing in the evening.

    Args:
        start: an aware time.
        working_days: how many, at least 1.
    """
    day = start.astimezone(SHANGHAI).date()
    left = working_days
    while left > 0:
        day += dt.timedelta(days=1)
        left -= is_working_day(day)
    return dt.datetime.combine(day, _END_OF_DAY, SHANGHAI)


def working_time(start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """How much of the time from ``start`` to ``end`` lies on working days, of 24 hours each.

    Deadlines end with a day, so a whole day is what is counted, not office hours. Zero when
    ``end`` is not after ``start``.
    """
    at, end = start.astimezone(SHANGHAI), end.astimezone(SHANGHAI)
    found = dt.timedelta(0)
    while at < end:
        until = min(_midnight_after(at), end)
        if is_working_day(at.date()):
            found += until - at
        at = until
    return found


def after_working_time(start: dt.datetime, length: dt.timedelta) -> dt.datetime:
    """The first moment by which ``length`` of working time has passed since ``start``."""
    at, left = start.astimezone(SHANGHAI), length
    while left > dt.timedelta(0):
        midnight = _midnight_after(at)
        if is_working_day(at.date()):
            if left <= midnight - at:
                return at + left
            left -= midnight - at
        at = midnight
    return at


def moment_at(
    start: dt.datetime, due: dt.datetime, fraction: float, by_clock: bool = False
) -> dt.datetime:
    """When ``fraction`` of a deadline is used up; 1.5 lies as far again half behind ``due``.

    Args:
        by_clock: count every hour, as for urgent cases, not only those of working days.
    """
    if by_clock:
        return start.astimezone(SHANGHAI) + (due - start) * fraction
    return after_working_time(start, working_time(start, due) * fraction)


def fraction_elapsed(
    start: dt.datetime, due: dt.datetime, now: dt.datetime, by_clock: bool = False
) -> float:
    """How much of a deadline is used up at ``now``: 0 at its start, 1 at ``due``, then more."""
    whole = due - start if by_clock else working_time(start, due)
    used = now - start if by_clock else working_time(start, now)
    if whole <= dt.timedelta(0):
        return 1.0 if now >= due else 0.0
    return max(used / whole, 0.0)


def _midnight_after(at: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(at.date() + dt.timedelta(days=1), dt.time.min, SHANGHAI)


def due_times(start: dt.datetime, department: str, appeal_type: str, urgent: bool) -> DueTimes:
    """The due times of a case filed at ``start`` by the rules in force now.

    An urgent case has its acceptance and first response counted by the clock; it is resolved
    within the working days of its type like any other.

    Raises:
        KeyError: no such department or appeal type.
    """
    rules = vocabulary.deadlines(department, appeal_type)
    accept = end_of_working_day(start, rules.accept_working_days)
    first_response = None
    if urgent:
        local = start.astimezone(SHANGHAI)
        accept = local + dt.timedelta(hours=rules.urgent_accept_hours)
        first_response = local + dt.timedelta(hours=rules.urgent_first_response_hours)
    return DueTimes(accept, first_response, end_of_working_day(start, rules.working_days))
