"""Hot issues among the cases of the database."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.assessment.hot_issues import Appeal, Issue, hot_issues
from intake.database import Database
from intake.dispatch.places import ground, official_district
from intake.tables import case_departments, cases, followers

MOST_CASES = 50_000
"""Looked through at once, the newest ones; grouping them takes up to a minute."""
# What the city's cases of a year have in common is no news, whichever of them are looked at.
_BACKGROUND_CASES = 10_000
_BACKGROUND = dt.timedelta(days=365)
_IDS_AT_ONCE = 500


@dataclass(frozen=True)
class HotIssues:
    """From ``start`` to ``until``. ``cases``: how many were compared, of this period and the one
    before it; ``complete``: whether that was all of them.
    """

    start: dt.datetime
    until: dt.datetime
    issues: tuple[Issue, ...]
    cases: int
    complete: bool


def hot_issues_of(
    database: Database,
    now: dt.datetime,
    days: int,
    district: str | None = None,
    department: str | None = None,
    most: int = MOST_CASES,
) -> HotIssues:
    """The hot issues of the last ``days`` days.

    Args:
        district: official name; only its cases.
        department: only what it leads or assists.

    Raises:
        intake.database.StoreUnavailable
    """
    start = now - dt.timedelta(days=days)
    earliest = start - (now - start)
    conditions = [cases.c.submitted_at >= earliest]
    if district is not None:
        conditions.append(cases.c.district == district)
    if department is not None:
        theirs = case_departments.c
        involved = sa.select(theirs.case_id).where(
            theirs.department == department, theirs.submitted_at >= earliest
        )
        conditions.append(cases.c.case_id.in_(involved))
    with database.reading() as connection:
        rows = _newest(connection, now, conditions, most + 1)
        compared = rows[:most]
        known = {row.case_id for row in compared}
        since = [cases.c.submitted_at >= min(earliest, now - _BACKGROUND)]
        if not (district or department):
            since.append(cases.c.submitted_at < earliest)
        others = _newest(connection, now, since, _BACKGROUND_CASES)
        joined = _joined(connection, [row.case_id for row in compared])
    appeals = [_appeal(row, tuple(joined.get(row.case_id, ()))) for row in compared]
    background = [
        replace(_appeal(row, ()), background=True) for row in others if row.case_id not in known
    ]
    issues = hot_issues([*appeals, *background], start, now, _town_names())
    return HotIssues(start, now, tuple(issues), len(appeals), len(rows) <= most)


def _newest(
    connection: Connection, until: dt.datetime, conditions: list[Any], most: int
) -> list[Any]:
    columns = cases.c
    statement = sa.select(
        columns.case_id,
        columns.description,
        columns.district,
        columns.town,
        columns.community,
        columns.citizen,
        columns.submitted_at,
    ).where(columns.submitted_at < until, *conditions)
    newest = statement.order_by(columns.submitted_at.desc(), columns.case_id).limit(most)
    return list(connection.execute(newest))


def _appeal(row: Any, joined: tuple[str, ...]) -> Appeal:
    return Appeal(
        text=row.description,
        at=row.submitted_at,
        place=_place(row.district, row.town),
        citizen=row.citizen,
        name=row.case_id,
        spot=(row.community or "") if row.district and row.town else "",
        joined=joined,
    )


def _place(district: str | None, town: str | None) -> str:
    """What is known from the top down; a town alone says nothing that could be compared."""
    known = official_district(district) if district else None
    return f"{known}{town or ''}" if known else ""


def _joined(connection: Connection, case_ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for start in range(0, len(case_ids), _IDS_AT_ONCE):
        some = followers.c.case_id.in_(case_ids[start : start + _IDS_AT_ONCE])
        statement = sa.select(followers.c.case_id, followers.c.citizen).where(some)
        for case_id, citizen in connection.execute(statement):
            found[case_id].append(citizen)
    return found


def _town_names() -> frozenset[str]:
    """Districts and towns in every way of writing: they say where, and that is known already."""
    names = {*ground().districts, *ground().towns}
    return frozenset(name for name in names if len(name) > 1)
