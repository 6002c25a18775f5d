"""What happens to a case: every step as a function from a case to the case after it.

Each appends one entry to the history with the fields it set, and :func:`rebuilt` folds such a
history into the case again. Nothing here reads a clock, a database or a request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot import vocabulary
from bot.vocabulary.supervision import supervision_rules
from intake import roles, workflow
from intake.cases import Card, Case, HistoryEntry, NewCase
from intake.deadlines import due_times, end_of_working_day
from intake.roles import MACHINE, Actor
from intake.waiting import extended_due

SATISFACTION = vocabulary.satisfaction()

_TIMES = frozenset(
    name
    for name, kind in Case.__annotations__.items()
    if "dt.datetime" in str(kind) and name not in ("submitted_at", "updated_at")
)


class StepRefused(Exception):
    """The step is not possible now; ``code`` for programs, the message in Chinese for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Dispatch:
    """Who gets a case, by which rule or by whose decision."""

    department: str
    co_departments: tuple[str, ...] = ()
    platform: str | None = None
    handling_mode: str | None = None
    urgent: bool | None = None
    grid: str | None = None
    rule: str | None = None
    by_person: bool = False
    """The rule wants a person of the centre to decide: the case is accepted and waits."""


def handling_mode(new: NewCase, dispatch: Dispatch) -> str:
    """The mode that caller or rule named, else one by the rules of the appeal service.

    What belongs to a department or a sub-platform is handed over to it; the general platform
    answers its own questions at once and studies the rest.
    """
    chosen = dispatch.handling_mode or new.handling_mode
    if chosen:
        return chosen
    if new.urgent if dispatch.urgent is None else dispatch.urgent:
        return "urgent"
    if dispatch.co_departments:
        return "cross"
    if vocabulary.departments()[dispatch.department].platform != "general":
        return "transfer"
    return "simple" if new.appeal_type == "consultation" else "complex"


def filed(
    new: NewCase,
    case_id: str,
    now: dt.datetime,
    dispatch: Dispatch | None = None,
    source: str | None = None,
) -> Case:
    """``new`` as a case that is accepted and, unless its rule wants a person, dispatched.

    The caller has already named the department, so the machine takes the steps at once.
    """
    dispatch = dispatch or Dispatch(new.department, new.co_departments)
    urgent = new.urgent if dispatch.urgent is None else dispatch.urgent
    due = due_times(now, dispatch.department, new.appeal_type, urgent)
    case = Case(
        case_id=case_id,
        state=workflow.FIRST_STATE,
        department=dispatch.department,
        platform=dispatch.platform or vocabulary.departments()[dispatch.department].platform,
        appeal_type=new.appeal_type,
        urgent=urgent,
        handling_mode=handling_mode(new, dispatch),
        description=new.description,
        address=new.address if dispatch.grid is None else replace(new.address, grid=dispatch.grid),
        lat=new.lat,
        long=new.long,
        channel=new.channel,
        citizen=new.citizen,
        occurred=new.occurred,
        co_departments=dispatch.co_departments,
        media_url=new.media_url,
        submitted_at=now,
        updated_at=now,
        accept_due_at=due.accept,
        first_response_due_at=None,
        due_at=None,
        parent_id=new.parent_id,
        source=source,
    )
    begun = {name: getattr(case, name) for name in _KEPT_FROM_THE_BEGINNING}
    first = HistoryEntry(now, str(MACHINE), None, case.state, changes=_plain(begun))
    held_by = dispatch.rule if dispatch.by_person else None
    case = moved(replace(case, history=(first,)), "accepted", MACHINE, now, remark=held_by)
    return case if dispatch.by_person else dispatched(case, dispatch, MACHINE, now)


_KEPT_FROM_THE_BEGINNING = (
    "department",
    "platform",
    "co_departments",
    "appeal_type",
    "urgent",
    "handling_mode",
    "channel",
    "accept_due_at",
    "parent_id",
    "source",
)


def moved(
    case: Case,
    to_state: str,
    actor: Actor,
    at: dt.datetime,
    note: str | None = None,
    remark: str | None = None,
    **changes: Any,
) -> Case:
    """``case`` one step on. ``changes`` are fields that this step sets besides the state.

    Raises:
        intake.workflow.TransitionForbidden, intake.workflow.TextMissing, intake.roles.NotAllowed
    """
    workflow.check(case.state, to_state, note)
    roles.check_move(actor, case.state, to_state)
    if to_state in ("in_progress", "awaiting_citizen", "resolved") and not case.responded_at:
        # The first word from those who handle it.
        changes.setdefault("responded_at", at)
    if case.state == "awaiting_citizen" and to_state in ("in_progress", "resolved"):
        # What the wait for the citizen took is given back to the department.
        changes.setdefault("due_at", extended_due(case, at))
    if to_state == "resolved":
        changes.setdefault("resolved_at", at)
    if to_state in ("closed", "rejected", "withdrawn"):
        changes.setdefault("closed_at", at)
    return _with_entry(case, actor, at, "state", to_state, note, remark, changes)


