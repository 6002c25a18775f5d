"""What people do with cases: each action with who may do it, in one transaction.

The rules are in :mod:`intake.roles`, :mod:`intake.workflow` and :mod:`intake.steps`; here they meet
the store. A case that somebody may not see is to him as one that does not exist. Methods block.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.privacy import Redaction, mask
from intake import steps, tables
from intake.cases import Case, Contact
from intake.personal import PersonalData
from intake.roles import MACHINE, Actor, check_work, may_see
from intake.steps import Dispatch, StepRefused
from intake.store import Store

# Runs in the transaction of a step, with the case before and after it.
Also = Callable[[Connection, Case, Case], None]
AfterDispatch = Callable[[Connection, Case, Case, Actor, dt.datetime], None]


@dataclass(frozen=True)
class Move:
    """A step from state to state as somebody asks for it.

    ``dispatch``: for a dispatch, to whom. ``expected_state``: in which state he saw the case.
    """

    to_state: str
    note: str | None = None
    remark: str | None = None
    dispatch: Dispatch | None = None
    expected_state: str | None = None


class CaseWork:
    """Steps, notes, urges, evaluations and looks at contacts.

    Every method raises LookupError for a case that the actor may not see, and the errors of the
    step itself.
    """

    def __init__(
        self, store: Store, personal: PersonalData, clock: Callable[[], dt.datetime]
    ) -> None:
        self._store = store
        self._personal = personal
        self._now = clock
        self._after_dispatch: list[AfterDispatch] = []

    def after_dispatch(self, also: AfterDispatch) -> None:
        """Let ``also`` write something in the transaction of every dispatch by a person."""
        self._after_dispatch.append(also)

    def case_for(self, actor: Actor, case_id: str) -> Case:
        """The case, for somebody inside. Raises LookupError."""
        case = self._store.get(case_id)
        if case is None or not may_see(actor, case.department, case.co_departments):
            raise LookupError(case_id)
        return case

    def move(self, actor: Actor, case_id: str, move: Move) -> Case:
        """Take a step. Raises also :class:`intake.store.CaseChanged`."""
        now = self._now()

        def step(case: Case) -> Case:
            if move.to_state == "dispatched":
                if move.dispatch is None:
                    raise StepRefused("department_missing", "请指明由哪个部门办理")
                return steps.dispatched(case, move.dispatch, actor, now, move.note, move.remark)
            if move.to_state == "returned":
                return steps.returned(case, actor, now, move.remark or move.note or "")
            if move.to_state == "reopened":
                return steps.reopened(case, actor, now, move.note or "")
            return steps.moved(case, move.to_state, actor, now, move.note, move.remark)

        def also(connection: Connection, before: Case, after: Case) -> None:
            if after.state == "dispatched":
                for write in self._after_dispatch:
                    write(connection, before, after, actor, now)

        return self._do(actor, case_id, step, move.expected_state, also, leads=True)

    def note(self, actor: Actor, case_id: str, text: str) -> Case:
        """A remark for people inside; assisting departments may write one too."""
        now = self._now()
        return self._do(
            actor, case_id, lambda case: steps.did(case, "note", actor, now, remark=text)
        )

    def reply(self, actor: Actor, case_id: str, text: str) -> Case:
        """Words for the citizen that leave the state as it is."""
        now = self._now()

        def step(case: Case) -> Case:
            if case.closed:
                raise StepRefused("not_open", "这件诉求已经结束，不能再答复")
            first: dict[str, Any] = {} if case.responded_at else {"responded_at": now}
            return steps.did(case, "reply", actor, now, text, **first)

        return self._do(actor, case_id, step, leads=True)

    def supplement(self, actor: Actor, case_id: str, text: str) -> Case:
        """What the citizen adds. It sets the work going again where it waited for him.

        Numbers in it are masked as in the first description.
        """
        now = self._now()
        masked, hidden = mask(text)

        def step(case: Case) -> Case:
            if case.closed:
                raise StepRefused("not_open", "这件诉求已经结束，不能再补充；还有问题请重新提交")
            added = steps.did(case, "supplement", actor, now, masked)
            if added.state == "awaiting_citizen":
                return steps.moved(added, "in_progress", MACHINE, now)
            return added

        def also(connection: Connection, before: Case, after: Case) -> None:
            self._seal_more(connection, case_id, hidden)

        return self._do(actor, case_id, step, also=also)

    def urge(self, actor: Actor, case_id: str, text: str | None = None) -> Case:
        """The citizen asks for haste."""
        now = self._now()
        words = mask(text)[0] if text else None
        return self._do(actor, case_id, lambda case: steps.urged(case, actor, now, words))

    def evaluate(
        self, actor: Actor, case_id: str, satisfaction: int, text: str | None = None
    ) -> Case:
        """The citizen's judgement of what was done, 5 to 1."""
        now = self._now()
        words = mask(text)[0] if text else None
        return self._do(
            actor, case_id, lambda case: steps.evaluated(case, actor, now, satisfaction, words)
        )

    def assign(self, actor: Actor, case_id: str, assignee: str | None) -> Case:
        """Say who of the department works on it; None: nobody yet."""
        now = self._now()
        return self._do(
            actor,
            case_id,
            lambda case: steps.did(case, "assignment", actor, now, assignee=assignee),
            leads=True,
        )

    def contact(self, actor: Actor, case_id: str, reason: str | None) -> tuple[Contact, list[str]]:
        """The citizen's contact and the numbers hidden in his words; the look is recorded.

        Raises:
            intake.roles.NotAllowed: a department that only assists.
            bot.privacy.SealBroken: the key is gone.
        """
        case = self.case_for(actor, case_id)
        check_work(actor, case.department)
        sealed = self._store.sealed(case_id)
        contact = self._personal.open_contact(sealed.contact) if sealed.contact else Contact()
        hidden = self._personal.open_redactions(sealed.redactions) if sealed.redactions else []
        # Written first: nobody sees what is not recorded.
        self._store.record_look(self._now(), str(actor), "contact", case_id, reason)
        return contact, [item.clear for item in hidden]

    def _do(
        self,
        actor: Actor,
        case_id: str,
        step: Callable[[Case], Case],
        expected_state: str | None = None,
        also: Also | None = None,
        leads: bool = False,
    ) -> Case:
        def allowed(case: Case) -> Case:
            if not may_see(actor, case.department, case.co_departments):
                raise LookupError(case_id)
            if leads:
                check_work(actor, case.department)
            return step(case)

        return self._store.change(case_id, allowed, expected_state, also)

    def _seal_more(self, connection: Connection, case_id: str, hidden: list[Redaction]) -> None:
        if not hidden:
            return
        mine = tables.cases.c.case_id == case_id
        column = tables.cases.c.redactions_sealed
        kept = connection.scalar(sa.select(column).where(mine))
        known = self._personal.open_redactions(kept) if kept else []
        sealed = self._personal.seal_redactions([*known, *hidden])
        connection.execute(tables.cases.update().where(mine), {"redactions_sealed": sealed})
