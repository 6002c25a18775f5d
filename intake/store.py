"""Cases in the database: filing, reading, steps, counting wrong guesses.

All methods block; the service calls them in a thread pool. Every change is one transaction, with
the history entry and the notices that belong to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake import guesses, notices, outbox, tables
from intake.case_query import CaseQuery, matching, newest
from intake.cases import Address, Card, Case, HistoryEntry
from intake.database import Database, StoreUnavailable, migrate
from intake.dispatch.children import check_children_ended
from intake.guesses import GuessCount
from intake.personal import Sealed
from intake.tables import case_departments, cases, history, idempotency_keys

__all__ = ["CaseQuery", "Store", "StoreUnavailable", "migrate"]

_ADDRESS = tuple(level.name for level in fields(Address))
_PLAIN = tuple(f.name for f in fields(Case) if f.name not in ("address", "history"))
_ENTRY = tuple(f.name for f in fields(HistoryEntry))
# Beyond it a list says "more than": counting all rows costs more than showing a page.
MOST_COUNTED = 1_000


class CaseChanged(Exception):
    """The case is no longer in the state that the caller thought; nothing was done."""


class Store:
    """The cases of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ping(self) -> None:
        """Return when the database answers and has our tables."""
        with self._database.reading() as connection:
            connection.execute(sa.select(cases.c.case_id).limit(1)).first()

    def file(
        self,
        make: Callable[[], tuple[Case, Sealed]],
        api_key_name: str,
        idempotency_key: str | None,
        also: Callable[[Connection, Case], None] | None = None,
    ) -> tuple[Case, bool]:
        """Keep a new case with its history, or find the one that this key filed before.

        Args:
            make: builds the case under a fresh ID; called again when that ID is taken.
            api_key_name: whose idempotency key it is.
            idempotency_key: None files a new case each time.
            also: what else belongs into the transaction of a new case; its errors undo it.

        Returns:
            the case, and whether it is new. Once this returns, the case survives a crash.
        """
        return self._database.write_again_on_clash(
            lambda connection: file_on(connection, make, api_key_name, idempotency_key, also)
        )

    def get(self, case_id: str) -> Case | None:
        with self._database.reading() as connection:
            found = read(connection, [case_id])
            return found[0] if found else None

    def search(
        self,
        query: CaseQuery,
        limit: int,
        offset: int = 0,
        after: tuple[dt.datetime, str] | None = None,
    ) -> list[Case]:
        """Cases that match, newest first.

        Args:
            after: ``(submitted_at, case_id)`` of the last case of the page before; the cost of a
                page then does not grow with its number, as it does with ``offset``.
        """
        with self._database.reading() as connection:
            statement = newest(query, limit, offset, after)
            return read(connection, connection.scalars(statement).all())

    def count(self, query: CaseQuery, most: int | None = None) -> int:
        """How many cases match; counting stops at ``most``."""
        with self._database.reading() as connection:
            found = matching(sa.select(cases.c.case_id), query)
            if most is not None:
                found = found.limit(most)
            return int(connection.scalar(sa.select(sa.func.count()).select_from(found.subquery())))

    def change(
        self,
        case_id: str,
        step: Callable[[Case], Case],
        expected_state: str | None = None,
        also: Callable[[Connection, Case, Case], None] | None = None,
    ) -> Case:
        """Take a step with a case: lock it, decide, write the case, its history and its notices.

        Args:
            step: the case after the step, from :mod:`intake.steps`; its errors undo everything.
            expected_state: the state in which the caller saw the case.
            also: what else belongs into the transaction, with the case before and after.

        Raises:
            LookupError: no such case.
            CaseChanged: it is not in ``expected_state``.
            intake.steps.StepRefused: it would be resolved before its children.
        """
        with self._database.writing() as connection:
            return change_on(connection, case_id, step, expected_state, also)

    def sealed(self, case_id: str) -> Sealed:
        """The sealed personal data of a case. Raises LookupError when there is no such case."""
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(
                    cases.c.contact_sealed, cases.c.redactions_sealed, cases.c.phone_last4_hash
                ).where(cases.c.case_id == case_id)
            ).first()
            if row is None:
                raise LookupError(case_id)
            return Sealed(*row)

    def record_look(
        self, at: dt.datetime, actor: str, what: str, case_id: str | None, reason: str | None
    ) -> None:
        """Keep that somebody looked at personal data."""
        row = {"at": at, "actor": actor, "what": what, "case_id": case_id, "reason": reason}
        with self._database.writing() as connection:
            connection.execute(tables.looks.insert(), row)

    def guess(
        self,
        case_id: str,
        asker: str,
        day: dt.date,
        is_right: Callable[[str | None], bool],
        is_locked: Callable[[GuessCount], bool],
    ) -> tuple[bool, bool]:
        """Try a guess at a case's phone digits and count it when wrong, in one transaction.

        Many guesses sent at the same moment are counted one after the other.

        Args:
            is_right: told the kept hash, or None, says whether the guess is right.
            is_locked: told the wrong guesses of the day, says whether more may be tried.

        Returns:
            whether it was right, and whether the case is locked for this asker today.
        """
        with self._database.writing() as connection:
            stored = _lock(connection, case_id)
            count = guesses.today(connection, case_id, asker, day)
            if is_locked(count):
                return False, True
            if is_right(stored):
                return True, False
            more = guesses.add_wrong(connection, case_id, asker, day, count)
            return False, is_locked(more)


