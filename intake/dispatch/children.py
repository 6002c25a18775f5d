"""A case with children ends only after them. Checked in the transaction of the step."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.cases import Case
from intake.steps import StepRefused
from intake.tables import cases
from intake.workflow import CLOSED_STATES

_NAMED = 3


def check_children_ended(connection: Connection, before: Case, after: Case) -> None:
    """Refuse to resolve a parent while a child is open.

    The parent's row is locked by then, and filing a child locks it too, so none slips in between.

    Raises:
        StepRefused: names some of the open ones.
    """
    if after.state != "resolved" or before.state == "resolved":
        return
    found = open_children(connection, after.case_id)
    if found:
        named = "、".join(found[:_NAMED]) + (" 等" if len(found) > _NAMED else "")
        words = f"还有 {len(found)} 件子诉求没有办结（{named}），都办结以后才能办结这一件"
        raise StepRefused("children_open", words)


def open_children(connection: Connection, parent_id: str) -> list[str]:
    """The IDs of the children that have not ended, oldest first."""
    statement = (
        sa.select(cases.c.case_id)
        .where(cases.c.parent_id == parent_id, cases.c.state.not_in(sorted(CLOSED_STATES)))
        .order_by(cases.c.submitted_at, cases.c.case_id)
    )
    return list(connection.scalars(statement))
