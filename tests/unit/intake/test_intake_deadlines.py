from __future__ import annotations

import datetime as dt

import pytest

from bot import vocabulary
from intake.deadlines import SHANGHAI, due_times, end_of_working_day, is_working_day


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-09-28", True),  # Sunday, made up for the National Day holiday
        ("2025-10-01", False),
        ("2025-10-08", False),
        ("2025-10-09", True),
        ("2025-10-11", True),  # Saturday, made up
        ("2025-10-12", False),
        ("2026-02-14", True),  # Saturday, made up for the Spring Festival
        ("2026-02-15", False),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),  # Saturday, made up
        ("2026-11-23", True),
        ("2026-11-22", False),
    ],
)
def test_known_holidays(day: str, works: bool):
    assert is_working_day(dt.date.fromisoformat(day)) is works


@pytest.mark.parametrize("year", [1999, 2060])
def test_years_nobody_has_published_use_weekdays(year: int):
    days = [dt.date(year, 1, 1) + dt.timedelta(days=i) for i in range(7)]
    assert [is_working_day(day) for day in days] == [day.weekday() < 5 for day in days]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-11-23T09:00", 1, "2026-11-24"),
        ("2026-11-23T23:59", 1, "2026-11-24"),
        ("2026-11-20T10:00", 1, "2026-11-23"),  # Friday: the weekend does not count
        ("2026-11-21T10:00", 1, "2026-11-23"),  # filed on a Saturday
        ("2026-02-13T10:00", 2, "2026-02-24"),  # over the Spring Festival, Saturday made up
        ("2025-09-30T10:00", 3, "2025-10-11"),  # over National Day; the third is a Saturday
    ],
)
def test_working_days_are_counted_by_the_calendar(start: str, days: int, last: str):
    assert end_of_working_day(at(start), days) == at(f"{last}T23:59:59")


def test_the_day_of_filing_is_the_day_in_shanghai():
    late = dt.datetime(2026, 11, 23, 17, 0, tzinfo=dt.timezone.utc)  # 01:00 on the 24th
    assert end_of_working_day(late, 1) == at("2026-11-25T23:59:59")


def test_due_over_the_turn_of_the_year_into_an_unknown_year():
    assert end_of_working_day(at("2060-12-30T10:00"), 2).date() == dt.date(2061, 1, 3)


@pytest.mark.parametrize("appeal_type", list(vocabulary.appeal_types()))
def test_due_times_follow_the_vocabulary(appeal_type: str):
    start = at("2026-11-23T09:00")
    rules = vocabulary.deadlines("water", appeal_type)
    due = due_times(start, "water", appeal_type, urgent=False)
    assert due.accept == end_of_working_day(start, rules.accept_working_days)
    assert due.resolve == end_of_working_day(start, rules.working_days)
    assert due.first_response is None


def test_urgent_runs_by_the_clock_also_on_a_holiday():
    start = at("2026-02-17T23:30")
    due = due_times(start, "fire", "report", urgent=True)
    assert due.accept == at("2026-02-18T00:30")
    assert due.first_response == at("2026-02-18T23:30")
