"""Reading a message as the answer to the question that was put.

Each question has one function that says whether the message answers it and changes the draft, and
one for what happens when the message is neither an answer nor a digression.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from actions import answers
from actions.report import corrections, department, facts, place
from actions.report.digressions import is_digression
from actions.report.draft import ANONYMOUS
from actions.report.turn import Outcome, Turn
from actions.said import Said

_MOST_TRIES = 2
_MORE = 4  # characters beside a place that are worth keeping
_REFUSAL = 15  # characters; "电话就不留了，我怕被人报复" is no more than a refusal
# An answer longer than this to "where?" or "your phone?" tells more of the story.
STORY = 25


def _insist(turn: Turn, said: Said) -> bool:
    if answers.is_yes(said.text) or ("登记" in said.text and "不" not in said.text):
        turn.draft.question = None
        return True
    if answers.is_no(said.text) or said.intent in ("deny", "thank", "goodbye", "cancel"):
        turn.outcome = Outcome.NOT_FOR_CITY
        turn.say("not_for_city")
        return True
    return False


def _goes_on_telling(turn: Turn, said: Said) -> None:
    """Neither yes nor no, but more words: the citizen insists by going on."""
    if facts.has_news(said):
        facts.describe(turn.draft, said)
        turn.draft.question = None
    elif turn.draft.times_asked("insist") >= _MOST_TRIES:
        # Rather one appeal too many than one lost; it can still be cancelled.
        turn.draft.question = None


def _description(turn: Turn, said: Said) -> bool:
    if is_digression(said):
        return False
    draft = turn.draft
    if facts.only_identifies(said):
        before = (dict(draft.address), draft.contact_phone)
        facts.note_place_and_phone(draft, said)
        facts.keep_for_later(draft, said)
        if before != (draft.address, draft.contact_phone):
            # A step forward: what happened is asked as if for the first time.
            draft.asked.pop("description", None)
        return True
    if said.intent == "report_issue" and not said.names_matter and len(said.text) < STORY:
        return False
    if not facts.tells_something(said) or answers.is_only_an_answer(said.text):
        return False
    facts.describe(draft, said)
    return True


def _any_description(turn: Turn, said: Said) -> None:
    """After two tries anything with words in it is taken as it is: a person will read it."""
    draft = turn.draft
    if answers.refuses_phone(said.text) and answers.is_only_an_answer(said.text):
        draft.contact_phone = ANONYMOUS
    if draft.times_asked("description") < _MOST_TRIES:
        facts.keep_for_later(draft, said)
    elif answers.is_only_an_answer(said.text) or not answers.has_words(said.text):
        facts.make_do(draft, said)
    else:
        facts.describe(draft, said)


def _department(turn: Turn, said: Said) -> bool:
    return department.choose(turn.draft, said)


def _settle_department(turn: Turn, said: Said) -> None:
    """Asked once only: take the likeliest, and keep what was said as part of the story."""
    draft = turn.draft
    facts.note_place_and_phone(draft, said)
    likeliest = department.likeliest(draft)
    if answers.is_only_an_answer(said.text):
        if answers.refuses_phone(said.text):
            draft.contact_phone = ANONYMOUS
    elif facts.has_news(said) and not facts.only_identifies(said):
        facts.add_to_story(draft, said)
        likeliest = department.likeliest(draft, said)
    if draft.department is None:
        department.settle(draft, likeliest)


def _address(turn: Turn, said: Said) -> bool:
    draft = turn.draft
    if said.has_place:
        place.take(draft, said)
        tells_more = (
            len(said.text) > STORY
            or bool(said.facilities)
            or len(facts.beside_the_place(said)) >= _MORE
        )
    elif answers.is_only_an_answer(said.text):
        return _no_address(turn, said)
    elif is_digression(said) or not answers.has_words(said.text):
        return False
    elif facts.only_identifies(said):
        facts.note_place_and_phone(draft, said)
        tells_more = False
    elif place.looks_like_one(said):
        # A road or an estate without a town: worth keeping, the town is still asked.
        place.take_words(draft, said)
        tells_more = len(said.text) > STORY
    else:
        turn.say("noted_more")
        tells_more = True
    if tells_more:
        facts.add_to_story(draft, said)
    return True


def _no_address(turn: Turn, said: Said) -> bool:
    """A short answer without a place: the citizen does not know, or refuses the phone already."""
    if answers.is_unknown(said.text) or answers.is_no(said.text):
        place.give_up(turn.draft)
    elif answers.refuses_phone(said.text):
        turn.draft.contact_phone = ANONYMOUS
    else:
        return False
    return True


def _place_choice(turn: Turn, said: Said) -> bool:
    return place.choose(turn.draft, said) or _address(turn, said)


def _phone(turn: Turn, said: Said) -> bool:
    if said.phones:
        turn.draft.contact_phone = said.phones[-1]
        if not facts.only_identifies(said):
            # A time told here is when to call, not when it happened.
            facts.add_to_story(turn.draft, replace(said, occurred=None))
    elif answers.is_anonymous(said.text):
        turn.draft.contact_phone = ANONYMOUS
        if not answers.is_only_an_answer(said.text) and len(said.text) > _REFUSAL:
            facts.add_to_story(turn.draft, said)
    else:
        return False
    return True


def _no_phone(turn: Turn, said: Said) -> None:
    draft = turn.draft
    if facts.has_news(said) and not facts.is_attempt_at_number(said):
        facts.note_place_and_phone(draft, said)
        facts.add_to_story(draft, said)
        turn.say("noted_more")
        # It was no failed attempt at a number: ask as if for the first time, but not for ever.
        draft.asked["more"] = draft.times_asked("more") + 1
        if draft.times_asked("more") <= _MOST_TRIES:
            draft.asked.pop("contact_phone", None)
    if draft.times_asked("contact_phone") > _MOST_TRIES:
        draft.contact_phone = ANONYMOUS


def _ask_once_more(turn: Turn, said: Said) -> None:
    """Nothing usable was said: the question is simply put again."""


def _confirm_once_more(turn: Turn, said: Said) -> None:
    """Nothing filed without a yes; words that may matter to the reader are kept all the same."""
    if facts.has_news(said):
        facts.add_to_story(turn.draft, said)
        turn.say("noted_more")


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
    "confirmation": _confirm_once_more,
    "correction": corrections.keep_old_value,
    "new_description": corrections.keep_old_value,
    "new_phone": corrections.keep_old_value,
    "new_place": corrections.keep_old_value,
}
