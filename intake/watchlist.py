"""The cases that the supervision has to look at, found by the indices over what is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bot.vocabulary.supervision import Supervision
from intake import tables
from intake.cases import Case
from intake.database import Database
from intake.deadlines import after_working_time, moment_at
from intake.store import MOST_COUNTED, read
from intake.supervision import NOT_DISPATCHED, TO_DECIDE
from intake.tables import case_departments, cases

_DAY = dt.timedelta(days=1)
_COLUMNS = cases.c
_LOOKED_AT = (
    _COLUMNS.case_id,
    _COLUMNS.state,
    _COLUMNS.urgent,
    _COLUMNS.submitted_at,
    _COLUMNS.dispatched_at,
    _COLUMNS.first_response_due_at,
    _COLUMNS.due_at,
)
_IN_NO_DEPARTMENT = _COLUMNS.state.in_([*NOT_DISPATCHED, *TO_DECIDE])
_UNANSWERED = sa.and_(
    _COLUMNS.state == "dispatched", _COLUMNS.urgent, _COLUMNS.responded_at.is_(None)
)


def pages(
    database: Database, now: dt.datetime, rules: Supervision, size: int
) -> Iterator[list[Case]]:
    """Every case for which something may be due at ``now``, in pages of at most ``size``.

    A case can come twice. What happens to the cases of a page in between does not disturb the
    next one, which begins after its last case.
    """
    for column, conditions in _groups(now, rules):
        after: tuple[dt.datetime, str] | None = None
        while True:
            statement = sa.select(*_LOOKED_AT, column.label("place")).where(*conditions)
            if after:
                at, case_id = after
                later = sa.or_(column > at, _COLUMNS.case_id > case_id)
                statement = statement.where(column >= at, later)
            statement = statement.order_by(column, _COLUMNS.case_id).limit(size)
            with database.reading() as connection:
                rows = connection.execute(statement).all()
                # Histories are dear: only of those that can have come to their time.
                ids = [row.case_id for row in rows if not _is_early(row, now, rules)]
                found = read(connection, ids)
            if found:
                yield found
            if len(rows) < size:
                break
            after = rows[-1].place, rows[-1].case_id


def _groups(now: dt.datetime, rules: Supervision) -> Iterator[tuple[Any, list[Any]]]:
    """(column that orders, conditions) of each kind of case that wants a look."""
    c = _COLUMNS
    in_working_time, by_clock = _horizons(now, rules)
    last = max(in_working_time, by_clock)
    soon = sa.or_(c.due_at <= in_working_time, sa.and_(c.urgent, c.due_at <= by_clock))
    # Before it is late a case can only be reminded; an urgent one has two deadlines for that. Once
    # it is late it can get cards, until it is red.
    given = tables.history.c
    reminded = sa.exists().where(
        given.case_id == c.case_id, given.kind == "reminder", given.at >= c.dispatched_at
    )
    to_remind = sa.and_(
        c.due_at >= now, c.state != "awaiting_citizen", sa.or_(c.urgent, sa.not_(reminded))
    )
    to_warn = sa.and_(c.due_at < now, sa.not_(c.red))
    yield c.due_at, [
        sa.text(tables.OPEN), c.due_at <= last, soon, sa.or_(to_warn, to_remind),
    ]  # fmt: skip
    yield c.submitted_at, [_IN_NO_DEPARTMENT, sa.not_(c.red)]
    unanswered_in_time = sa.or_(sa.not_(c.red), c.first_response_due_at >= now)
    yield c.submitted_at, [_UNANSWERED, unanswered_in_time]
    # So many working days are at least as many days.
    settled = now - rules.close_working_days * _DAY
    yield c.resolved_at, [c.state == "resolved", c.resolved_at <= settled]


def _is_early(row: Any, now: dt.datetime, rules: Supervision) -> bool:
    """Whether it is too early even for a reminder; waits for the citizen only make it later."""
    if row.state not in ("dispatched", "in_progress") or row.due_at is None:
        return False
    if row.first_response_due_at is not None:
        # It has a deadline before that.
        return False
    begun = row.dispatched_at or row.submitted_at
    return now < moment_at(begun, row.due_at, rules.reminder_at, row.urgent)


def _horizons(now: dt.datetime, rules: Supervision) -> tuple[dt.datetime, dt.datetime]:
    """How far ahead a case can be due that has to be reminded now, in working time and by clock.

    Generous: longest deadline, the day it begins on, and twice a week of holidays by the clock.
    """
    left = 1 - rules.reminder_at
    longest = rules.longest_working_days + 1
    working = after_working_time(now, left * longest * _DAY + _DAY)
    return working, now + left * (2 * longest + 14) * _DAY


def late_or_near(
    database: Database,
    until: dt.datetime,
    rules: Supervision,
    department: str | None,
    limit: int,
    offset: int,
) -> tuple[list[Case], int]:
    """Cases whose next deadline ends by ``until``, the longest overdue first, and how many.

    Cases that the centre has to decide about are among them, and resolved ones whose citizen was
    dissatisfied, by the time since when. Counting stops at ``MOST_COUNTED``.

    Args:
        department: only what it leads or assists; None: all.
    """
    parts = []
    for ends, conditions in _ends(rules):
        part = sa.select(_COLUMNS.case_id, ends.label("ends")).where(*conditions, ends <= until)
        if department is not None:
            theirs = case_departments.c
            both = cases.join(case_departments, theirs.case_id == _COLUMNS.case_id)
            part = part.select_from(both).where(theirs.department == department)
        parts.append(part)
    found = sa.union_all(*parts).subquery()
    few = sa.select(found.c.case_id).limit(MOST_COUNTED).subquery()
    page = sa.select(found.c.case_id).order_by(found.c.ends, found.c.case_id)
    with database.reading() as connection:
        total = int(connection.scalar(sa.select(sa.func.count()).select_from(few)))
        ids = connection.scalars(page.limit(limit).offset(offset)).all()
        return read(connection, ids), total


def _ends(rules: Supervision) -> Iterator[tuple[Any, list[Any]]]:
    """(when the next deadline ends, conditions) of each kind of case; no case is of two."""
    c = _COLUMNS
    yield c.accept_due_at, [c.state.in_(NOT_DISPATCHED)]
    yield c.updated_at, [c.state.in_(TO_DECIDE)]
    yield sa.func.coalesce(c.first_response_due_at, c.due_at), [_UNANSWERED]
    in_work = [sa.text(tables.OPEN), c.state.not_in([*NOT_DISPATCHED, *TO_DECIDE])]
    yield c.due_at, [*in_work, sa.not_(_UNANSWERED)]
    yield c.resolved_at, [c.state == "resolved", c.satisfaction < rules.satisfied_from]
