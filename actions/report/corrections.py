"""Reading what a citizen says to the summary: yes, no, or what is to be changed."""

from __future__ import annotations

import re

from actions import answers
from actions.report import department, facts, place
from actions.report.digressions import is_digression
from actions.report.draft import ANONYMOUS
from actions.report.turn import Outcome, Turn
from actions.said import Said

_SURE = 0.6
_SHORT = 25  # characters; a longer text tells more than a place or a yes
_FEW = 10
_MORE = 4
_CORRECTING = re.compile(r"[改换写打填弄讲说错误成为到了]|不|唔|更正|新|先前|刚才|之前|那个|个")
_BUT = re.compile(r"不过|但|只是|还有|另外|仲有|补充|除了|漏")
_NOT_RIGHT = re.compile(r"[不唔](?:太|大|是很)?(?:对|啱|准|行|系|是)|错|有问题")
_YES_FIRST = re.compile(r"(?:对|系|是|啱|好|可以|没错|冇错|无误)(?:的|嘅|啊|呀)?[,，。!！ ]")
_DENIES = re.compile(r"不|唔|错|别|咪")


def confirmation(turn: Turn, said: Said) -> bool:
    """The answer to "对吗？"."""
    if answers.is_yes(said.text) or _agrees(said):
        if facts.has_news(said):
            # "对，麻烦晚上打给我": filed, and the wish is filed with it.
            facts.add_to_story(turn.draft, said)
        turn.outcome = Outcome.FILE
        return True
    if answers.is_no(said.text) or _disagrees(said):
        turn.draft.question = "correction"
        return True
    return _change(turn, said)


def correction(turn: Turn, said: Said) -> bool:
    """The answer to "哪里要改？"."""
    if answers.keeps_it(said.text) or answers.is_yes(said.text) or answers.is_no(said.text):
        turn.draft.question = None
        return True
    return _change(turn, said)


def new_description(turn: Turn, said: Said) -> bool:
    if is_digression(said) or facts.only_identifies(said) or not facts.tells_something(said):
        return False
    if answers.keeps_it(said.text) and len(said.text) <= _FEW:
        turn.draft.question = None
        return True
    if answers.is_only_an_answer(said.text):
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
    if said.has_place:
        return _new_place(turn, said)
    if is_digression(said) or answers.is_only_an_answer(said.text):
        return False
    if place.looks_like_one(said):
        return _new_detail(turn, said)
    return False


def keep_old_value(turn: Turn, said: Said) -> None:
    """The new value was not usable: after a second try the old one stays."""
    if facts.has_news(said) and not facts.is_attempt_at_number(said):
        facts.add_to_story(turn.draft, said)
    if turn.draft.times_asked(turn.draft.question or "") > 1:
        turn.draft.question = None


def _agrees(said: Said) -> bool:
    """ "对，麻烦快点": a yes with something beside that changes nothing."""
    sure = said.confidence >= _SURE or _YES_FIRST.match(said.text.strip())
    return (
        said.intent == "affirm"
        and bool(sure)
        and len(said.text) <= _SHORT
        and not _BUT.search(said.text)
    )


def _disagrees(said: Said) -> bool:
    """ "我觉得不太对": no more than a no."""
    return (
        said.intent == "deny"
        and said.confidence >= _SURE
        and len(said.text) <= _FEW
        and bool(_NOT_RIGHT.search(said.text))
        and not answers.is_only_an_answer(said.text)
        and facts.wanted_correction(said) is None
    )


def _change(turn: Turn, said: Said) -> bool:
    """What is to be changed or added, said with or without the new value."""
    wish = facts.wanted_correction(said)
    if said.phones and (wish == "phone" or len(said.text) <= _SHORT):
        turn.draft.contact_phone = said.phones[-1]
        _keep_words(turn, said, facts.beside_facts(said))
        return _done(turn, "电话")
    if wish in _BY_WISH and _BY_WISH[wish](turn, said):
        return True
    if said.has_place and len(said.text) <= _SHORT:
        return _new_place(turn, said)
    if is_digression(said) or not facts.has_news(said):
        return False
    facts.add_to_story(turn.draft, said)
    if said.intent == "correct_field" and said.facilities:
        department.reconsider(turn.draft, said)
    turn.say("noted_more")
    turn.draft.question = None
    return True


def _keep_words(turn: Turn, said: Said, beside: str = "") -> None:
    """The message tells more than the new value: it is long, or has words beside it."""
    if len(said.text) > _SHORT or len(_CORRECTING.sub("", beside)) >= _MORE:
        facts.add_to_story(turn.draft, said)


def _done(turn: Turn, what: str) -> bool:
    turn.say("corrected", what=what)
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
    if said.bodies and not _DENIES.search(said.text):
        return _done(turn, "负责部门")
    department.ask_again(turn.draft)
    turn.draft.question = None
    return True


def _place(turn: Turn, said: Said) -> bool:
    if said.has_place:
        return _new_place(turn, said)
    if said.address.get("detail"):
        return _new_detail(turn, said)
    return _ask(turn, "new_place") if len(said.text) <= _SHORT else False


def _new_place(turn: Turn, said: Said) -> bool:
    place.replace_with(turn.draft, said)
    _keep_words(turn, said, facts.beside_the_place(said))
    return _done(turn, "地点")


def _new_detail(turn: Turn, said: Said) -> bool:
    """The town stands, the place within it is another."""
    turn.draft.address["detail"] = None
    place.take_words(turn.draft, said)
    _keep_words(turn, said)
    return _done(turn, "地点")


def _type(turn: Turn, said: Said) -> bool:
    turn.draft.appeal_type = facts.named_type(said) or said.appeal_type
    return _done(turn, "诉求类型")


def _time(turn: Turn, said: Said) -> bool:
    if not said.occurred:
        return False
    turn.draft.occurred = said.occurred
    _keep_words(turn, said)
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
