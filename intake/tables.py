"""The tables as SQLAlchemy sees them. The migrations create them; a test compares the two."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


class UtcTime(sa.types.TypeDecorator[dt.datetime]):
    """An aware time. Kept in UTC, because SQLite forgets the offset; read back as UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        return None if value is None else value.astimezone(dt.timezone.utc)

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=dt.timezone.utc)
        return value.astimezone(dt.timezone.utc)


cases = sa.Table(
    "cases",
    metadata,
    sa.Column("case_id", sa.String(17), primary_key=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("department", sa.String(40), nullable=False),
    sa.Column("platform", sa.String(20), nullable=False),
    sa.Column("appeal_type", sa.String(20), nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("handling_mode", sa.String(20), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("district", sa.Text),
    sa.Column("town", sa.Text),
    sa.Column("community", sa.Text),
    sa.Column("grid", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("lat", sa.Float(53)),
    sa.Column("long", sa.Float(53)),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("citizen", sa.Text),
    sa.Column("occurred", sa.Text),
    sa.Column("co_departments", sa.JSON, nullable=False),
    sa.Column("media_url", sa.Text),
    sa.Column("submitted_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("accept_due_at", UtcTime),
    sa.Column("first_response_due_at", UtcTime),
    sa.Column("due_at", UtcTime),
    sa.Column("contact_sealed", sa.Text),
    sa.Column("redactions_sealed", sa.Text),
    sa.Column("phone_last4_hash", sa.String(64)),
    sa.Index("ix_cases_citizen", "citizen", "submitted_at"),
    sa.Index("ix_cases_submitted_at", "submitted_at"),
    sa.Index("ix_cases_department", "department", "submitted_at"),
)

# Append-only: triggers in the database refuse UPDATE and DELETE.
history = sa.Table(
    "history",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("from_state", sa.String(20)),
    sa.Column("to_state", sa.String(20), nullable=False),
    sa.Column("note", sa.Text),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("api_key_name", sa.String(40), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

# Wrong guesses at the last four digits of a phone, counted per case, asker and Shanghai day.
lookup_failures = sa.Table(
    "lookup_failures",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), primary_key=True),
    sa.Column("asker", sa.String(200), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("wrong", sa.Integer, nullable=False),
)
