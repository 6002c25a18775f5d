"""What the supervision (督办) does with a case at a time: remind, warn by cards, close.

Rules free of clock and database. :func:`supervised` gives a case after all that is due, and the
same case when nothing is, so that doing it again never gives the same card or reminder twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from bot import vocabulary
from bot.vocabulary.supervision import Supervision
from intake.cases import Case
from intake.deadlines import (
    SHANGHAI,
    after_working_time,
    end_of_working_day,
    fraction_elapsed,
    moment_at,
)
from intake.roles import MACHINE
from intake.steps import carded, did, moved
from intake.waiting import extended_due, waited

# What a deadline is for, in words. Cards are known again by the words of their reason: a change
# here gives open cases the same card once more.
NAMES = {
    "accept": "受理时限",
    "first_response": "首次答复时限",
    "resolve": "办理时限",
    "decide": "审核时限",
}
OVERDUE = {kind: f"超过{name}" for kind, name in NAMES.items()}
MUCH_OVERDUE = "远超办理时限仍未办结"
_NEAR = {kind: f"临近{name}" for kind, name in NAMES.items()}
# In these the centre has to act, so a card is none of the department's.
CENTRE_KINDS = frozenset({"accept", "decide"})
NOT_DISPATCHED = ("submitted", "accepted")
TO_DECIDE = ("returned", "reopen_requested", "reopened")
_IN_WORK = ("dispatched", "in_progress", "awaiting_citizen")


@dataclass(frozen=True)
class Deadline:
    """A deadline that runs for a case now.

    ``kind`` as in ``NAMES``; ``since``: when it really began; ``start``: from when it counts, which
    is later where the case waited for the citizen; ``by_clock``: every hour counts.
    """

    kind: str
    since: dt.datetime
    start: dt.datetime
    due: dt.datetime
    by_clock: bool

    def moment(self, fraction: float) -> dt.datetime:
        """When this part of it is used up."""
        return moment_at(self.start, self.due, fraction, self.by_clock)

    def used(self, now: dt.datetime) -> float:
        """The part of it that is used up; over 1 it is late."""
        return fraction_elapsed(self.start, self.due, now, self.by_clock)


def running(case: Case, now: dt.datetime, rules: Supervision) -> Iterator[Deadline]:
    """The deadlines that run for an open case, as they stand if a wait ended at ``now``."""
    if case.state in NOT_DISPATCHED and case.accept_due_at:
        begun = case.submitted_at
        yield Deadline("accept", begun, begun, case.accept_due_at, case.urgent)
    elif case.state in TO_DECIDE:
        begun = case.last_move.at
        yield Deadline("decide", begun, begun, _decide_by(case, begun, rules), case.urgent)
    elif case.state in _IN_WORK:
        begun = case.dispatched_at or case.submitted_at
        if case.state == "dispatched" and case.first_response_due_at and not case.responded_at:
            yield Deadline("first_response", begun, begun, case.first_response_due_at, True)
        due = extended_due(case, now)
        if due is not None:
            start = after_working_time(begun, waited(case, now))
            yield Deadline("resolve", begun, start, due, case.urgent)


def supervised(case: Case, now: dt.datetime, rules: Supervision) -> Case:
    """``case`` with every reminder and card that is due at ``now`` given, or closed."""
    if case.state == "resolved":
        if closes_at(case, rules) > now:
            return case
        return moved(case, "closed", MACHINE, now, _closing_words(case, rules))
    for deadline in running(case, now, rules):
        if now > deadline.due:
            if not case.is_red and not _warned(case, deadline):
                case = carded(case, "yellow", MACHINE, now, OVERDUE[deadline.kind])
            much = deadline.kind == "resolve" and now > deadline.moment(rules.red_at)
            if much and not case.is_red:
                case = carded(case, "red", MACHINE, now, MUCH_OVERDUE)
        elif _wants_reminder(case, deadline, now, rules):
            case = did(case, "reminder", MACHINE, now, remark=_NEAR[deadline.kind])
    return case


def closes_at(case: Case, rules: Supervision) -> dt.datetime:
    """When a resolved case is closed by machine.

    At once after an evaluation that is not bad. A bad one gives the citizen and the staff the
    whole time again, counted from it, to begin anew.
    """
    since = case.resolved_at or case.last_move.at
    if case.satisfaction is not None:
        if case.satisfaction >= rules.satisfied_from:
            return since
        since = next(e.at for e in reversed(case.history) if e.kind == "evaluation")
    return end_of_working_day(since, rules.close_working_days)


def _decide_by(case: Case, begun: dt.datetime, rules: Supervision) -> dt.datetime:
    """An urgent case that has to be dispatched again waits no longer than a new one."""
    if case.urgent and case.state != "reopen_requested":
        hours = vocabulary.deadlines(case.department, case.appeal_type).urgent_accept_hours
        return begun + dt.timedelta(hours=hours)
    return end_of_working_day(begun, rules.decide_working_days)


def _warned(case: Case, deadline: Deadline) -> bool:
    words = OVERDUE[deadline.kind]
    return any(card.reason == words and card.at >= deadline.since for card in case.cards)


def _wants_reminder(case: Case, deadline: Deadline, now: dt.datetime, rules: Supervision) -> bool:
    """Whether the department has to be reminded: once a deadline, once a day at most."""
    if deadline.kind in CENTRE_KINDS or case.state == "awaiting_citizen":
        return False
    if now < deadline.moment(rules.reminder_at):
        return False
    given = [entry for entry in case.history if entry.kind == "reminder"]
    # The words of an entry can be erased; one without words may have been this one.
    known = (None, _NEAR[deadline.kind])
    if any(entry.remark in known and entry.at >= deadline.since for entry in given):
        return False
    return not given or _day(given[-1].at) != _day(now)


def _closing_words(case: Case, rules: Supervision) -> str:
    days = rules.close_working_days
    if case.satisfaction is None:
        return f"办结后 {days} 个工作日内没有收到不同意见，已自动归档"
    if case.satisfaction >= rules.satisfied_from:
        return "感谢您的评价，这件诉求已归档"
    return f"评价后 {days} 个工作日内没有收到重办申请，已自动归档"


def _day(at: dt.datetime) -> dt.date:
    return at.astimezone(SHANGHAI).date()
