"""Notices on their way out: which are due, who takes them, what became of them. Methods block.

A notice is written in the transaction of its step (:func:`add`). Whoever sends claims it first: a
claim is counted as an attempt and lasts for :data:`LEASE`, so that the claim of a process that was
killed is taken up again. Ending a notice needs the number of one's own attempt; somebody whose
claim has been taken over changes nothing any more.

A process that is killed after sending and before saying so sends again: nothing outside can be
changed in our transaction. So the key goes with every message, and receivers drop a repetition.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from intake.database import Database
from intake.notices import (
    BY_CONTACT,
    DEPARTMENT_PREFIX,
    SUPERVISION,
    KeptNotice,
    Notice,
    is_office,
)
from intake.tables import case_departments, cases, followers, muted_citizens
from intake.tables import notices as table
from intake.withheld import MOST_ATTEMPTS, PAUSES, fates

LEASE = dt.timedelta(minutes=3)
_LONGEST_ERROR = 200

STATES: Mapping[str, str] = {
    "waiting": "等待发送",
    "claimed": "正在发送",
    "sent": "已送达渠道",
    "shown": "平台内可见",
    "muted": "市民不要通知",
    "outdated": "已有更新的消息",
    "unreachable": "没有联系方式",
    "given_up": "多次失败，已放弃",
}
OPEN_STATES = ("waiting", "claimed")
RETRIABLE = ("given_up", "unreachable")


class NotRetriable(Exception):
    """The notice is in a state from which it is not sent again."""


@dataclass(frozen=True)
class Recipient:
    """What is kept about whoever is told: how his case begins, and the sealed contact."""

    matter: str | None = field(repr=False)
    contact_sealed: str | None = field(repr=False)


@dataclass(frozen=True)
class NoticeQuery:
    """Which notices to list; None means "any". ``involved``: a department that has the case."""

    case_id: str | None = None
    state: str | None = None
    involved: str | None = None


def add(connection: Connection, notices: Iterable[Notice], at: dt.datetime) -> None:
    """Write notices in the transaction of the step that they tell of; a known key is left alone."""
    rows = [{**asdict(notice), "created_at": at, "state": "waiting"} for notice in notices]
    if not rows:
        return
    once = _insert(connection, table).on_conflict_do_nothing(index_elements=["key"])
    connection.execute(once, rows)


class Outbox:
    """The outbox of one database; several instances may send from it at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, now: dt.datetime, limit: int) -> list[KeptNotice]:
        """Take up to ``limit`` due notices, nobody else gets them for :data:`LEASE`.

        What shall not be sent is ended on the way: the citizen does not want it, it is outdated, or
        it was tried too often. What must not be sent at night waits until morning.
        """
        if not self._any_due(now):
            return []
        with self._database.writing() as connection:
            due = _due(now).order_by(table.c.not_before, table.c.notice_id).limit(limit)
            # SQLite has one writer; PostgreSQL leaves out what another claim has locked.
            rows = connection.execute(due.with_for_update(skip_locked=True)).all()
            found = [KeptNotice(*row) for row in rows]
            ends = fates(connection, found, now)
            taken = []
            for notice in found:
                values = ends.get(notice.notice_id)
                if values is None:
                    values = {
                        "state": "claimed",
                        "attempts": notice.attempts + 1,
                        "not_before": now + LEASE,
                    }
                    taken.append(KeptNotice(**{**asdict(notice), **values}))
                _set(connection, notice, values)
            return taken

    def show_to_offices(self, now: dt.datetime) -> int:
        """End what is due for offices that see it in the console and nowhere else; how many."""
        theirs = sa.or_(
            table.c.recipient == SUPERVISION, table.c.recipient.startswith(DEPARTMENT_PREFIX)
        )
        due = sa.and_(table.c.state == "waiting", table.c.not_before <= now, theirs)
        with self._database.reading() as connection:
            if connection.execute(sa.select(table.c.notice_id).where(due).limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            shown = table.update().where(due).values(state="shown", ended_at=now)
            return int(connection.execute(shown).rowcount)

    def sent(self, notice: KeptNotice, channel: str, now: dt.datetime) -> bool:
        """It was taken by ``channel``. False when the claim had been taken over."""
        values = {"state": "sent", "channel": channel, "last_error": None, "ended_at": now}
        return self._finish(notice, values)

    def ended(self, notice: KeptNotice, state: str, reason: str | None, now: dt.datetime) -> bool:
        """It ends without being sent: ``shown`` or ``unreachable``."""
        return self._finish(notice, {"state": state, "last_error": reason, "ended_at": now})

    def failed(self, notice: KeptNotice, reason: str, now: dt.datetime) -> bool:
        """The attempt failed: again after a pause, or given up after the last one."""
        error = {"last_error": reason[:_LONGEST_ERROR]}
        if notice.attempts >= MOST_ATTEMPTS:
            return self._finish(notice, {**error, "state": "given_up", "ended_at": now})
        again = now + PAUSES[notice.attempts - 1]
        return self._finish(notice, {**error, "state": "waiting", "not_before": again})

    def put_back(self, notice: KeptNotice, now: dt.datetime) -> bool:
        """The claim was not used; it does not count as an attempt."""
        values = {"state": "waiting", "attempts": notice.attempts - 1, "not_before": now}
        return self._finish(notice, values)

    def retry(self, notice_id: int, now: dt.datetime) -> KeptNotice:
        """Send once more what was given up, under the same key.

        Raises:
            LookupError: no such notice.
            NotRetriable: it was sent, is about to be, or shall not be.
        """
        with self._database.writing() as connection:
            statement = sa.select(table).where(table.c.notice_id == notice_id)
            row = connection.execute(statement.with_for_update()).first()
            if row is None:
                raise LookupError(notice_id)
            notice = KeptNotice(*row)
            if notice.state not in RETRIABLE:
                raise NotRetriable(notice.state)
            values = {"state": "waiting", "attempts": 0, "not_before": now, "ended_at": None}
            _set(connection, notice, values)
            return KeptNotice(**{**asdict(notice), **values})

    def search(self, query: NoticeQuery, limit: int, before: int | None = None) -> list[KeptNotice]:
        """Notices that match, newest first; ``before``: the last number of the page before."""
        statement = sa.select(table)
        if query.involved is not None:
            theirs = case_departments.c
            statement = statement.join(case_departments, theirs.case_id == table.c.case_id)
            statement = statement.where(theirs.department == query.involved)
        if query.case_id is not None:
            statement = statement.where(table.c.case_id == query.case_id)
        if query.state is not None:
            statement = statement.where(table.c.state == query.state)
        if before is not None:
            statement = statement.where(table.c.notice_id < before)
        with self._database.reading() as connection:
            rows = connection.execute(statement.order_by(table.c.notice_id.desc()).limit(limit))
            return [KeptNotice(*row) for row in rows]

    def recipient(self, notice: KeptNotice) -> Recipient:
        """What is kept about whom a notice is for."""
        with self._database.reading() as connection:
            columns = (cases.c.citizen, cases.c.description, cases.c.contact_sealed)
            case = connection.execute(
                sa.select(*columns).where(cases.c.case_id == notice.case_id)
            ).one()
            if is_office(notice.recipient):
                return Recipient(None, None)
            if notice.recipient in (BY_CONTACT, case.citizen):
                return Recipient(case.description, case.contact_sealed)
            # Somebody who joined reads no other citizen's words.
            joined = sa.select(followers.c.contact_sealed).where(
                followers.c.case_id == notice.case_id, followers.c.citizen == notice.recipient
            )
            return Recipient(None, connection.scalar(joined))

    def wants_notices(self, citizen: str) -> bool:
        """Whether a citizen wants to be told; everybody does who has not said otherwise."""
        with self._database.reading() as connection:
            found = sa.select(muted_citizens.c.since).where(muted_citizens.c.citizen == citizen)
            return connection.scalar(found) is None

    def set_wanted(self, citizen: str, wanted: bool, now: dt.datetime) -> None:
        """Keep what a citizen wants; it holds for what already waits, too."""
        with self._database.writing() as connection:
            if wanted:
                mine = muted_citizens.c.citizen == citizen
                connection.execute(muted_citizens.delete().where(mine))
                return
            row = _insert(connection, muted_citizens).values(citizen=citizen, since=now)
            connection.execute(row.on_conflict_do_nothing())

    def _any_due(self, now: dt.datetime) -> bool:
        # A look takes no write lock, and mostly there is nothing.
        with self._database.reading() as connection:
            return connection.execute(_due(now).limit(1)).first() is not None

    def _finish(self, notice: KeptNotice, values: Mapping[str, Any]) -> bool:
        with self._database.writing() as connection:
            return _set(connection, notice, values)


def _insert(connection: Connection, into: sa.Table) -> Any:
    """An INSERT that can leave a row alone which is there already; each store has its own."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(into)


def _due(now: dt.datetime) -> Any:
    return sa.select(table).where(table.c.state.in_(OPEN_STATES), table.c.not_before <= now)


def _set(connection: Connection, notice: KeptNotice, values: Mapping[str, Any]) -> bool:
    """Change a notice that is still as ``notice`` says; whether it was."""
    statement = table.update().where(
        table.c.notice_id == notice.notice_id,
        table.c.state == notice.state,
        table.c.attempts == notice.attempts,
    )
    return bool(connection.execute(statement.values(**values)).rowcount)
