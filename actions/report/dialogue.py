"""How a report goes on: one message of the citizen in, a new draft and the replies out.

No Rasa, no network, no clock: the whole conversation of a filing can be tested here. Each question
has one function that tries to read the message as its answer. If it cannot, the message may be a
digression (thanks, a status query); if it is neither, the question has a second wording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from actions import answers
from actions.report import department, facts, place
from actions.report.draft import ANONYMOUS, Draft
from actions.report.summary import summarize
from actions.said import Said
from bot.vocabulary import departments


class Outcome(Enum):
    """How a report ended."""

    FILE = "file"
    CANCELLED = "cancelled"
    NOT_FOR_CITY = "not_for_city"


@dataclass(frozen=True)
class Reply:
    """A response of the domain with what its text needs."""

    response: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Turn:
    """What one message leads to. ``digression`` names an intent that others have to answer."""

    draft: Draft
    replies: list[Reply] = field(default_factory=list)
    outcome: Outcome | None = None
    digression: str | None = None


# Answered in between, and then the question stands again.
DIGRESSIONS = {
    "query_status",
    "list_my_cases",
    "urge_case",
    "supplement_case",
    "withdraw_case",
    "rate_case",
    "greet",
    "thank",
    "goodbye",
    "ask_human",
    "ask_capability",
    "chitchat",
    "abuse",
}
_SURE = 0.6
_MOST_DESCRIPTION_QUESTIONS = 2
_MOST_PLACE_QUESTIONS = 2
_MOST_PHONE_QUESTIONS = 2
# An answer longer than this to "where?" or "your phone?" tells more of the story.
_STORY = 25


def begin(said: Said) -> Turn:
    """The first message of a report."""
    turn = Turn(Draft.new())
    draft = turn.draft
    facts.keep_sealed(draft, said)
    if said.intent == "report_issue" and not said.names_matter:
        facts.note_place_and_phone(draft, said)
    elif said.intent == "provide_info":
        facts.note_place_and_phone(draft, said)
    else:
        facts.describe(draft, said)
        if said.intent == "ask_question":
            draft.appeal_type = "consultation"
            turn.replies.append(Reply("utter_consultation"))
    if said.intent == "out_of_scope" and not draft.urgent:
        draft.question = "insist"
        turn.replies.append(Reply("utter_ask_insist"))
        return turn
    if draft.urgent:
        turn.replies.append(Reply("utter_danger"))
    _ask_next(turn)
    return turn


def go_on(draft: Draft, said: Said) -> Turn:
    """The next message of a report that is being filled in."""
    turn = Turn(draft)
    was_urgent = draft.urgent
    facts.keep_sealed(draft, said)
    if _cancels(draft, said):
        turn.outcome = Outcome.CANCELLED
        turn.replies.append(Reply("utter_cancelled"))
        return turn
    question = draft.question or "description"
    answered = _ANSWERS[question](turn, said)
    if not answered:
        if said.case_ids or (said.intent in DIGRESSIONS and said.confidence >= _SURE):
            turn.digression = "query_status" if said.case_ids else said.intent
        else:
            _OTHERWISE[question](turn, said)
    if draft.urgent and not was_urgent:
        turn.replies.insert(0, Reply("utter_danger"))
    if turn.outcome is None:
        _ask_next(turn)
    return turn


def _cancels(draft: Draft, said: Said) -> bool:
    if said.intent != "cancel" or said.confidence < _SURE:
        return False
    # "算了，不留了" after "your phone?" is an answer, and a long story is no cancelling.
    if draft.question in ("contact_phone", "new_phone") and answers.is_anonymous(said.text):
        return False
    return len(said.text) <= _STORY


def _ask_next(turn: Turn) -> None:
    """Choose and put the next question, unless the replies have put one already."""
    draft = turn.draft
    if draft.question in _STANDING and not turn.digression:
        pass
    elif draft.question != "insist":
        draft.question = _next_question(draft)
    question = draft.question or "confirmation"
    again = draft.times_asked(question) > 0 and not turn.digression
    if not turn.digression:
        draft.asked[question] = draft.times_asked(question) + 1
    turn.replies.append(_QUESTIONS[question](draft, again))


# Questions that stay until they are answered, though every item of the draft has a value.
_STANDING = ("insist", "correction", "new_description", "new_phone", "new_place")


def _next_question(draft: Draft) -> str:
    if not draft.description:
        return "description"
    if draft.department is None:
        return "department"
    if draft.needs_place and not draft.has_town:
        asked = sum(draft.times_asked(q) for q in ("address", "town", "place_choice"))
        if asked < _MOST_PLACE_QUESTIONS:
            if draft.place_options:
                return "place_choice"
            return "town" if draft.address.get("district") else "address"
    if draft.contact_phone is None:
        return "contact_phone"
    return "confirmation"


# How each question is put; ``again`` when the last try was not understood.


def _put_description(draft: Draft, again: bool) -> Reply:
    if draft.address.get("district") and not again:
        return Reply("utter_ask_description_here", {"place": place.in_words(draft.address)})
    return Reply("utter_ask_description_again" if again else "utter_ask_description")


def _put_department(draft: Draft, again: bool) -> Reply:
    lines = [
        f"{number}. {departments()[code].scope}"
        for number, code in enumerate(draft.department_options, start=1)
    ]
    lines.append(f"{len(lines) + 1}. 都不是，请帮我判断")
    return Reply("utter_ask_department", {"options": "\n".join(lines)})


def _put_address(draft: Draft, again: bool) -> Reply:
    return Reply("utter_ask_address_again" if again else "utter_ask_address")


def _put_town(draft: Draft, again: bool) -> Reply:
    if again:
        return Reply("utter_ask_address_again")
    district = draft.address["district"] or ""
    return Reply("utter_ask_town", {"district": district, "towns": place.towns_in_words(district)})


def _put_place_choice(draft: Draft, again: bool) -> Reply:
    lines = [
        f"{number}. {option['district']}{option['town']}"
        for number, option in enumerate(draft.place_options, start=1)
    ]
    name = draft.address.get("community") or ""
    return Reply("utter_ask_place_choice", {"name": name, "options": "\n".join(lines)})


def _put_phone(draft: Draft, again: bool) -> Reply:
    return Reply("utter_ask_contact_phone_again" if again else "utter_ask_contact_phone")


def _put_confirmation(draft: Draft, again: bool) -> Reply:
    return Reply("utter_ask_confirmation", {"summary": summarize(draft)})


_QUESTIONS: dict[str, Callable[[Draft, bool], Reply]] = {
    "insist": lambda draft, again: Reply("utter_ask_insist"),
    "description": _put_description,
    "department": _put_department,
    "address": _put_address,
    "town": _put_town,
    "place_choice": _put_place_choice,
    "contact_phone": _put_phone,
    "confirmation": _put_confirmation,
    "correction": lambda draft, again: Reply("utter_ask_correction"),
    "new_description": lambda draft, again: Reply("utter_ask_new_description"),
    "new_phone": lambda draft, again: Reply(
        "utter_phone_not_usable" if again else "utter_ask_contact_phone"
    ),
    "new_place": lambda draft, again: Reply(
        "utter_place_not_found" if again else "utter_ask_address"
    ),
}


# Reading the message as the answer to the question: True when it was one.


def _answer_insist(turn: Turn, said: Said) -> bool:
    if answers.is_yes(said.text) or "登记" in said.text:
        turn.draft.question = None
        return True
    if answers.is_no(said.text) or said.intent in ("deny", "thank", "goodbye"):
        turn.outcome = Outcome.NOT_FOR_CITY
        turn.replies.append(Reply("utter_not_for_city"))
        return True
    return False


def _tell_more_instead(turn: Turn, said: Said) -> None:
    """Neither yes nor no, but more words: the citizen goes on telling, so take it."""
    if facts.tells_something(said):
        facts.describe(turn.draft, said)
        turn.draft.question = None


def _answer_description(turn: Turn, said: Said) -> bool:
    if said.intent in DIGRESSIONS and said.confidence >= _SURE and not said.dangers:
        return False
    if said.intent == "provide_info" and said.has_place and len(said.text) < _STORY:
        facts.note_place_and_phone(turn.draft, said)
        return True
    if said.intent == "report_issue" and not said.names_matter and len(said.text) < _STORY:
        return False
    if not facts.tells_something(said):
        return False
    facts.describe(turn.draft, said)
    return True


def _take_any_description(turn: Turn, said: Said) -> None:
    """After two tries anything with words in it is taken as it is: a person will read it."""
    asked = turn.draft.times_asked("description")
    if asked >= _MOST_DESCRIPTION_QUESTIONS and answers.has_words(said.text):
        facts.describe(turn.draft, said)


def _answer_department(turn: Turn, said: Said) -> bool:
    return department.choose(turn.draft, said)


def _settle_department(turn: Turn, said: Said) -> None:
    """Asked once only: take the likeliest, and keep what was said as part of the story."""
    if facts.tells_something(said) and not answers.is_unknown(said.text):
        facts.add_to_story(turn.draft, said)
    department.settle(turn.draft, turn.draft.department_options[0])


def _answer_address(turn: Turn, said: Said) -> bool:
    draft = turn.draft
    if said.has_place:
        place.take(draft, said)
    elif answers.is_unknown(said.text) or answers.is_no(said.text):
        place.give_up(draft)
    elif said.intent in ("provide_info", "report_issue", "correct_field") or said.address.get(
        "detail"
    ):
        # A road or an estate without a town: worth keeping, the town is still asked.
        place.take_words(draft, said)
    else:
        return False
    if len(said.text) > _STORY:
        facts.add_to_story(draft, said)
    return True


def _keep_words_as_place(turn: Turn, said: Said) -> None:
    if answers.has_words(said.text):
        place.take_words(turn.draft, said)


def _answer_place_choice(turn: Turn, said: Said) -> bool:
    return place.choose(turn.draft, said) or _answer_address(turn, said)


def _answer_phone(turn: Turn, said: Said) -> bool:
    draft = turn.draft
    if said.phones:
        draft.contact_phone = said.phones[-1]
    elif answers.is_anonymous(said.text):
        draft.contact_phone = ANONYMOUS
    else:
        return False
    return True


def _phone_not_understood(turn: Turn, said: Said) -> None:
    draft = turn.draft
    if facts.tells_something(said) and not any(c.isdigit() for c in said.text):
        facts.note_place_and_phone(draft, said)
        facts.add_to_story(draft, said)
        turn.replies.append(Reply("utter_noted_more"))
        # It was no failed attempt at a number: ask as if for the first time.
        draft.asked["contact_phone"] = 0 if draft.times_asked("contact_phone") < 2 else 1
    if draft.times_asked("contact_phone") > _MOST_PHONE_QUESTIONS:
        draft.contact_phone = ANONYMOUS


def _answer_confirmation(turn: Turn, said: Said) -> bool:
    draft = turn.draft
    if answers.is_yes(said.text) or (
        said.intent == "affirm" and said.confidence >= _SURE and len(said.text) <= _STORY
    ):
        turn.outcome = Outcome.FILE
        return True
    if answers.is_no(said.text):
        draft.question = "correction"
        return True
    return _answer_correction(turn, said)


def _answer_correction(turn: Turn, said: Said) -> bool:
    draft = turn.draft
    wish = facts.wanted_correction(said)
    if said.phones:
        draft.contact_phone = said.phones[-1]
        return _corrected(turn, "电话")
    if wish == "phone":
        draft.question = "new_phone"
        draft.asked.pop("new_phone", None)
        return True
    if wish == "anonymous":
        draft.contact_phone = ANONYMOUS
        return _corrected(turn, "电话")
    if wish == "department":
        named = [code for code in said.bodies if code != draft.department]
        if named:
            department.settle(draft, named[-1])
            return _corrected(turn, "负责部门")
        department.ask_again(draft)
        draft.question = None
        return True
    if said.has_place and (wish == "place" or len(said.text) <= _STORY):
        place.replace_with(draft, said)
        draft.question = None
        return _corrected(turn, "地点")
    if wish == "place":
        if said.address.get("detail"):
            draft.address["detail"] = said.address["detail"]
            return _corrected(turn, "地点")
        draft.question = "new_place"
        draft.asked.pop("new_place", None)
        return True
    if wish == "description":
        draft.question = "new_description"
        return True
    if wish == "type":
        draft.appeal_type = said.appeal_type
        return _corrected(turn, "诉求类型")
    if wish == "time" and said.occurred:
        draft.occurred = said.occurred
        return _corrected(turn, "时间")
    if said.intent in DIGRESSIONS and said.confidence >= _SURE:
        return False
    if facts.tells_something(said) and said.intent in ("report_issue", "provide_info", "correct_field"):
        facts.add_to_story(draft, said)
        turn.replies.append(Reply("utter_noted_more"))
        draft.question = None
        return True
    return False


def _corrected(turn: Turn, what: str) -> bool:
    turn.replies.append(Reply("utter_corrected", {"what": what}))
    turn.draft.question = None
    return True


def _answer_new_description(turn: Turn, said: Said) -> bool:
    if not facts.tells_something(said):
        return False
    facts.retell(turn.draft, said)
    return _corrected(turn, "事情经过")


def _answer_new_phone(turn: Turn, said: Said) -> bool:
    if not _answer_phone(turn, said):
        return False
    return _corrected(turn, "电话")


def _answer_new_place(turn: Turn, said: Said) -> bool:
    if not said.has_place:
        return False
    place.replace_with(turn.draft, said)
    return _corrected(turn, "地点")


def _ask_once_more(turn: Turn, said: Said) -> None:
    """Nothing usable was said: the question is simply put again."""


def _keep_old_value(turn: Turn, said: Said) -> None:
    """The new value was not usable: after a second try the old one stays."""
    draft = turn.draft
    if draft.times_asked(draft.question or "") > 1:
        draft.question = None


_ANSWERS: dict[str, Callable[[Turn, Said], bool]] = {
    "insist": _answer_insist,
    "description": _answer_description,
    "department": _answer_department,
    "address": _answer_address,
    "town": _answer_address,
    "place_choice": _answer_place_choice,
    "contact_phone": _answer_phone,
    "confirmation": _answer_confirmation,
    "correction": _answer_correction,
    "new_description": _answer_new_description,
    "new_phone": _answer_new_phone,
    "new_place": _answer_new_place,
}
_OTHERWISE: dict[str, Callable[[Turn, Said], None]] = {
    "insist": _tell_more_instead,
    "description": _take_any_description,
    "department": _settle_department,
    "address": _keep_words_as_place,
    "town": _keep_words_as_place,
    "place_choice": _keep_words_as_place,
    "contact_phone": _phone_not_understood,
    "confirmation": _ask_once_more,
    "correction": _ask_once_more,
    "new_description": _ask_once_more,
    "new_phone": _keep_old_value,
    "new_place": _keep_old_value,
}
