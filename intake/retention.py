"""How long a citizen's words and data are kept, and what he may ask for: a copy, or their end.

A case is kept as a number for the statistics; what says who it was and what he said is erased 365
days after its end (a setting), or earlier when he asks. Methods block.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake import tables
from intake.database import Database
from intake.personal import PersonalData
from intake.store import read
from intake.tables import cases
from intake.views import citizen_view, iso
from intake.workflow import CLOSED_STATES

ERASED = "（内容已按规定清除）"
_PAGE = 200
_FEW = 20


@dataclass(frozen=True)
class Erasure:
    """What came of a citizen's wish: ``kept_open`` are cases that are still being handled."""

    erased: tuple[str, ...]
    kept_open: tuple[str, ...]


class Retention:
    """Anonymising, exporting, erasing, and sealing anew."""

    def __init__(self, database: Database, personal: PersonalData) -> None:
        self._database = database
        self._personal = personal

    def anonymise_old(self, now: dt.datetime, days: int) -> int:
        """Erase the words and data of cases that ended more than ``days`` ago; how many."""
        total = 0
        while erased := self.anonymise_some(now, days):
            total += erased
        return total

    def anonymise_some(self, now: dt.datetime, days: int) -> int:
        """A few of them, so that nobody who files has to wait for long; 0 when none is left."""
        statement = (
            sa.select(cases.c.case_id)
            .where(
                cases.c.anonymised_at.is_(None),
                cases.c.state.in_(sorted(CLOSED_STATES)),
                tables.ended_at < now - dt.timedelta(days=days),
            )
            .limit(_FEW)
        )
        with self._database.writing() as connection:
            found = connection.scalars(statement).all()
            for case_id in found:
                _erase(connection, case_id, now)
        return len(found)

    def export(self, citizen: str) -> dict[str, Any]:
        """All that is known of a citizen, in clear, for himself."""
        with self._database.reading() as connection:
            own = connection.scalars(
                sa.select(cases.c.case_id)
                .where(cases.c.citizen == citizen)
                .order_by(cases.c.submitted_at)
            ).all()
            followed = connection.execute(
                sa.select(tables.followers).where(tables.followers.c.citizen == citizen)
            ).all()
            muted = connection.scalar(
                sa.select(tables.muted_citizens.c.since).where(
                    tables.muted_citizens.c.citizen == citizen
                )
            )
            return {
                "citizen": citizen,
                "cases": [self._exported(connection, case_id) for case_id in own],
                "follows": [
                    {
                        "case_id": row.case_id,
                        "joined_at": iso(row.joined_at),
                        "contact": self._opened(row.contact_sealed),
                    }
                    for row in followed
                ],
                "no_notices_since": iso(muted),
            }

    def erase(self, citizen: str, now: dt.datetime) -> Erasure:
        """Erase what is known of a citizen. Cases that are being handled stay until they end."""
        with self._database.writing() as connection:
            rows = connection.execute(
                sa.select(cases.c.case_id, cases.c.state)
                .where(cases.c.citizen == citizen)
                .order_by(cases.c.submitted_at)
            ).all()
            ended = [row.case_id for row in rows if row.state in CLOSED_STATES]
            for case_id in ended:
                _erase(connection, case_id, now)
            for table in (tables.followers, tables.muted_citizens):
                connection.execute(table.delete().where(table.c.citizen == citizen))
            _forget_notices(connection, tables.notices.c.recipient == citizen)
        kept = tuple(row.case_id for row in rows if row.state not in CLOSED_STATES)
        return Erasure(tuple(ended), kept)

    def seal_anew(self) -> int:
        """Seal everything with the first key of ``SUQIU_DATA_KEY``; how many cases.

        After it the old key can be taken out of the setting. It can be stopped and begun again.

        Raises:
            bot.privacy.SealBroken: something was sealed with a key that is not in the setting.
        """
        total, last = 0, ""
        sealed = sa.or_(cases.c.contact_sealed.is_not(None), cases.c.redactions_sealed.is_not(None))
        columns = (cases.c.case_id, cases.c.contact_sealed, cases.c.redactions_sealed)
        while True:
            statement = sa.select(*columns).where(sealed, cases.c.case_id > last)
            with self._database.writing() as connection:
                rows = connection.execute(
                    statement.order_by(cases.c.case_id).limit(_PAGE).with_for_update()
                ).all()
                for row in rows:
                    anew = self._personal.sealed_anew(
                        row.case_id, row.contact_sealed, row.redactions_sealed
                    )
                    values = {
                        "contact_sealed": anew.contact,
                        "redactions_sealed": anew.redactions,
                        "phone_last4_hash": anew.phone_last4,
                    }
                    mine = cases.update().where(cases.c.case_id == row.case_id)
                    connection.execute(mine, values)
            total += len(rows)
            if len(rows) < _PAGE:
                return total + self._seal_followers_anew()
            last = rows[-1].case_id

    def _seal_followers_anew(self) -> int:
        table = tables.followers
        with self._database.writing() as connection:
            rows = connection.execute(
                sa.select(table).where(table.c.contact_sealed.is_not(None))
            ).all()
            for row in rows:
                anew = self._personal.sealed_anew(row.case_id, row.contact_sealed, None)
                connection.execute(
                    table.update().where(
                        table.c.case_id == row.case_id, table.c.citizen == row.citizen
                    ),
                    {"contact_sealed": anew.contact},
                )
        return len(rows)

    def _exported(self, connection: Connection, case_id: str) -> dict[str, Any]:
        case = read(connection, [case_id])[0]
        row = connection.execute(sa.select(cases).where(cases.c.case_id == case_id)).one()
        attachments = tables.attachments
        files = connection.execute(
            sa.select(attachments.c.name, attachments.c.content_type, attachments.c.added_at).where(
                attachments.c.case_id == case_id
            )
        )
        hidden = row.redactions_sealed
        return {
            **citizen_view(case),
            "contact": self._opened(row.contact_sealed),
            "hidden_numbers": [
                item.clear for item in (self._personal.open_redactions(hidden) if hidden else [])
            ],
            "attachments": [
                {"name": f.name, "content_type": f.content_type, "added_at": iso(f.added_at)}
                for f in files
            ],
        }

    def _opened(self, sealed: str | None) -> dict[str, Any] | None:
        return asdict(self._personal.open_contact(sealed)) if sealed else None