def dispatched(
    case: Case,
    dispatch: Dispatch,
    actor: Actor,
    at: dt.datetime,
    note: str | None = None,
    remark: str | None = None,
) -> Case:
    """``case`` with those who shall handle it, due times set by the rules in force now."""
    mode = dispatch.handling_mode or case.handling_mode
    if dispatch.co_departments and mode == "transfer":
        mode = "cross"
    due = due_times(at, dispatch.department, case.appeal_type, case.urgent)
    platform = dispatch.platform or vocabulary.departments()[dispatch.department].platform
    return moved(
        case,
        "dispatched",
        actor,
        at,
        note,
        remark or dispatch.rule,
        department=dispatch.department,
        co_departments=tuple(dispatch.co_departments),
        platform=platform,
        handling_mode=mode,
        assignee=None,
        # Another one's answer does not count for the one who gets it now.
        responded_at=None,
        dispatched_at=at,
        # Returning as "not ours" is for the first days; later it would be kicked like a ball.
        return_due_at=end_of_working_day(at, supervision_rules().return_working_days),
        first_response_due_at=due.first_response,
        due_at=due.resolve,
    )


def returned(case: Case, actor: Actor, at: dt.datetime, reason: str) -> Case:
    """``case`` sent back to the centre as "not ours".

    Raises:
        StepRefused: without a reason, or too late.
    """
    if not reason.strip():
        raise StepRefused("reason_missing", "请写明退回的理由")
    late = case.return_due_at is not None and at > case.return_due_at
    if late and actor.role == "department":
        days = supervision_rules().return_working_days
        words = f"已过 {days} 个工作日，不能再退回；确实不归您管的请联系督办"
        raise StepRefused("return_too_late", words)
    return moved(case, "returned", actor, at, remark=reason.strip(), returns=case.returns + 1)


def reopened(case: Case, actor: Actor, at: dt.datetime, note: str) -> Case:
    """The citizen's request to begin again is granted."""
    return moved(
        case, "reopened", actor, at, note, reopens=case.reopens + 1, resolved_at=None,
        satisfaction=None,
    )  # fmt: skip


def urged(case: Case, actor: Actor, at: dt.datetime, note: str | None = None) -> Case:
    """The citizen asks for haste; the third time raises the case.

    Raises:
        StepRefused: the case has ended, or was urged within the last day.
    """
    rules = supervision_rules()
    if case.closed or case.state == "reopen_requested":
        raise StepRefused("not_open", "这件诉求已经办结，不用催办了")
    cooldown = dt.timedelta(hours=rules.urge_cooldown_hours)
    if case.last_urged_at and at - case.last_urged_at < cooldown:
        raise StepRefused("urged_already", "不久前已经催办过，我们已转告承办部门")
    count = case.urges + 1
    raised = case.raised or count >= rules.urges_to_raise
    return did(case, "urge", actor, at, note, urges=count, last_urged_at=at, raised=raised)


def carded(case: Case, colour: str, actor: Actor, at: dt.datetime, reason: str) -> Case:
    """A yellow or red card; a second yellow card brings the red one with it.

    Raises:
        StepRefused: the case has ended, or is red already.
    """
    if case.closed:
        raise StepRefused("not_open", "这件诉求已经办结，不能再发牌")
    if case.is_red:
        raise StepRefused("red_already", "这件诉求已经是红牌督办")
    cards = (*case.cards, Card(colour, at, reason))
    case = did(case, f"{colour}_card", actor, at, remark=reason, cards=cards)
    if sum(card.colour == "yellow" for card in case.cards) > 1 and not case.is_red:
        return carded(case, "red", actor, at, "第二张黄牌")
    return case


def evaluated(
    case: Case, actor: Actor, at: dt.datetime, satisfaction: int, words: str | None = None
) -> Case:
    """The citizen's judgement, 5 (very satisfied) to 1. One that is not bad closes the case.

    Raises:
        StepRefused: nothing has been resolved yet, or it was judged before.
    """
    if case.state not in ("resolved", "closed"):
        raise StepRefused("not_resolved", "这件诉求还没有办结，办结后再请您评价")
    if case.satisfaction is not None:
        raise StepRefused("evaluated_already", "这件诉求您已经评价过了")
    judged = did(case, "evaluation", actor, at, words, satisfaction=satisfaction)
    if judged.state == "resolved" and satisfaction >= supervision_rules().satisfied_from:
        return moved(judged, "closed", MACHINE, at, "感谢您的评价，这件诉求已归档")
    return judged


def did(
    case: Case,
    kind: str,
    actor: Actor,
    at: dt.datetime,
    note: str | None = None,
    remark: str | None = None,
    **changes: Any,
) -> Case:
    """``case`` with something done that leaves its state as it is."""
    return _with_entry(case, actor, at, kind, case.state, note, remark, changes)


def rebuilt(history: Iterable[HistoryEntry]) -> dict[str, Any]:
    """The fields of a case as its history alone tells them: ``state`` and all that was set."""
    known: dict[str, Any] = {}
    for entry in history:
        known |= {name: _read_back(name, value) for name, value in entry.changes.items()}
        known["state"] = entry.to_state
        known["updated_at"] = entry.at
    return known


def _with_entry(
    case: Case,
    actor: Actor,
    at: dt.datetime,
    kind: str,
    to_state: str,
    note: str | None,
    remark: str | None,
    changes: Mapping[str, Any],
) -> Case:
    entry = HistoryEntry(at, str(actor), case.state, to_state, note, kind, remark, _plain(changes))
    return replace(case, **changes, state=to_state, updated_at=at, history=(*case.history, entry))


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them."""

    def plain(value: Any) -> Any:
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.timezone.utc).isoformat()
        if isinstance(value, Card):
            return value.as_json()
        return [plain(part) for part in value] if isinstance(value, tuple) else value

    return {name: plain(value) for name, value in changes.items()}


def _read_back(name: str, value: Any) -> Any:
    if value is not None and name in _TIMES:
        return dt.datetime.fromisoformat(value)
    if name == "cards":
        return tuple(map(Card.from_json, value))
    return tuple(value) if isinstance(value, list) else value
