"""Which cases are asked for, and the condition that says so to the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
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


def newest(
    query: CaseQuery, limit: int, offset: int = 0, after: tuple[dt.datetime, str] | None = None
) -> Any:
    """The statement for the IDs of the matching cases, newest first.

    Args:
        after: ``(submitted_at, case_id)`` of the last case of the page before.
    """
    parts = _parts(query)
    if len(parts) == 1:
        return _in_order(query, after).limit(limit).offset(offset)
    # The index of departments or of states holds each one's cases in the order of the list, but
    # not those of several together: for these the database would read and sort them all.
    each = [_in_order(part, after).limit(limit + offset).subquery() for part in parts]
    together = sa.union_all(*(sa.select(one.c.case_id, one.c.at) for one in each)).subquery()
    statement = sa.select(together.c.case_id).order_by(together.c.at.desc(), together.c.case_id)
    return statement.limit(limit).offset(offset)


def _parts(query: CaseQuery) -> list[CaseQuery]:
    """Queries for one department or state each, which together are ``query``."""
    if query.departments and len(set(query.departments)) > 1:
        return [replace(query, departments=(code,)) for code in set(query.departments)]
    states = set(query.states or (CLOSED_STATES if query.closed else ()))
    if len(states) > 1:
        return [replace(query, states=(state,)) for state in states]
    return [query]


def _in_order(query: CaseQuery, after: tuple[dt.datetime, str] | None) -> Any:
    # The same time stands in both tables, each in an index of its own.
    by_department = query.involved is not None and not _is_narrow(query)
    at = case_departments.c.submitted_at if by_department else cases.c.submitted_at
    statement = matching(sa.select(cases.c.case_id, at.label("at")), query)
    if after:
        last_at, last_id = after
        statement = statement.where(at <= last_at, sa.or_(at < last_at, cases.c.case_id > last_id))
    return statement.order_by(at.desc(), cases.c.case_id)


def _is_narrow(query: CaseQuery) -> bool:
    """Whether it asks for what is always a small part of a city's cases, and has its own index."""
    return bool(
        query.closed is False
        or query.overdue_at
        or query.red
        or query.urgent
        or (query.states and not set(query.states) & CLOSED_STATES)
    )


def matching(statement: Any, query: CaseQuery) -> Any:
    """``statement`` over the cases, narrowed to those of ``query``."""
    columns = cases.c
    found: list[Any] = []
    # SQLite would read all cases of a district to find the few that are still open, so what the
    # many share is compared in a form, ``column || ''``, that no index holds.
    is_narrow = _is_narrow(query)
    if query.involved is not None:
        theirs = case_departments.c
        mine = theirs.case_id == columns.case_id
        if is_narrow:
            found.append(sa.exists().where(mine, theirs.department == query.involved))
        else:
            # Its index is in the order of the list, whoever leads.
            statement = statement.select_from(cases.join(case_departments, mine))
            found.append(theirs.department == query.involved)
    for column, values in (
        (columns.case_id, query.case_ids),
        (columns.department.concat("") if query.red else columns.department, query.departments),
        (columns.state, query.states),
    ):
        if values is not None:
            found.append(column.in_(values))
    for column, value in (
        (columns.citizen, query.citizen),
        (columns.parent_id, query.parent_id),
    ):
        if value is not None:
            found.append(column == value)
    for column, value in (
        (columns.district, query.district),
        (columns.town, query.town),
        (columns.channel, query.channel),
    ):
        if value is not None:
            found.append((column.concat("") if is_narrow else column) == value)
    # In the very words of the partial indices, which are not used otherwise.
    for text, wanted in ((tables.RED, query.red), (tables.URGENT, query.urgent)):
        if wanted is not None:
            found.append(sa.text(text if wanted else f"NOT {text}"))
    if query.closed is not None:
        is_closed = columns.state.in_(sorted(CLOSED_STATES))
        found.append(is_closed if query.closed else sa.text(tables.OPEN))
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
