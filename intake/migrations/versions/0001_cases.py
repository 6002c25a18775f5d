"""Cases, their append-only history, idempotency keys and wrong look-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "cases",
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
        sa.Column("submitted_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("accept_due_at", _TIME),
        sa.Column("first_response_due_at", _TIME),
        sa.Column("due_at", _TIME),
        sa.Column("contact_sealed", sa.Text),
        sa.Column("redactions_sealed", sa.Text),
        sa.Column("phone_last4_hash", sa.String(64)),
    )
    op.create_index("ix_cases_citizen", "cases", ["citizen", "submitted_at"])
    op.create_index("ix_cases_submitted_at", "cases", ["submitted_at"])
    op.create_index("ix_cases_department", "cases", ["department", "submitted_at"])
    op.create_table(
        "history",
        sa.Column("case_id", sa.String(17), sa.ForeignKey("cases.case_id"), primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("from_state", sa.String(20)),
        sa.Column("to_state", sa.String(20), nullable=False),
        sa.Column("note", sa.Text),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("api_key_name", sa.String(40), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("case_id", sa.String(17), sa.ForeignKey("cases.case_id"), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
    )
    op.create_table(
        "lookup_failures",
        sa.Column("case_id", sa.String(17), sa.ForeignKey("cases.case_id"), primary_key=True),
        sa.Column("asker", sa.String(200), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("wrong", sa.Integer, nullable=False),
    )
    _forbid_rewriting_history()


def downgrade() -> None:
    for table in ("lookup_failures", "idempotency_keys", "history", "cases"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION history_is_append_only()")


def _forbid_rewriting_history() -> None:
    """Triggers, because they hold for every program that reaches the database, not only ours."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER history_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history "
            "FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER history_no_{change.lower()} BEFORE {change} ON history "
            "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"
        )
