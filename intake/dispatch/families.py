"""Parent and child cases: a letter with several matters becomes a case and one for each further.

A family has two generations: a child has no children.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlalchemy.engine import Connection

from intake.cases import Case, NewCase
from intake.personal import PersonalData
from intake.roles import CITIZEN, Actor, may_see
from intake.steps import StepRefused, did
from intake.store import CaseQuery, Store, change_on

MOST_CHILDREN = 50


class Families:
    """Children of the cases of one store. Methods block."""

    def __init__(self, store: Store, personal: PersonalData) -> None:
        self._store = store
        self._personal = personal

    def with_parents_citizen(self, new: NewCase, by: Actor) -> NewCase:
        """What a person inside files as a child belongs to the citizen of its parent.

        Without that the citizen would neither see it nor be told. Nothing is refused here;
        :meth:`adopt` does so in the transaction.
        """
        if new.parent_id is None or not by.is_person_inside:
            return new
        parent = self._store.get(new.parent_id)
        if parent is None:
            return new
        new = replace(new, citizen=parent.citizen)
        if new.contact:
            return new
        sealed = self._store.sealed(parent.case_id).contact
        return replace(new, contact=self._personal.open_contact(sealed)) if sealed else new

    @staticmethod
    def adopt(connection: Connection, child: Case, by: Actor, now: dt.datetime) -> None:
        """Lock the parent of a child that is being filed, check it, and write into its history.

        Raises:
            StepRefused: there is no such parent of this citizen's, it is a child itself, it has
                ended, or has too many children.
        """
        if child.parent_id is None:
            return
        unknown = StepRefused("parent_missing", "没有找到这位市民的这件主诉求，请核对编号")

        def step(parent: Case) -> Case:
            theirs = child.citizen is not None or by.is_person_inside
            if not theirs or parent.citizen != child.citizen:
                raise unknown
            if not may_see(by, parent.department, parent.co_departments):
                raise unknown
            if parent.parent_id is not None:
                raise StepRefused("parent_is_child", "子诉求下面不能再有子诉求，请用它的主诉求")
            if parent.closed:
                raise StepRefused("parent_ended", "主诉求已经办结，请单独提交")
            if sum(entry.kind == "split" for entry in parent.history) >= MOST_CHILDREN:
                words = f"一件诉求最多分出 {MOST_CHILDREN} 件子诉求"
                raise StepRefused("too_many_children", words)
            words = f"这件诉求里的另一件事已单独立案，编号 {child.case_id}"
            # Whoever files for the citizen tells him; what a person inside does, he is told.
            note = words if by.is_person_inside else None
            actor = by if by.is_person_inside else CITIZEN
            return did(parent, "split", actor, now, note, f"子诉求 {child.case_id}")

        try:
            change_on(connection, child.parent_id, step)
        except LookupError as error:
            raise unknown from error

    def children(self, parent_id: str) -> list[Case]:
        """The children of a case, newest first."""
        return self._store.search(CaseQuery(parent_id=parent_id), MOST_CHILDREN)