def file_on(
    connection: Connection,
    make: Callable[[], tuple[Case, Sealed]],
    api_key_name: str,
    idempotency_key: str | None,
    also: Callable[[Connection, Case], None] | None = None,
) -> tuple[Case, bool]:
    """One try of :meth:`Store.file` in a transaction of the caller's.

    Raises:
        sqlalchemy.exc.IntegrityError: the ID is taken, or the key was used in between.
    """
    if idempotency_key is not None:
        known = connection.scalar(
            sa.select(idempotency_keys.c.case_id).where(
                idempotency_keys.c.api_key_name == api_key_name,
                idempotency_keys.c.key == idempotency_key,
            )
        )
        if known is not None:
            return read(connection, [known])[0], False
    case, sealed = make()
    insert_cases(connection, [(case, sealed)])
    _write_notices(connection, None, case)
    if idempotency_key is not None:
        connection.execute(
            idempotency_keys.insert(),
            {
                "api_key_name": api_key_name,
                "key": idempotency_key,
                "case_id": case.case_id,
                "created_at": case.submitted_at,
            },
        )
    if also:
        also(connection, case)
    return case, True


def insert_cases(connection: Connection, made: Sequence[tuple[Case, Sealed]]) -> None:
    """Write new cases with their histories, and nothing about telling anybody."""
    connection.execute(cases.insert(), [_row(case, sealed) for case, sealed in made])
    entries = [row for case, _ in made for row in _entry_rows(case, 0)]
    connection.execute(history.insert(), entries)
    involved = [row for case, _ in made for row in _department_rows(case)]
    connection.execute(case_departments.insert(), involved)


def change_on(
    connection: Connection,
    case_id: str,
    step: Callable[[Case], Case],
    expected_state: str | None = None,
    also: Callable[[Connection, Case, Case], None] | None = None,
) -> Case:
    """:meth:`Store.change` in a transaction of the caller's."""
    _lock(connection, case_id)
    found = read(connection, [case_id])
    if not found:
        raise LookupError(case_id)
    before = found[0]
    if expected_state is not None and before.state != expected_state:
        raise CaseChanged(before.state)
    after = step(before)
    if after is before:
        return before
    old, new = _plain_row(before), _plain_row(after)
    changed = {name: value for name, value in new.items() if old[name] != value}
    if changed:
        connection.execute(cases.update().where(cases.c.case_id == case_id).values(**changed))
    connection.execute(history.insert(), _entry_rows(after, len(before.history)))
    if {"department", "co_departments"} & set(changed):
        mine = case_departments.c.case_id == case_id
        connection.execute(case_departments.delete().where(mine))
        connection.execute(case_departments.insert(), _department_rows(after))
    _write_notices(connection, before, after)
    check_children_ended(connection, before, after)
    if also:
        also(connection, before, after)
    return after


def read(connection: Connection, case_ids: Iterable[str]) -> list[Case]:
    """The cases with these IDs in the given order, with their histories, in two queries."""
    wanted = list(case_ids)
    if not wanted:
        return []
    columns = [cases.c[name] for name in (*_PLAIN, *_ADDRESS)]
    rows = connection.execute(sa.select(*columns).where(cases.c.case_id.in_(wanted)))
    by_id = {row.case_id: row._mapping for row in rows}
    steps: dict[str, list[HistoryEntry]] = {case_id: [] for case_id in by_id}
    statement = sa.select(history).where(history.c.case_id.in_(wanted)).order_by(history.c.step)
    for row in connection.execute(statement):
        entry = HistoryEntry(**{name: getattr(row, name) for name in _ENTRY})
        steps[row.case_id].append(entry)
    return [_case(by_id[i], steps[i]) for i in wanted if i in by_id]


def _lock(connection: Connection, case_id: str) -> str | None:
    """Keep other writers off the case until the end (SQLite already does). Its phone hash."""
    statement = sa.select(cases.c.phone_last4_hash).where(cases.c.case_id == case_id)
    return connection.scalar(statement.with_for_update())


def _entry_rows(case: Case, after: int) -> list[dict[str, Any]]:
    """The entries of ``case.history`` from index ``after`` on."""
    return [
        {"case_id": case.case_id, "step": step, **{name: getattr(entry, name) for name in _ENTRY}}
        for step, entry in enumerate(case.history)
        if step >= after
    ]


def _department_rows(case: Case) -> list[dict[str, Any]]:
    """Who leads and who assists."""
    return [
        {
            "case_id": case.case_id,
            "department": code,
            "submitted_at": case.submitted_at,
            "leads": code == case.department,
        }
        for code in dict.fromkeys((case.department, *case.co_departments))
    ]


def _write_notices(connection: Connection, before: Case | None, after: Case) -> None:
    following: Sequence[str] = ()
    if before is not None:
        table = tables.followers.c
        statement = sa.select(table.citizen).where(table.case_id == after.case_id)
        following = connection.scalars(statement.order_by(table.joined_at)).all()
    outbox.add(connection, notices.decide(before, after, following), after.updated_at)


def _row(case: Case, sealed: Sealed) -> dict[str, Any]:
    row = _plain_row(case)
    row["contact_sealed"] = sealed.contact
    row["redactions_sealed"] = sealed.redactions
    row["phone_last4_hash"] = sealed.phone_last4
    return row


def _plain_row(case: Case) -> dict[str, Any]:
    row = {name: getattr(case, name) for name in _PLAIN}
    row |= {level: getattr(case.address, level) for level in _ADDRESS}
    row["co_departments"] = list(case.co_departments)
    row["cards"] = [card.as_json() for card in case.cards]
    row["red"] = case.is_red
    return row


def _case(row: Any, steps: list[HistoryEntry]) -> Case:
    values = {name: row[name] for name in _PLAIN}
    values["co_departments"] = tuple(row["co_departments"])
    values["cards"] = tuple(map(Card.from_json, row["cards"]))
    address = Address(*(row[level] for level in _ADDRESS))
    return Case(**values, address=address, history=tuple(steps))
