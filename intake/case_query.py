"""Which cases are asked for, and the condition that says so to the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from intake import tables
from intake.tables import case_departments, cases
from intake.workflow import CLOSED_STATES


@dataclass(frozen=True)
class CaseQuery:
    """Which cases to list; None means "any". Times are aware; ``start`` ≤ submitted ≤ ``end``.

    ``involved``: a department that leads or assists. ``overdue_at``: open and due before then.
    """

    case_ids: tuple[str, ...] | None = None
    departments: tuple[str, ...] | None = None
    involved: str | None = None
    citizen: str | None = None
    closed: bool | None = None
    states: tuple[str, ...] | None = None
    district: str | None = None
    town: str | None = None
    channel: str | None = None
    urgent: bool | None = None
    red: bool | None = None
    parent_id: str | None = None
    overdue_at: dt.datetime | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    updated_from: dt.datetime | None = None
    updated_until: dt.datetime | None = None


def matching(statement: Any, query: CaseQuery) -> Any:
    """``statement`` over the cases, narrowed to those of ``query``."""
    columns = cases.c
    found: list[Any] = []
    if query.involved is not None:
        # Its index is in the order of the list, whoever leads.
        theirs = case_departments.c
        statement = statement.select_from(
            cases.join(case_departments, theirs.case_id == columns.case_id)
        )
        found.append(theirs.department == query.involved)
    for column, values in (
        (columns.case_id, query.case_ids),
        (columns.department, query.departments),
        (columns.state, query.states),
    ):
        if values is not None:
            found.append(column.in_(values))
    for column, value in (
        (columns.citizen, query.citizen),
        (columns.district, query.district),
        (columns.town, query.town),
        (columns.channel, query.channel),
        (columns.urgent, query.urgent),
        (columns.parent_id, query.parent_id),
    ):
        if value is not None:
            found.append(column == value)
    if query.red is not None:
        found.append(columns.red if query.red else sa.not_(columns.red))
    if query.closed is not None:
        is_closed = columns.state.in_(sorted(CLOSED_STATES))
        found.append(is_closed if query.closed else sa.not_(is_closed))
    if query.overdue_at is not None:
        found += [sa.text(tables.OPEN), columns.due_at < query.overdue_at]
    if query.start is not None:
        found.append(columns.submitted_at >= query.start)
    if query.end is not None:
        found.append(columns.submitted_at <= query.end)
    if query.updated_from is not None:
        found.append(columns.updated_at >= query.updated_from)
    if query.updated_until is not None:
        found.append(columns.updated_at <= query.updated_until)
    return statement.where(*found)
