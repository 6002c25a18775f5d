"""Reading a message as the answer to the question that was put.

Each question has one function that says whether the message answers it and changes the draft, and
one for what happens when the message is neither an answer nor a digression.
"""

from __future__ import annotations

from collections.abc import Callable

from actions import answers
from actions.report import corrections, department, facts, place
from actions.report.digressions import is_digression
from actions.report.draft import ANONYMOUS
from actions.report.turn import Outcome, Turn
from actions.said import Said

_MOST_TRIES = 2
# An answer longer than this to "where?" or "your phone?" tells more of the story.
STORY = 25


def _insist(turn: Turn, said: Said) -> bool:
    if answers.is_yes(said.text) or ("登记" in said.text and "不" not in said.text):
        turn.draft.question = None
        return True
    if answers.is_no(said.text) or said.intent in ("deny", "thank", "goodbye", "cancel"):
        turn.outcome = Outcome.NOT_FOR_CITY
        turn.say("utter_not_for_city")
        return True
    return False


def _goes_on_telling(turn: Turn, said: Said) -> None:
    """Neither yes nor no, but more words: the citizen insists by going on."""
    if facts.tells_something(said):
        facts.describe(turn.draft, said)
        turn.draft.question = None


def _description(turn: Turn, said: Said) -> bool:
    if is_digression(said):
        return False
    if facts.only_identifies(said):
        facts.note_place_and_phone(turn.draft, said)
        facts.keep_for_later(turn.draft, said)
        turn.draft.asked.pop("description", None)
        return True
    if said.intent == "report_issue" and not said.names_matter and len(said.text) < STORY:
        return False
    if not facts.tells_something(said) or answers.is_no(said.text) or answers.is_yes(said.text):
        return False
    facts.describe(turn.draft, said)
    return True


def _any_description(turn: Turn, said: Said) -> None:
    """After two tries anything with words in it is taken as it is: a person will read it."""
    asked = turn.draft.times_asked("description")
    if asked >= _MOST_TRIES and answers.has_words(said.text):
        facts.describe(turn.draft, said)


def _department(turn: Turn, said: Said) -> bool:
    return department.choose(turn.draft, said)


def _settle_department(turn: Turn, said: Said) -> None:
    """Asked once only: take the likeliest, and keep what was said as part of the story."""
    if facts.tells_something(said) and not answers.is_unknown(said.text):
        facts.add_to_story(turn.draft, said)
        facts.note_place_and_phone(turn.draft, said)
    options = turn.draft.department_options
    department.settle(turn.draft, options[0] if options else department.GENERAL_CENTRE)


def _address(turn: Turn, said: Said) -> bool:
    draft = turn.draft
    if said.has_place:
        place.take(draft, said)
    elif answers.is_unknown(said.text) or answers.is_no(said.text):
        place.give_up(draft)
    elif is_digression(said) or answers.is_yes(said.text) or not answers.has_words(said.text):
        return False
    elif said.phones:
        facts.note_place_and_phone(draft, said)
        draft.asked.pop(draft.question or "", None)
    else:
        # A road or an estate without a town: worth keeping, the town is still asked.
        place.take_words(draft, said)
    if len(said.text) > STORY:
        facts.add_to_story(draft, said)
    return True


def _place_choice(turn: Turn, said: Said) -> bool:
    return place.choose(turn.draft, said) or _address(turn, said)


def _phone(turn: Turn, said: Said) -> bool:
    if said.phones:
        turn.draft.contact_phone = said.phones[-1]
        if len(said.text) > STORY:
            facts.add_to_story(turn.draft, said)
    elif answers.is_anonymous(said.text):
        turn.draft.contact_phone = ANONYMOUS
    else:
        return False
    return True


def _no_phone(turn: Turn, said: Said) -> None:
    draft = turn.draft
    if facts.tells_something(said) and not any(c.isdigit() for c in said.text):
        facts.note_place_and_phone(draft, said)
        facts.add_to_story(draft, said)
        turn.say("utter_noted_more")
        # It was no failed attempt at a number: ask as if for the first time, but not for ever.
        draft.asked["more"] = draft.times_asked("more") + 1
        if draft.times_asked("more") <= _MOST_TRIES:
            draft.asked.pop("contact_phone", None)
    if draft.times_asked("contact_phone") > _MOST_TRIES:
        draft.contact_phone = ANONYMOUS


def _ask_once_more(turn: Turn, said: Said) -> None:
    """Nothing usable was said: the question is simply put again."""


ANSWERS: dict[str, Callable[[Turn, Said], bool]] = {
    "insist": _insist,
    "description": _description,
    "department": _department,
    "address": _address,
    "town": _address,
    "place_choice": _place_choice,
    "contact_phone": _phone,
    "confirmation": corrections.confirmation,
    "correction": corrections.correction,
    "new_description": corrections.new_description,
    "new_phone": corrections.new_phone,
    "new_place": corrections.new_place,
}
OTHERWISE: dict[str, Callable[[Turn, Said], None]] = {
    "insist": _goes_on_telling,
    "description": _any_description,
    "department": _settle_department,
    "address": _ask_once_more,
    "town": _ask_once_more,
    "place_choice": _ask_once_more,
    "contact_phone": _no_phone,
    "confirmation": _ask_once_more,
    "correction": _ask_once_more,
    "new_description": _ask_once_more,
    "new_phone": corrections.keep_old_value,
    "new_place": corrections.keep_old_value,
}
