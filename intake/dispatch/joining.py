"""One matter, one case: a citizen joins somebody else's, or the centre joins two.

A duplicate that the centre finds ends by the state table as it stands. Not yet dispatched or
returned, it is *rejected* (不予受理, as a repeated appeal is). Already dispatched but not begun, it
can only be *withdrawn* (已撤回), which the centre then does, not the citizen, as the history says.
In both cases an entry ``merged`` before it tells the citizen that his matter goes on in the other
case, whose progress he hears of from now on. Begun work is not thrown away: later it is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.cases import Case, Contact
from intake.database import Database
from intake.dispatch.children import open_children
from intake.personal import PersonalData
from intake.roles import CITIZEN, Actor
from intake.steps import StepRefused, did, moved
from intake.store import change_on
from intake.tables import cases, followers

_END: Mapping[str, str] = {
    "submitted": "rejected",
    "accepted": "rejected",
    "returned": "rejected",
    "dispatched": "withdrawn",
}


class Joining:
    """Followers of the cases of one database. Methods block."""

    def __init__(self, database: Database, personal: PersonalData) -> None:
        self._database = database
        self._personal = personal

    def join(self, case_id: str, citizen: str, contact: Contact, now: dt.datetime) -> bool:
        """Let a citizen follow a case; False when he already did.

        Raises:
            LookupError: no such case.
            StepRefused: it has ended, or it is his own.
        """
        sealed = self._personal.seal_contact(contact) if contact else None
        with self._database.writing() as connection:
            return _follow(connection, case_id, {citizen: sealed}, CITIZEN, now) > 0

    def follower_count(self, case_id: str) -> int:
        with self._database.reading() as connection:
            statement = sa.select(sa.func.count()).where(followers.c.case_id == case_id)
            return int(connection.scalar(statement))

    def merge(self, duplicate_id: str, other_id: str, actor: Actor, now: dt.datetime) -> Case:
        """End a fresh duplicate; its citizen and followers follow the other case.

        Returns:
            the duplicate as it ended.

        Raises:
            LookupError: no such case.
            StepRefused: the duplicate is being handled or has children, or the other has ended.
            intake.roles.NotAllowed
        """
        if duplicate_id == other_id:
            raise StepRefused("same_case", "这两个编号是同一件诉求")
        with self._database.writing() as connection:
            # In one order, so that two who merge crosswise do not wait for each other.
            both = cases.c.case_id.in_([duplicate_id, other_id])
            lock = sa.select(cases.c.case_id, cases.c.contact_sealed).where(both)
            rows = connection.execute(lock.order_by(cases.c.case_id).with_for_update()).all()
            contacts = {row.case_id: row.contact_sealed for row in rows}
            if len(contacts) < 2:
                raise LookupError(other_id)
            ended = change_on(
                connection,
                duplicate_id,
                lambda case: _ended_as_duplicate(connection, case, other_id, actor, now),
            )
            following = _followers(connection, duplicate_id)
            if ended.citizen:
                following[ended.citizen] = contacts[duplicate_id]
            remark = f"并入重复诉求 {duplicate_id}"
            _follow(connection, other_id, following, actor, now, remark)
            return ended


def _ended_as_duplicate(
    connection: Connection, case: Case, other_id: str, actor: Actor, now: dt.datetime
) -> Case:
    to_state = _END.get(case.state)
    if to_state is None:
        raise StepRefused("not_fresh", "这件诉求已经在办理或者已经结束，不能并入另一件")
    if open_children(connection, case.case_id):
        raise StepRefused("children_open", "这件诉求还有没办结的子诉求，不能并入另一件")
    if case.citizen:
        note = f"与 {other_id} 是同一件事，已并入那一件办理，进展会一并告知您"
    else:
        # Nobody to tell of the other case but by hand: no channel knows this citizen.
        note = f"与 {other_id} 是同一件事，已并入那一件办理，您可以用这个编号查询进展"
    case = did(case, "merged", actor, now, note, f"并入 {other_id}")
    return moved(case, to_state, actor, now, note, f"并入 {other_id}")


def _followers(connection: Connection, case_id: str) -> dict[str, str | None]:
    statement = sa.select(followers.c.citizen, followers.c.contact_sealed)
    rows = connection.execute(statement.where(followers.c.case_id == case_id))
    return {row.citizen: row.contact_sealed for row in rows}


def _follow(
    connection: Connection,
    case_id: str,
    citizens: Mapping[str, str | None],
    actor: Actor,
    now: dt.datetime,
    remark: str | None = None,
) -> int:
    """Add followers that are not there yet, with one entry in the history; how many there were.

    ``citizens``: their sealed contacts.
    """
    added: list[dict[str, Any]] = []

    def step(case: Case) -> Case:
        # Runs once the case is locked, so nobody is added twice.
        if case.closed:
            raise StepRefused("not_open", "这件诉求已经办结；问题还在的话，请重新提交")
        if remark is None and case.citizen in citizens:
            raise StepRefused("own_case", "这是您自己提交的诉求，有进展会告诉您")
        known = {*_followers(connection, case_id), case.citizen}
        for citizen, sealed in citizens.items():
            if citizen not in known:
                added.append(
                    {
                        "case_id": case_id,
                        "citizen": citizen,
                        "contact_sealed": sealed,
                        "joined_at": now,
                    }
                )
        return did(case, "join", actor, now, remark=remark) if added or remark else case

    change_on(connection, case_id, step)
    if added:
        connection.execute(followers.insert(), added)
    return len(added)
