"""Which due notices are not sent now: unwanted, outdated, at night, or tried too often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.deadlines import SHANGHAI
from intake.notices import OUTDATED_BY_LATER, REMINDERS, KeptNotice, is_office, may_tell_from
from intake.tables import muted_citizens
from intake.tables import notices as table

PAUSES = (
    dt.timedelta(seconds=30),
    dt.timedelta(minutes=2),
    dt.timedelta(minutes=10),
    dt.timedelta(hours=1),
    dt.timedelta(hours=6),
)
"""Before the second, third … attempt; after the last one it is given up."""
MOST_ATTEMPTS = len(PAUSES) + 1


def fates(
    connection: Connection, due: Sequence[KeptNotice], now: dt.datetime
) -> dict[int, dict[str, Any]]:
    """By number: what is set on those of ``due`` notices that shall not be sent now."""
    if not due:
        return {}
    people = {notice.recipient for notice in due if not is_office(notice.recipient)}
    muted = set(
        connection.scalars(
            sa.select(muted_citizens.c.citizen).where(muted_citizens.c.citizen.in_(people))
        )
    )
    others = _siblings(connection, due)
    found: dict[int, dict[str, Any]] = {}
    for notice in due:
        later = may_tell_from(now, notice.recipient, bool(notice.content.get("urgent")))
        if notice.recipient in muted:
            found[notice.notice_id] = {"state": "muted", "ended_at": now}
        elif _is_outdated(notice, others, now):
            found[notice.notice_id] = {"state": "outdated", "ended_at": now}
        elif notice.attempts >= MOST_ATTEMPTS:
            error = "最后一次发送时程序中断，不知道是否送达"
            found[notice.notice_id] = {"state": "given_up", "last_error": error, "ended_at": now}
        elif later > now:
            found[notice.notice_id] = {"state": "waiting", "not_before": later}
    return found


def _siblings(connection: Connection, due: Sequence[KeptNotice]) -> Sequence[Any]:
    """Other notices of the cases of those that later news may outdate."""
    ids = {notice.case_id for notice in due if notice.kind in OUTDATED_BY_LATER}
    columns = (table.c.notice_id, table.c.case_id, table.c.recipient, table.c.kind)
    ends = (table.c.state, table.c.ended_at)
    return connection.execute(sa.select(*columns, *ends).where(table.c.case_id.in_(ids))).all()


def _is_outdated(notice: KeptNotice, others: Sequence[Any], now: dt.datetime) -> bool:
    """Whether there is later news for the same recipient, or he was reminded today."""
    if notice.kind not in OUTDATED_BY_LATER:
        return False
    same = [
        other
        for other in others
        if (other.case_id, other.recipient) == (notice.case_id, notice.recipient)
        and other.notice_id != notice.notice_id
    ]
    if notice.kind in REMINDERS:
        day = now.astimezone(SHANGHAI).date()
        same = [other for other in same if other.kind in REMINDERS]
        if any(
            other.state in ("sent", "shown") and other.ended_at.astimezone(SHANGHAI).date() == day
            for other in same
        ):
            return True
    return any(other.notice_id > notice.notice_id for other in same)