def _erase(connection: Connection, case_id: str, now: dt.datetime) -> None:
    """Take out of a case who it was and what was said; what is counted stays."""
    connection.execute(
        cases.update().where(cases.c.case_id == case_id),
        {
            "description": ERASED,
            "detail": None,
            "lat": None,
            "long": None,
            "citizen": None,
            "occurred": None,
            "media_url": None,
            "contact_sealed": None,
            "redactions_sealed": None,
            "phone_last4_hash": None,
            "anonymised_at": now,
        },
    )
    connection.execute(
        tables.history.update().where(tables.history.c.case_id == case_id),
        {"note": None, "remark": None},
    )
    for table in (tables.attachments, tables.followers, tables.lookup_failures):
        connection.execute(table.delete().where(table.c.case_id == case_id))
    _forget_notices(connection, tables.notices.c.case_id == case_id)
    connection.execute(
        tables.corrections.update().where(tables.corrections.c.case_id == case_id),
        {"text": ERASED, "reason": None},
    )


def _forget_notices(connection: Connection, which: Any) -> None:
    """Leave of the notices only that something was told: no words, no recipient."""
    table = tables.notices
    ids = connection.execute(sa.select(table.c.notice_id, table.c.state).where(which)).all()
    for row in ids:
        values: dict[str, Any] = {"content": {}, "recipient": "erased"}
        # The key holds the recipient too.
        values["key"] = f"erased:{row.notice_id}"
        if row.state == "waiting":
            values["state"] = "muted"
        connection.execute(table.update().where(table.c.notice_id == row.notice_id), values)
