"""Working time between two moments without walking through the days between them.

The same as :func:`intake.deadlines.working_time`, which is for one case; a report asks for the
hundred thousand cases of a month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache

from intake.deadlines import SHANGHAI, is_working_day

_FIRST_YEAR = 2000
_SECONDS = 86_400


def working_days_between(start: dt.datetime, end: dt.datetime) -> float:
    """Working days of 24 hours from ``start`` to ``end``; 0 when ``end`` is not after it."""
    return max(_clock(end) - _clock(start), 0.0)


def _clock(at: dt.datetime) -> float:
    """A clock that counts in days and stands still on free ones."""
    local = at.astimezone(SHANGHAI)
    before, works = _days_of(local.year)[local.toordinal()]
    if not works:
        return before
    seconds = (local.hour * 60 + local.minute) * 60 + local.second + local.microsecond / 1e6
    return before + seconds / _SECONDS


@cache
def _days_of(year: int) -> Mapping[int, tuple[int, bool]]:
    """By its ordinal, how many working days lie before each day of a year and whether it is one."""
    day, count = dt.date(year, 1, 1), _working_days_before(year)
    found: dict[int, tuple[int, bool]] = {}
    while day.year == year:
        works = is_working_day(day)
        found[day.toordinal()] = count, works
        count += works
        day += dt.timedelta(days=1)
    return found


@cache
def _working_days_before(year: int) -> int:
    if year <= _FIRST_YEAR:
        return 0
    last, works = _days_of(year - 1)[dt.date(year - 1, 12, 31).toordinal()]
    return last + works
