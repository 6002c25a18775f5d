"""The closed loop: dispatch, supervision, notices, evaluation, accounts, other sources."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_OPEN = "state NOT IN ('resolved', 'rejected', 'withdrawn', 'closed')"
_RED = "red"
_NAMED = "anonymised_at IS NULL"
_CURRENT = "current"
_TIMES_OF_CASES = (
    "dispatched_at",
    "return_due_at",
    "responded_at",
    "resolved_at",
    "closed_at",
    "last_urged_at",
    "anonymised_at",
)
_INDICES = {
    "ix_cases_state": ["state", "submitted_at"],
    "ix_cases_district": ["district", "submitted_at"],
    "ix_cases_parent": ["parent_id"],
    "ix_cases_resolved_at": ["resolved_at"],
    "ix_cases_closed_at": ["closed_at"],
    "ix_cases_updated_at": ["updated_at"],
    "ix_cases_town": ["town", "submitted_at"],
    "ix_cases_channel": ["channel", "submitted_at"],
}
_PARTIAL_INDICES: dict[str, tuple[list[Any], str]] = {
    "ix_cases_open_due": (["due_at"], _OPEN),
    "ix_cases_open_town": (["town", "submitted_at"], _OPEN),
    "ix_cases_open_department": (["department", "submitted_at"], _OPEN),
    "ix_cases_open": (["submitted_at"], _OPEN),
    "ix_cases_urgent": (["submitted_at"], "urgent"),
    "ix_cases_open_urgent": (["submitted_at"], f"urgent AND {_OPEN}"),
    "ix_cases_red": (["submitted_at"], _RED),
    "ix_cases_ended": ([sa.text("coalesce(closed_at, resolved_at)")], _NAMED),
}
_KEPT_FROM_THE_BEGINNING = (
    "department",
    "platform",
    "co_departments",
    "appeal_type",
    "urgent",
    "handling_mode",
    "channel",
    "accept_due_at",
)
_SET_BY_DISPATCH = ("first_response_due_at", "due_at")


def upgrade() -> None:
    _add_columns()
    _create_tables()
    _fill_case_departments()
    _forget_history_rule()
    _fill_changes()
    _set_history_rule()


def downgrade() -> None:
    _forget_history_rule()
    for table in _NEW_TABLES:
        op.drop_table(table)
    for name in (*_INDICES, *_PARTIAL_INDICES):
        op.drop_index(name, "cases")
    op.drop_index("ix_history_kind", "history")
    # Entries that are no step from state to state are unknown to the old schema.
    op.execute("DELETE FROM history WHERE kind <> 'state'")
    for name in _columns_of_cases():
        op.drop_column("cases", name)
    for name in ("kind", "remark", "changes"):
        op.drop_column("history", name)
    _set_old_history_rule()


def _columns_of_cases() -> dict[str, sa.Column]:
    columns = [
        sa.Column("parent_id", sa.String(17)),
        sa.Column("source", sa.String(60)),
        sa.Column("assignee", sa.String(60)),
        *(sa.Column(name, _TIME) for name in _TIMES_OF_CASES),
        sa.Column("returns", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reopens", sa.Integer, nullable=False, server_default="0"),
        sa.Column("urges", sa.Integer, nullable=False, server_default="0"),
        sa.Column("raised", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("cards", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("red", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("satisfaction", sa.Integer),
    ]
    return {column.name: column for column in columns}


def _add_columns() -> None:
    for column in _columns_of_cases().values():
        op.add_column("cases", column)
    for name, columns in _INDICES.items():
        op.create_index(name, "cases", columns)
    for name, (columns, where) in _PARTIAL_INDICES.items():
        op.create_index(
            name,
            "cases",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.add_column(
        "history", sa.Column("kind", sa.String(20), nullable=False, server_default="state")
    )
    op.add_column("history", sa.Column("remark", sa.Text))
    op.add_column("history", sa.Column("changes", sa.JSON, nullable=False, server_default="{}"))
    op.create_index("ix_history_kind", "history", ["kind", "to_state", "at"])


# In an order in which they can be dropped.
_NEW_TABLES = (
    "leases",
    "device_alarms",
    "rule_sets",
    "api_keys",
    "sessions",
    "accounts",
    "looks",
    "corrections",
    "attachments",
    "followers",
    "muted_citizens",
    "notices",
    "case_departments",
)


def _case() -> sa.ForeignKey:
    return sa.ForeignKey("cases.case_id")


def _create_tables() -> None:
    op.create_table(
        "case_departments",
        sa.Column("case_id", sa.String(17), _case(), primary_key=True),
        sa.Column("department", sa.String(40), primary_key=True),
        sa.Column("submitted_at", _TIME, nullable=False),
        sa.Column("leads", sa.Boolean, nullable=False),
    )
    op.create_index("ix_case_departments", "case_departments", ["department", "submitted_at"])
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(300), nullable=False, unique=True),
        sa.Column("case_id", sa.String(17), _case(), nullable=False),
        sa.Column("recipient", sa.String(220), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("not_before", _TIME, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("channel", sa.String(20)),
        sa.Column("last_error", sa.String(200)),
        sa.Column("ended_at", _TIME),
    )
    op.create_index("ix_notices_case", "notices", ["case_id"])
    op.create_index("ix_notices_due", "notices", ["state", "not_before"])
    op.create_table(
        "muted_citizens",
        sa.Column("citizen", sa.String(200), primary_key=True),
        sa.Column("since", _TIME, nullable=False),
    )
    op.create_table(
        "followers",
        sa.Column("case_id", sa.String(17), _case(), primary_key=True),
        sa.Column("citizen", sa.String(200), primary_key=True),
        sa.Column("contact_sealed", sa.Text),
        sa.Column("joined_at", _TIME, nullable=False),
    )
    op.create_index("ix_followers_citizen", "followers", ["citizen"])
    op.create_table(
        "attachments",
        sa.Column("attachment_id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(17), _case(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
    )
    op.create_index("ix_attachments_case", "attachments", ["case_id"])
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.String(17), _case(), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("from_department", sa.String(40), nullable=False),
        sa.Column("to_department", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("corrected_by", sa.String(80), nullable=False),
        sa.Column("corrected_at", _TIME, nullable=False),
    )
    op.create_index("ix_corrections_at", "corrections", ["corrected_at"])
    op.create_index("ix_corrections_case", "corrections", ["case_id"])
    op.create_table(
        "looks",
        sa.Column("look_id", sa.Integer, primary_key=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("what", sa.String(30), nullable=False),
        sa.Column("case_id", sa.String(17)),
        sa.Column("reason", sa.String(200)),
    )
    op.create_index("ix_looks_case", "looks", ["case_id"])
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("display_name", sa.String(60), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("department", sa.String(40)),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("wrong_passwords", sa.Integer, nullable=False, server_default="0"),
        sa.Column("locked_until", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(40), sa.ForeignKey("accounts.name"), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(20)),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME),
    )
    op.create_table(
        "rule_sets",
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("saved_by", sa.String(80), nullable=False),
        sa.Column("saved_at", _TIME, nullable=False),
    )
    op.create_table(
        "device_alarms",
        sa.Column("case_id", sa.String(17), _case(), primary_key=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("device", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_at", _TIME, nullable=False),
        sa.Column("last_at", _TIME, nullable=False),
    )
    op.create_index(
        "ix_device_alarms_current",
        "device_alarms",
        ["source", "device", "kind"],
        unique=True,
        sqlite_where=sa.text(_CURRENT),
        postgresql_where=sa.text(_CURRENT),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("holder", sa.String(60), nullable=False),
        sa.Column("until", _TIME, nullable=False),
    )


def _fill_case_departments() -> None:
    connection = op.get_bind()
    for row in connection.execute(
        sa.text("SELECT case_id, department, co_departments, submitted_at FROM cases")
    ).all():
        others = [code for code in _from_json(row.co_departments) if code != row.department]
        for code in (row.department, *others):
            connection.execute(
                sa.text("INSERT INTO case_departments VALUES (:case, :code, :at, :leads)"),
                {
                    "case": row.case_id,
                    "code": code,
                    "at": row.submitted_at,
                    "leads": code == row.department,
                },
            )


def _fill_changes() -> None:
    """What each old case was filed and dispatched with, so that its history can rebuild it."""
    connection = op.get_bind()
    cases = sa.table("cases", *(sa.column(name) for name in ("case_id", "submitted_at")))
    for name in (*_KEPT_FROM_THE_BEGINNING, *_SET_BY_DISPATCH):
        kind: Any = _TIME if name.endswith("_at") else None
        cases.append_column(sa.column(name, kind) if kind is not None else sa.column(name))
    for row in connection.execute(sa.select(cases)).all():
        values = {name: _plain(getattr(row, name)) for name in row._mapping}
        values["co_departments"] = _from_json(row.co_departments)
        values["urgent"] = bool(row.urgent)
        begun = {name: values[name] for name in _KEPT_FROM_THE_BEGINNING}
        sent = {name: values[name] for name in _SET_BY_DISPATCH}
        _set_changes(row.case_id, "to_state = 'submitted'", begun)
        _set_changes(row.case_id, "to_state = 'dispatched'", sent)


def _set_changes(case_id: str, which: str, changes: dict[str, Any]) -> None:
    kind = "CAST(:changes AS JSON)" if op.get_bind().dialect.name == "postgresql" else ":changes"
    op.get_bind().execute(
        sa.text(f"UPDATE history SET changes = {kind} WHERE case_id = :case AND {which}"),
        {"changes": json.dumps(changes), "case": case_id},
    )


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        text = value.isoformat()
        return text if value.tzinfo else f"{text}+00:00"
    return value


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _forget_history_rule() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in ("history_is_append_only", "history_keeps_its_rows"):
            op.execute(f"DROP TRIGGER IF EXISTS {name} ON history")
        for name in ("history_is_append_only", "history_keeps_its_rows"):
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
        return
    for name in ("history_no_update", "history_no_delete"):
        op.execute(f"DROP TRIGGER IF EXISTS {name}")


_SAME = ("case_id", "step", "at", "actor", "from_state", "to_state", "kind")


def _set_history_rule() -> None:
    """Rows stay as they are; only the words in them can be erased."""
    if op.get_bind().dialect.name == "postgresql":
        same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _SAME)
        op.execute(
            "CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {same} AND NEW.changes::text = OLD.changes::text "
            "AND NEW.note IS NULL AND NEW.remark IS NULL THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION 'history is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER history_is_append_only BEFORE UPDATE ON history "
            "FOR EACH ROW EXECUTE FUNCTION history_is_append_only()"
        )
        op.execute(
            "CREATE FUNCTION history_keeps_its_rows() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER history_keeps_its_rows BEFORE DELETE OR TRUNCATE ON history "
            "FOR EACH STATEMENT EXECUTE FUNCTION history_keeps_its_rows()"
        )
        return
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in (*_SAME, "changes"))
    op.execute(
        "CREATE TRIGGER history_no_update BEFORE UPDATE ON history "
        f"WHEN NOT ({same} AND NEW.note IS NULL AND NEW.remark IS NULL) "
        "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER history_no_delete BEFORE DELETE ON history "
        "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"
    )


def _set_old_history_rule() -> None:
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
