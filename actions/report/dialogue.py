"""How a report goes on: one message of the citizen in, a new draft and the replies out.

No Rasa, no network, no clock: the whole conversation of a filing can be tested here.
"""

from __future__ import annotations

from actions import answers
from actions.report import facts, questions, reading
from actions.report.digressions import aside, is_digression
from actions.report.draft import Draft
from actions.report.turn import Outcome, Reply, Turn
from actions.said import Said

_SURE = 0.6
_CHANGING = ("correction", "new_description", "new_phone", "new_place")


def begin(said: Said) -> Turn:
    """The first message of a report."""
    turn = Turn(Draft.new())
    draft = turn.draft
    facts.keep_sealed(draft, said)
    if facts.has_no_matter(said):
        facts.note_place_and_phone(draft, said)
        facts.keep_for_later(draft, said)
    else:
        facts.describe(draft, said)
        if said.intent == "ask_question":
            draft.appeal_type = "consultation"
            turn.say("consultation")
        elif _not_for_city(said):
            draft.question = "insist"
    if draft.urgent:
        turn.say("danger")
    _ask_next(turn)
    return turn


def go_on(draft: Draft, said: Said) -> Turn:
    """The next message of a report that is being filled in."""
    turn = Turn(draft)
    was_urgent = draft.urgent
    facts.keep_sealed(draft, said)
    if _cancels(draft, said):
        turn.outcome = Outcome.CANCELLED
        turn.say("cancelled")
        return turn
    question = draft.question or "description"
    about_filing = aside(said, question)
    if about_filing:
        turn.say(about_filing)
        turn.came_between = True
    elif not reading.ANSWERS[question](turn, said):
        if is_digression(said):
            turn.digression = "query_status" if said.case_ids else said.intent
            turn.came_between = True
        else:
            reading.OTHERWISE[question](turn, said)
    if draft.urgent and not was_urgent:
        turn.replies.insert(0, Reply("danger"))
    if turn.outcome is None:
        _ask_next(turn)
    return turn


def repeat(draft: Draft) -> Turn:
    """The question that stands, once more, after something else came between."""
    turn = Turn(draft, came_between=True)
    _ask_next(turn)
    return turn


def _not_for_city(said: Said) -> bool:
    """Surely another's business: a danger or a place in Foshan is the city's at first sight."""
    return (
        said.intent == "out_of_scope"
        and said.confidence >= _SURE
        and not said.dangers
        and not said.has_place
    )


def _cancels(draft: Draft, said: Said) -> bool:
    if draft.question in ("contact_phone", "new_phone") and answers.is_anonymous(said.text):
        # "算了，不留了" after "your phone?" is an answer.
        return False
    if draft.question in _CHANGING and answers.keeps_it(said.text):
        return False
    if answers.is_cancel(said.text):
        return True
    return said.intent == "cancel" and said.confidence >= _SURE and len(said.text) <= reading.STORY


def _ask_next(turn: Turn) -> None:
    """Put the question that stands, or else the next one."""
    draft = turn.draft
    if draft.question not in questions.STANDING:
        draft.question = questions.next_question(draft)
    question = draft.question or "confirmation"
    again = draft.times_asked(question) > 0 and not turn.came_between
    if not turn.came_between:
        draft.asked[question] = draft.times_asked(question) + 1
    turn.replies.append(questions.put(draft, question, again))
