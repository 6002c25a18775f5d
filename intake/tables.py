"""The tables as SQLAlchemy sees them. The migrations create them; a test compares the two."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()

# Open for supervision: somebody still has to act. Written out, because a partial index and the
# question that shall use it must say the same; by what it is not, because SQLite would take "IN"
# as a reason to go through the index of states instead.
OPEN = "state NOT IN ('resolved', 'rejected', 'withdrawn', 'closed')"
URGENT, RED = "urgent", "red"
_RED = sa.text(RED)
_NAMED = sa.text("anonymised_at IS NULL")
_CURRENT = sa.text("current")


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
    sa.Column("parent_id", sa.String(17)),
    sa.Column("source", sa.String(60)),
    sa.Column("assignee", sa.String(60)),
    sa.Column("dispatched_at", UtcTime),
    sa.Column("return_due_at", UtcTime),
    sa.Column("responded_at", UtcTime),
    sa.Column("resolved_at", UtcTime),
    sa.Column("closed_at", UtcTime),
    sa.Column("returns", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reopens", sa.Integer, nullable=False, server_default="0"),
    sa.Column("urges", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_urged_at", UtcTime),
    sa.Column("raised", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("cards", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("red", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("satisfaction", sa.Integer),
    sa.Column("anonymised_at", UtcTime),
    sa.Index("ix_cases_citizen", "citizen", "submitted_at"),
    sa.Index("ix_cases_submitted_at", "submitted_at"),
    sa.Index("ix_cases_department", "department", "submitted_at"),
    sa.Index("ix_cases_state", "state", "submitted_at"),
    sa.Index("ix_cases_district", "district", "submitted_at"),
    sa.Index("ix_cases_parent", "parent_id"),
    sa.Index("ix_cases_resolved_at", "resolved_at"),
    sa.Index("ix_cases_closed_at", "closed_at"),
    sa.Index("ix_cases_updated_at", "updated_at"),
    # What supervision looks through every few minutes is a small part of a city's cases.
    sa.Index(
        "ix_cases_open_due",
        "due_at",
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    ),
    # The same for whoever looks for a case about the same matter.
    *(
        sa.Index(
            f"ix_cases_open_{column}",
            column,
            "submitted_at",
            sqlite_where=sa.text(OPEN),
            postgresql_where=sa.text(OPEN),
        )
        for column in ("town", "department")
    ),
    sa.Index(
        "ix_cases_ended",
        sa.text("coalesce(closed_at, resolved_at)"),
        sqlite_where=_NAMED,
        postgresql_where=_NAMED,
    ),
    sa.Index(
        "ix_cases_urgent",
        "submitted_at",
        sqlite_where=sa.text(URGENT),
        postgresql_where=sa.text(URGENT),
    ),
    sa.Index(
        "ix_cases_open", "submitted_at", sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN)
    ),
    sa.Index(
        "ix_cases_open_urgent",
        "submitted_at",
        sqlite_where=sa.text(f"{URGENT} AND {OPEN}"),
        postgresql_where=sa.text(f"{URGENT} AND {OPEN}"),
    ),
    sa.Index("ix_cases_town", "town", "submitted_at"),
    sa.Index("ix_cases_channel", "channel", "submitted_at"),
    sa.Index("ix_cases_red", "submitted_at", sqlite_where=_RED, postgresql_where=_RED),
)

# When a case came to its end.
ended_at = sa.func.coalesce(cases.c.closed_at, cases.c.resolved_at)

# Lead and assisting departments, for the lists of those who may see only theirs.
case_departments = sa.Table(
    "case_departments",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), primary_key=True),
    sa.Column("department", sa.String(40), primary_key=True),
    sa.Column("submitted_at", UtcTime, nullable=False),
    sa.Column("leads", sa.Boolean, nullable=False),
    sa.Index("ix_case_departments", "department", "submitted_at"),
)

# Append-only: triggers in the database refuse DELETE, and any UPDATE but one that only erases
# the words, which a citizen may ask for and which is done with old cases.
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
    sa.Column("kind", sa.String(20), nullable=False, server_default="state"),
    sa.Column("remark", sa.Text),
    sa.Column("changes", sa.JSON, nullable=False, server_default="{}"),
    sa.Index("ix_history_kind", "kind", "to_state", "at"),
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

# What shall be told to whom, written in the transaction of the step that it tells of.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("notice_id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(300), nullable=False, unique=True),
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), nullable=False),
    sa.Column("recipient", sa.String(220), nullable=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("not_before", UtcTime, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("channel", sa.String(20)),
    sa.Column("last_error", sa.String(200)),
    sa.Column("ended_at", UtcTime),
    sa.Index("ix_notices_case", "case_id"),
    sa.Index("ix_notices_due", "state", "not_before"),
)

# Citizens who do not want to be told.
muted_citizens = sa.Table(
    "muted_citizens",
    metadata,
    sa.Column("citizen", sa.String(200), primary_key=True),
    sa.Column("since", UtcTime, nullable=False),
)

# Citizens who joined somebody else's case about the same matter.
followers = sa.Table(
    "followers",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), primary_key=True),
    sa.Column("citizen", sa.String(200), primary_key=True),
    sa.Column("contact_sealed", sa.Text),
    sa.Column("joined_at", UtcTime, nullable=False),
    sa.Index("ix_followers_citizen", "citizen"),
)

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("attachment_id", sa.String(32), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("content_type", sa.String(100), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("added_by", sa.String(80), nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Index("ix_attachments_case", "case_id"),
)

# Departments that a case was sent to in vain, and where it belongs: lessons for the trainers.
corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("correction_id", sa.Integer, primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("from_department", sa.String(40), nullable=False),
    sa.Column("to_department", sa.String(40), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("corrected_by", sa.String(80), nullable=False),
    sa.Column("corrected_at", UtcTime, nullable=False),
    sa.Index("ix_corrections_at", "corrected_at"),
    sa.Index("ix_corrections_case", "case_id"),
)

# Every look at a citizen's personal data. Append-only like the history.
looks = sa.Table(
    "looks",
    metadata,
    sa.Column("look_id", sa.Integer, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("what", sa.String(30), nullable=False),
    sa.Column("case_id", sa.String(17)),
    sa.Column("reason", sa.String(200)),
    sa.Index("ix_looks_case", "case_id"),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("display_name", sa.String(60), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("department", sa.String(40)),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("wrong_passwords", sa.Integer, nullable=False, server_default="0"),
    sa.Column("locked_until", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.name"), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Index("ix_sessions_account", "account"),
)

# Keys of other systems; the bot's own comes from the settings.
api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("channel", sa.String(20)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime),
)

# The dispatch rules as people wrote them; the newest is in force.
rule_sets = sa.Table(
    "rule_sets",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("saved_by", sa.String(80), nullable=False),
    sa.Column("saved_at", UtcTime, nullable=False),
)

# Alarms of a device that belong to one case: a storm is one case with a count. The next alarm of
# a device and kind counts for its one current row.
device_alarms = sa.Table(
    "device_alarms",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), primary_key=True),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("device", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("first_at", UtcTime, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
    sa.Index(
        "ix_device_alarms_current",
        "source",
        "device",
        "kind",
        unique=True,
        sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    ),
)

# Work that only one of several running services may do at a time.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("holder", sa.String(60), nullable=False),
    sa.Column("until", UtcTime, nullable=False),
)
