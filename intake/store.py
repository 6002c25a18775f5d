"""Cases in the database: filing, reading, moving on, counting wrong guesses.

All methods block; the service calls them in a thread pool. Every change is one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake import cases as domain
from intake import guesses
from intake.cases import Address, Case, HistoryEntry
from intake.database import (
    StoreUnavailable,
    make_engine,
    migrate,
    unavailable_as_named,
    writing,
)
from intake.guesses import GuessCount
from intake.personal import Sealed
from intake.tables import cases, history, idempotency_keys
from intake.workflow import CLOSED_STATES

__all__ = ["CaseQuery", "Store", "StoreUnavailable", "migrate"]

_FILING_ATTEMPTS = 8
_ADDRESS = tuple(level.name for level in fields(Address))
_PLAIN = tuple(f.name for f in fields(Case) if f.name not in ("address", "history"))


@dataclass(frozen=True)
class CaseQuery:
    """Which cases to list; None means "any". Times are aware; ``start`` ≤ submitted ≤ ``end``."""

    case_ids: tuple[str, ...] | None = None
    departments: tuple[str, ...] | None = None
    citizen: str | None = None
    closed: bool | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None


class Store:
    """The cases of one database, which :func:`migrate` has prepared.

    Every method raises :class:`StoreUnavailable` when the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with unavailable_as_named(self._engine.url), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with unavailable_as_named(self._engine.url), writing(self._engine) as connection:
            yield connection

    def ping(self) -> None:
        """Return when the database answers and has our tables."""
        with self._reading() as connection:
            connection.execute(sa.select(cases.c.case_id).limit(1)).first()

    def file(
        self,
        make: Callable[[], tuple[Case, Sealed]],
        api_key_name: str,
        idempotency_key: str | None,
    ) -> tuple[Case, bool]:
        """Keep a new case with its history, or find the one that this key filed before.

        Args:
            make: builds the case under a fresh ID; called again when that ID is taken.
            api_key_name: whose idempotency key it is.
            idempotency_key: None files a new case each time.

        Returns:
            the case, and whether it is new. Once this returns, the case survives a crash.
        """
        for attempt in range(1, _FILING_ATTEMPTS + 1):
            try:
                return self._file_once(make, api_key_name, idempotency_key)
            except sa.exc.IntegrityError:
                # Somebody took the ID or filed under the same key in between: look again.
                if attempt == _FILING_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _file_once(
        self,
        make: Callable[[], tuple[Case, Sealed]],
        api_key_name: str,
        idempotency_key: str | None,
    ) -> tuple[Case, bool]:
        with self._writing() as connection:
            if idempotency_key is not None:
                known = connection.scalar(
                    sa.select(idempotency_keys.c.case_id).where(
                        idempotency_keys.c.api_key_name == api_key_name,
                        idempotency_keys.c.key == idempotency_key,
                    )
                )
                if known is not None:
                    return _read(connection, [known])[0], False
            case, sealed = make()
            connection.execute(cases.insert(), _row(case, sealed))
            _append(connection, case, 0)
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
            return case, True

    def get(self, case_id: str) -> Case | None:
        with self._reading() as connection:
            found = _read(connection, [case_id])
            return found[0] if found else None

    def search(self, query: CaseQuery, limit: int, offset: int = 0) -> list[Case]:
        """Cases that match, newest first."""
        with self._reading() as connection:
            statement = (
                sa.select(cases.c.case_id)
                .where(*_conditions(query))
                .order_by(cases.c.submitted_at.desc(), cases.c.case_id)
                .limit(limit)
                .offset(offset)
            )
            return _read(connection, connection.scalars(statement).all())

    def count(self, query: CaseQuery) -> int:
        """How many cases match."""
        with self._reading() as connection:
            statement = sa.select(sa.func.count()).select_from(cases).where(*_conditions(query))
            return int(connection.scalar(statement))

    def move(
        self, case_id: str, to_state: str, actor: str, at: dt.datetime, note: str | None = None
    ) -> Case:
        """Move a case one step on and append the step to its history.

        Raises:
            LookupError: no such case.
            intake.workflow.TransitionForbidden, intake.workflow.TextMissing
        """
        with self._writing() as connection:
            _lock(connection, case_id)
            found = _read(connection, [case_id])
            if not found:
                raise LookupError(case_id)
            case = domain.moved(found[0], to_state, actor, at, note)
            connection.execute(
                cases.update()
                .where(cases.c.case_id == case_id)
                .values(state=case.state, updated_at=case.updated_at)
            )
            _append(connection, case, len(found[0].history))
            return case

    def sealed(self, case_id: str) -> Sealed:
        """The sealed personal data of a case. Raises LookupError when there is no such case."""
        with self._reading() as connection:
            row = connection.execute(
                sa.select(
                    cases.c.contact_sealed, cases.c.redactions_sealed, cases.c.phone_last4_hash
                ).where(cases.c.case_id == case_id)
            ).first()
            if row is None:
                raise LookupError(case_id)
            return Sealed(*row)

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
        with self._writing() as connection:
            stored = _lock(connection, case_id)
            count = guesses.today(connection, case_id, asker, day)
            if is_locked(count):
                return False, True
            if is_right(stored):
                return True, False
            more = guesses.add_wrong(connection, case_id, asker, day, count)
            return False, is_locked(more)


