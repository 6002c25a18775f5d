"""Wrong guesses at the last four digits of a phone, counted in the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.tables import lookup_failures


@dataclass(frozen=True)
class GuessCount:
    """Wrong guesses of a day at one case: by this asker, and by anyone."""

    by_asker: int
    by_anyone: int


def today(connection: Connection, case_id: str, asker: str, day: dt.date) -> GuessCount:
    """The wrong guesses so far. The caller holds the lock on the case."""
    wrong = lookup_failures.c.wrong
    mine = connection.scalar(sa.select(wrong).where(*_row(case_id, asker, day)))
    everyone = connection.scalar(
        sa.select(sa.func.sum(wrong)).where(
            lookup_failures.c.case_id == case_id, lookup_failures.c.day == day
        )
    )
    return GuessCount(mine or 0, everyone or 0)


def add_wrong(
    connection: Connection, case_id: str, asker: str, day: dt.date, count: GuessCount
) -> GuessCount:
    """Count one more wrong guess on top of ``count``; the new count."""
    if count.by_asker:
        changed = lookup_failures.update().where(*_row(case_id, asker, day))
        connection.execute(changed.values(wrong=count.by_asker + 1))
    else:
        row = {"case_id": case_id, "asker": asker, "day": day, "wrong": 1}
        connection.execute(lookup_failures.insert(), row)
    return GuessCount(count.by_asker + 1, count.by_anyone + 1)


def _row(case_id: str, asker: str, day: dt.date) -> tuple[Any, ...]:
    table = lookup_failures.c
    return table.case_id == case_id, table.asker == asker, table.day == day
