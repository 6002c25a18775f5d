"""Reading what a citizen says to the summary: yes, no, or what is to be changed."""

from __future__ import annotations

from actions import answers
from actions.report import department, facts, place
from actions.report.digressions import is_digression
from actions.report.draft import ANONYMOUS
from actions.report.turn import Outcome, Turn
from actions.said import Said

_SURE = 0.6
_SHORT = 25  # characters; a longer text tells more than a place or a yes


def confirmation(turn: Turn, said: Said) -> bool:
    """The answer to "对吗？"."""
    if answers.is_yes(said.text) or (
        said.intent == "affirm" and said.confidence >= _SURE and len(said.text) <= _SHORT
    ):
        turn.outcome = Outcome.FILE
        return True
    if answers.is_no(said.text):
        turn.draft.question = "correction"
        return True
    return correction(turn, said)


def correction(turn: Turn, said: Said) -> bool:
    """What is to be changed, said with or without the new value."""
    wish = facts.wanted_correction(said)
    if said.phones:
        turn.draft.contact_phone = said.phones[-1]
        return _done(turn, "电话")
    if wish in _BY_WISH and _BY_WISH[wish](turn, said):
        return True
    if said.has_place and len(said.text) <= _SHORT:
        return _new_place(turn, said)
    if is_digression(said):
        return False
    if facts.tells_something(said) and said.intent != "deny":
        facts.add_to_story(turn.draft, said)
        turn.say("utter_noted_more")
        turn.draft.question = None
        return True
    return False


def new_description(turn: Turn, said: Said) -> bool:
    if not facts.tells_something(said):
        return False
    facts.retell(turn.draft, said)
    return _done(turn, "事情经过")


def new_phone(turn: Turn, said: Said) -> bool:
    if said.phones:
        turn.draft.contact_phone = said.phones[-1]
    elif answers.is_anonymous(said.text):
        turn.draft.contact_phone = ANONYMOUS
    else:
        return False
    return _done(turn, "电话")


def new_place(turn: Turn, said: Said) -> bool:
    return said.has_place and _new_place(turn, said)


def keep_old_value(turn: Turn, said: Said) -> None:
    """The new value was not usable: after a second try the old one stays."""
    if turn.draft.times_asked(turn.draft.question or "") > 1:
        turn.draft.question = None


def _done(turn: Turn, what: str) -> bool:
    turn.say("utter_corrected", what=what)
    turn.draft.question = None
    return True


def _ask(turn: Turn, question: str) -> bool:
    turn.draft.question = question
    turn.draft.asked.pop(question, None)
    return True


def _anonymous(turn: Turn, said: Said) -> bool:
    turn.draft.contact_phone = ANONYMOUS
    return _done(turn, "电话")


def _department(turn: Turn, said: Said) -> bool:
    named = [code for code in said.bodies if code != turn.draft.department]
    if named:
        department.settle(turn.draft, named[-1])
        return _done(turn, "负责部门")
    department.ask_again(turn.draft)
    turn.draft.question = None
    return True


def _place(turn: Turn, said: Said) -> bool:
    if said.has_place:
        return _new_place(turn, said)
    detail = said.address.get("detail")
    if detail:
        turn.draft.address["detail"] = detail
        return _done(turn, "地点")
    return _ask(turn, "new_place") if len(said.text) <= _SHORT else False


def _new_place(turn: Turn, said: Said) -> bool:
    place.replace_with(turn.draft, said)
    return _done(turn, "地点")


def _type(turn: Turn, said: Said) -> bool:
    turn.draft.appeal_type = facts.named_type(said) or said.appeal_type
    return _done(turn, "诉求类型")


def _time(turn: Turn, said: Said) -> bool:
    if not said.occurred:
        return False
    turn.draft.occurred = said.occurred
    return _done(turn, "时间")


def _description(turn: Turn, said: Said) -> bool:
    return _ask(turn, "new_description") if len(said.text) <= _SHORT else False


_BY_WISH = {
    "anonymous": _anonymous,
    "phone": lambda turn, said: len(said.text) <= _SHORT and _ask(turn, "new_phone"),
    "department": lambda turn, said: len(said.text) <= _SHORT and _department(turn, said),
    "place": _place,
    "description": _description,
    "type": _type,
    "time": _time,
}