def _conditions(query: CaseQuery) -> list[Any]:
    found: list[Any] = []
    if query.case_ids is not None:
        found.append(cases.c.case_id.in_(query.case_ids))
    if query.departments is not None:
        found.append(cases.c.department.in_(query.departments))
    if query.citizen is not None:
        found.append(cases.c.citizen == query.citizen)
    if query.closed is not None:
        is_closed = cases.c.state.in_(sorted(CLOSED_STATES))
        found.append(is_closed if query.closed else sa.not_(is_closed))
    if query.start is not None:
        found.append(cases.c.submitted_at >= query.start)
    if query.end is not None:
        found.append(cases.c.submitted_at <= query.end)
    return found


def _lock(connection: Connection, case_id: str) -> str | None:
    """Keep other writers off the case until the end (SQLite already does). Its phone hash."""
    statement = sa.select(cases.c.phone_last4_hash).where(cases.c.case_id == case_id)
    return connection.scalar(statement.with_for_update())


def _append(connection: Connection, case: Case, after: int) -> None:
    """Write the steps of ``case.history`` from index ``after`` on."""
    rows = [
        {
            "case_id": case.case_id,
            "step": step,
            "at": entry.at,
            "actor": entry.actor,
            "from_state": entry.from_state,
            "to_state": entry.to_state,
            "note": entry.note,
        }
        for step, entry in enumerate(case.history)
        if step >= after
    ]
    connection.execute(history.insert(), rows)


def _row(case: Case, sealed: Sealed) -> dict[str, Any]:
    row = {name: getattr(case, name) for name in _PLAIN}
    row |= {level: getattr(case.address, level) for level in _ADDRESS}
    row["co_departments"] = list(case.co_departments)
    row["contact_sealed"] = sealed.contact
    row["redactions_sealed"] = sealed.redactions
    row["phone_last4_hash"] = sealed.phone_last4
    return row


def _read(connection: Connection, case_ids: Iterable[str]) -> list[Case]:
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
        steps[row.case_id].append(
            HistoryEntry(row.at, row.actor, row.from_state, row.to_state, row.note)
        )
    return [_case(by_id[i], steps[i]) for i in wanted if i in by_id]


def _case(row: Any, steps: list[HistoryEntry]) -> Case:
    values = {name: row[name] for name in _PLAIN}
    values["co_departments"] = tuple(row["co_departments"])
    address = Address(*(row[level] for level in _ADDRESS))
    return Case(**values, address=address, history=tuple(steps))
