"""Where cases were sent in vain and where they belonged: lessons for rules and classifier."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.cases import Case
from intake.database import Database
from intake.roles import Actor
from intake.tables import corrections

_MAX_BY = 80


@dataclass(frozen=True)
class Correction:
    """One lesson. ``text`` is masked as it is in the case."""

    correction_id: int
    case_id: str
    text: str = field(repr=False)
    from_department: str
    to_department: str
    reason: str | None = field(repr=False)
    corrected_by: str
    corrected_at: dt.datetime


def record_correction(
    connection: Connection, before: Case, after: Case, actor: Actor, at: dt.datetime
) -> None:
    """Keep the lesson of a returned case that now goes to another department.

    To be called in the transaction of each dispatch; does nothing for any other step.
    """
    if before.state != "returned" or after.state != "dispatched":
        return
    if before.department == after.department:
        return
    reason = next(
        (entry.remark for entry in reversed(before.history) if entry.to_state == "returned"
         and entry.kind == "state"),
        None,
    )  # fmt: skip
    row = {
        "case_id": after.case_id,
        "text": after.description,
        "from_department": before.department,
        "to_department": after.department,
        "reason": reason,
        "corrected_by": str(actor)[:_MAX_BY],
        "corrected_at": at,
    }
    connection.execute(corrections.insert(), row)


class Corrections:
    """The lessons of one database. Methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, since: dt.datetime | None, after: int, limit: int) -> list[Correction]:
        """A page in the order in which they were made.

        Args:
            since: no older ones.
            after: ``correction_id`` of the last one of the page before, 0 for the first page.
        """
        statement = sa.select(corrections).where(corrections.c.correction_id > after)
        if since is not None:
            statement = statement.where(corrections.c.corrected_at >= since)
        statement = statement.order_by(corrections.c.correction_id).limit(limit)
        with self._database.reading() as connection:
            return [Correction(**row._mapping) for row in connection.execute(statement)]
