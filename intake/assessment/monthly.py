"""The monthly report per department or district, computed by the database from the history.

The meaning of each figure is in :mod:`intake.assessment.figures`. Who had a case at an entry of its
history is what the last dispatch before it says. Methods block; a month of 100,000 cases takes a
few seconds.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot import vocabulary
from bot.places import place_tree
from intake.assessment.figures import Figures, total
from intake.assessment.months import Month
from intake.assessment.working_clock import working_days_between
from intake.database import Database
from intake.dispatch.places import official_district
from intake.supervision import NOT_DISPATCHED, TO_DECIDE
from intake.tables import cases, history

BY = ("department", "district")
CENTRE = "centre"
"""The code of the row for what happened while a case lay with the centre."""
ELSEWHERE = "other"
"""The code of the row for cases without a district of the city, or of a department that is gone."""
_NAMES = {CENTRE: "受理中心", ELSEWHERE: "未填或其他"}
# A card or urge for a case in these states is not about a department.
_WITH_CENTRE = (*NOT_DISPATCHED, *TO_DECIDE)
_ENDS_OF_A_TURN = ("resolved", "returned", "withdrawn", "rejected")
_ONES = {
    "returned": "returned",
    "reopened": "reopened",
    "yellow_card": "yellow_cards",
    "red_card": "red_cards",
    "urge": "urges",
}
# A report may take longer than what citizens wait for. Each entry's own case is looked up by its
# key; left to itself the planner reads the whole history instead.
_POSTGRESQL = ("statement_timeout = 120000", "enable_hashjoin = off", "enable_mergejoin = off")


@dataclass(frozen=True)
class Row:
    """The figures of one department or district."""

    code: str
    name: str
    figures: Figures


@dataclass(frozen=True)
class Report:
    """``as_of``: when it was made; the closing rate counts what has been resolved by then."""

    month: Month
    by: str
    as_of: dt.datetime
    rows: tuple[Row, ...]
    total: Figures

    def only(self, code: str | None) -> Report:
        """The report with one row and the same total."""
        rows = tuple(row for row in self.rows if row.code == code)
        return Report(self.month, self.by, self.as_of, rows, self.total)


def monthly_report(database: Database, month: Month, by: str, now: dt.datetime) -> Report:
    """The report on ``month`` with a row for each department or district that has any figure.

    Args:
        by: one of ``BY``.

    Raises:
        intake.database.StoreUnavailable
    """
    found: dict[str, Figures] = defaultdict(Figures)
    with database.reading() as connection:
        if database.dialect == "postgresql":
            for setting in _POSTGRESQL:
                connection.exec_driver_sql(f"SET LOCAL {setting}")
        key = _Key(by)
        _count_received(connection, month, key, found)
        _count_closed(connection, month, key, found)
        _count_ones(connection, month, key, found)
    order = _order(by)
    rows = tuple(
        Row(code, order[code], found[code])
        for code in order
        if code in found and not found[code].is_empty
    )
    return Report(month, by, now, rows, total(row.figures for row in rows))


class _Key:
    """Into which row an entry of the history counts."""

    def __init__(self, by: str) -> None:
        self.by = by

    def column(self, entry: Any) -> Any:
        """What :meth:`code` is told of an entry."""
        return cases.c.district if self.by == "district" else _department_at(entry)

    def source(self, entry: Any) -> Any:
        """Where the column is found."""
        if self.by == "district":
            return entry.join(cases, cases.c.case_id == entry.c.case_id)
        return entry

    def code(self, value: str | None, with_centre: bool = False) -> str:
        if self.by == "district":
            return official_district(value or "") or ELSEWHERE
        if with_centre:
            return CENTRE
        return str(value) if value in vocabulary.departments() else ELSEWHERE


def _count_received(
    connection: Connection, month: Month, key: _Key, found: Mapping[str, Figures]
) -> None:
    entry = history.alias("entry")
    later = history.alias("later")
    outcome = (
        sa.select(later.c.to_state)
        .where(
            later.c.case_id == entry.c.case_id,
            later.c.step > entry.c.step,
            later.c.kind == "state",
            later.c.to_state.in_(_ENDS_OF_A_TURN),
        )
        .order_by(later.c.step)
        .limit(1)
        .scalar_subquery()
    )
    of_month = _of_month(entry, month, "dispatched")
    for value, ended, count in _grouped(connection, key, entry, [outcome], of_month):
        figures = found[key.code(value)]
        figures.received += count
        if ended in (None, "resolved"):
            figures.kept += count
        if ended == "resolved":
            figures.kept_closed += count


def _count_closed(
    connection: Connection, month: Month, key: _Key, found: Mapping[str, Figures]
) -> None:
    entry, sent = history.alias("entry"), history.alias("sent")
    last = history.alias("last")
    last_dispatch = (
        sa.select(sa.func.max(last.c.step))
        .where(last.c.case_id == entry.c.case_id, last.c.step < entry.c.step)
        .where(last.c.kind == "state", last.c.to_state == "dispatched")
        .scalar_subquery()
    )
    value = key.column(entry)
    if key.by == "department":
        # What the dispatch says, which is at hand; only old ones do not say it.
        value = sa.func.coalesce(sent.c.changes["department"].as_string(), value)
    due = sa.func.coalesce(_moved_due(entry, sent), sent.c.changes["due_at"].as_string())
    source = key.source(entry).join(
        sent, sa.and_(sent.c.case_id == entry.c.case_id, sent.c.step == last_dispatch)
    )
    statement = sa.select(value, entry.c.at, sent.c.at, due).select_from(source)
    for value, at, begun, due in connection.execute(
        statement.where(*_of_month(entry, month, "resolved"))
    ):
        figures = found[key.code(value)]
        figures.closed += 1
        figures.on_time += due is None or at <= dt.datetime.fromisoformat(due)
        figures.days.append(working_days_between(begun, at))


def _count_ones(
    connection: Connection, month: Month, key: _Key, found: Mapping[str, Figures]
) -> None:
    entry = history.alias("entry")
    for state in ("returned", "reopened"):
        of_month = _of_month(entry, month, state)
        for value, count in _grouped(connection, key, entry, [], of_month):
            figures = found[key.code(value)]
            setattr(figures, _ONES[state], getattr(figures, _ONES[state]) + count)
    lies_there = entry.c.to_state.in_(_WITH_CENTRE)
    kinds = ("yellow_card", "red_card", "urge")
    more = [entry.c.kind, lies_there]
    of_month = [entry.c.kind.in_(kinds), *_in_any_state(entry), *_times(entry, month)]
    for value, kind, with_centre, count in _grouped(connection, key, entry, more, of_month):
        figures = found[key.code(value, bool(with_centre))]
        setattr(figures, _ONES[kind], getattr(figures, _ONES[kind]) + count)
    mark = entry.c.changes["satisfaction"].as_integer()
    of_month = [entry.c.kind == "evaluation", *_in_any_state(entry), *_times(entry, month)]
    for value, given, count in _grouped(connection, key, entry, [mark], of_month):
        found[key.code(value)].judge(int(given), count)


def _grouped(
    connection: Connection, key: _Key, entry: Any, columns: list[Any], conditions: list[Any]
) -> Iterator[Any]:
    """Rows (key, columns …, count)."""
    parts = [key.column(entry), *columns]
    named = [part.label(f"part_{number}") for number, part in enumerate(parts)]
    found = sa.select(*named).select_from(key.source(entry)).where(*conditions).subquery()
    statement = sa.select(*found.c, sa.func.count()).group_by(*found.c)
    yield from connection.execute(statement)


def _of_month(entry: Any, month: Month, to_state: str) -> list[Any]:
    return [entry.c.kind == "state", entry.c.to_state == to_state, *_times(entry, month)]


def _in_any_state(entry: Any) -> list[Any]:
    """True, and said so that the index of kind, state and time can be used."""
    return [entry.c.to_state.in_(list(vocabulary.case_states()))]


def _times(entry: Any, month: Month) -> list[Any]:
    return [entry.c.at >= month.start, entry.c.at < month.end]


def _department_at(entry: Any) -> Any:
    """The department that had the case of ``entry`` then."""
    earlier = history.alias()
    value = earlier.c.changes["department"].as_string()
    return (
        sa.select(value)
        .where(earlier.c.case_id == entry.c.case_id, earlier.c.step <= entry.c.step)
        .where(earlier.c.kind == "state", earlier.c.to_state.in_(("submitted", "dispatched")))
        .where(value.isnot(None))
        .order_by(earlier.c.step.desc())
        .limit(1)
        .scalar_subquery()
    )


def _moved_due(entry: Any, sent: Any) -> Any:
    """The deadline where it was moved since the dispatch ``sent``, as by a wait for the citizen."""
    moved = history.alias()
    value = moved.c.changes["due_at"].as_string()
    return (
        sa.select(value)
        .where(moved.c.case_id == entry.c.case_id)
        .where(moved.c.step > sent.c.step, moved.c.step <= entry.c.step)
        .where(value.isnot(None))
        .order_by(moved.c.step.desc())
        .limit(1)
        .scalar_subquery()
    )


def _order(by: str) -> dict[str, str]:
    """The codes of all rows and their names, in the order of the report."""
    if by == "district":
        return {**{name: name for name in place_tree()}, ELSEWHERE: _NAMES[ELSEWHERE]}
    known = {code: one.short for code, one in vocabulary.departments().items()}
    return {**known, **_NAMES}
