"""What a message adds to the draft: the story, the place, the phone, and what should be changed."""

from __future__ import annotations

import re
from dataclasses import replace

from actions import answers
from actions.report import department, place
from actions.report.draft import Draft
from actions.said import Said

MAX_DESCRIPTION = 10_000
_SHORT = 25  # characters
_SURE = 0.6
_MERE_ANSWERS = ("provide_info", "affirm", "deny", "correct_field", "cancel")
_MATTERS = ("report_issue", "ask_question", "out_of_scope")
_FILLING = re.compile(
    r"我|在|喺|住|家|电话|手机|号码|联系|方式|是|系|地址|地点|这里|呢度|[这那呢嗰]边|附近|你好|谢谢|"
    r"不对|应该|佛山市?|广东省?|就|的|嘅|打|请"
)
_TYPES = {
    "投诉": "complaint",
    "举报": "report",
    "求助": "help",
    "建议": "suggestion",
    "咨询": "consultation",
}
_NAMED_TYPE = re.compile(r"(?<!不是)(?<!唔系)(投诉|举报|求助|建议|咨询)")
# What is left of a wish without these is its matter.
_WISHING = re.compile(
    r"要|想|投诉|举报|反映|反应|求助|建议|咨询|登记|诉求|一个|一下|一件|件|个|问题?|事情?|情况|"
    r"怎么|可以|吗|帮|你们?|们|有|没|人|啊"
)
_MATTER = 6  # characters
# A phone beside these words is not the citizen's own.
_OTHERS = re.compile(r"骗|对方|商家|店家|老板|中介|公司|他|她|佢|该|来电|打来|号主")
_MASKED = r"(?:1[3-9]\d|0\d{2})\*{4}\d{4}"
_OWN_PHONE = re.compile(
    r"(?:我的?|我们的?|本人|联系|聯繫|联络|致电|回电|回复|打我)(?:个|嘅)?"
    rf"(?:手机|电话|電話|号码|方式|人)?[^\d*]{{0,8}}{_MASKED}"
    rf"|^(?:手机|电话|電話)[号码是为系:： ]{{0,4}}{_MASKED}"
)
_WISHES = (
    ("anonymous", re.compile(r"(?:不|唔)(?:想|要)?留(?:电话|号码)|匿名|电话(?:删|去掉|不要)")),
    ("phone", re.compile(r"电话|電話|号码|手机|手機|尾号|联系方式|聯繫")),
    (
        "department",
        re.compile(
            r"部门|部門|不归|唔归|归.{1,8}管|(?:局|交警|城管|消防)(?:负责|管|才对)|转给|派给"
        ),
    ),
    ("place", re.compile(r"地址|地点|地點|位置|地方|镇街|街道|路名|不是在|是在|喺")),
    ("description", re.compile(r"描述|内容|內容|经过|經過|重新(?:说|讲)|事情|写错|打错")),
    ("time", re.compile(r"时间|時間|日期|几点")),
    (
        "type",
        re.compile(
            r"(?:不是|唔系).{0,3}(?:投诉|举报|建议|咨询|求助)|(?:改成|改为|算|是)(?:投诉|举报|建议|咨询|求助)"
        ),
    ),
)


def keep_sealed(draft: Draft, said: Said) -> None:
    """Keep what the connector masked: it may stand in the story or be the contact phone."""
    if said.sealed and said.sealed not in draft.sealed:
        draft.sealed.append(said.sealed)


def has_no_matter(said: Said) -> bool:
    """Whether a first message says only that there is something, or only where or who."""
    if said.dangers:
        return False
    if only_identifies(said) or not answers.has_words(said.text):
        return True
    if said.names_matter or len(said.text) > _SHORT:
        return False
    if said.intent == "report_issue":
        return len(_WISHING.sub("", beside_facts(said))) < _MATTER
    # "丹灶金沙自来水又黄又浑" looks like an address and says more than one.
    if said.facilities or said.intent in _MATTERS or len(beside_facts(said)) >= _MATTER:
        return False
    return said.has_place or (said.intent in _MERE_ANSWERS and said.confidence >= _SURE)


def only_identifies(said: Said) -> bool:
    """Whether nothing is left of the message beside phones and names of places."""
    return bool(said.phones or said.places) and len(beside_facts(said)) < 2


def beside_facts(said: Said) -> str:
    """The words that are no phone, no name of a place, and no filling around these."""
    rest = said.text
    for known in (*said.phones, *said.places):
        rest = rest.replace(known, "")
    return _FILLING.sub("", answers.bare(rest))


def is_bare_wish(said: Said) -> bool:
    """我要投诉, 我想反映一个问题: a report without its matter."""
    return said.intent == "report_issue" and len(_WISHING.sub("", beside_facts(said))) < 2


def keep_for_later(draft: Draft, said: Said) -> None:
    """Keep words that are no story yet; they go before it. A phone alone needs no keeping."""
    words = said.text.strip()
    only_phone = only_identifies(said) and not said.places
    if has_news(said) and not only_phone and not is_bare_wish(said):
        draft.prelude = f"{draft.prelude}\n{words}".strip()


def is_attempt_at_number(said: Said) -> bool:
    """Whether little is left beside digits: 138001, 电话是1380013."""
    rest = re.sub(r"[\d*+-]", "", _FILLING.sub("", answers.bare(said.text)))
    return any(character.isdigit() for character in said.text) and len(rest) < 3


def has_news(said: Said) -> bool:
    """Whether there are words that must be kept: not just yes, no, a number or a refusal."""
    return answers.has_words(said.text) and not answers.is_only_an_answer(said.text)


def beside_the_place(said: Said) -> str:
    """The words before the place: 垃圾站好臭 of 垃圾站好臭，在桂城."""
    rest = said.text[: said.place_end or 0]
    for place_name in said.places:
        rest = rest.replace(place_name, "")
    return _FILLING.sub("", answers.bare(rest))


def tells_something(said: Said) -> bool:
    """Whether the message has words that belong in the story."""
    bare = answers.bare(said.text)
    return len(bare) >= 4 or (said.names_matter and len(bare) >= 2)


def describe(draft: Draft, said: Said) -> None:
    """Take the message as (the next part of) the story, with everything it says beside it."""
    first = not draft.description
    add_to_story(draft, said)
    if first:
        draft.appeal_type = draft.appeal_type or said.appeal_type
        draft.handling_mode = said.handling_mode
        department.consider(draft, said.ranking, said.dangers)
        if draft.urgent and draft.appeal_type == "consultation":
            draft.appeal_type = "help"
    note_place_and_phone(draft, said)


def retell(draft: Draft, said: Said) -> None:
    """Replace the story; the place and the phone stay as they are unless told anew."""
    before = draft.department
    draft.description = ""
    draft.appeal_type = None
    draft.urgent = False
    draft.occurred = None
    if said.has_place:
        draft.address, draft.place_options = {}, []
    describe(draft, said)
    if before in draft.department_options:
        # Still a likely one: the citizen has seen it in the summary and let it stand.
        department.settle(draft, before)


def make_do(draft: Draft, said: Said) -> None:
    """Nothing better is to be had: what was said before, or even this, is the story for staff."""
    if draft.prelude:
        draft.description, draft.prelude = draft.prelude, ""
        draft.appeal_type = draft.appeal_type or "complaint"
        department.consider(draft, ())
    elif answers.has_words(said.text):
        describe(draft, replace(said, ranking=()))


def add_to_story(draft: Draft, said: Said) -> None:
    """Append the words. Nothing a citizen tells is dropped."""
    parts = (draft.prelude, draft.description, said.text.strip())
    draft.description = "\n".join(part for part in parts if part)[:MAX_DESCRIPTION]
    draft.prelude = ""
    if said.urgent and not draft.urgent:
        draft.urgent = True
        department.lead_by_danger(draft, said.dangers)
    draft.occurred = draft.occurred or said.occurred


def note_place_and_phone(draft: Draft, said: Said) -> None:
    """Take a place, and a phone when it is said to be the citizen's own."""
    if not draft.has_town or place.is_closer(draft, said):
        place.note(draft, said)
    own = said.phones and (
        _OWN_PHONE.search(said.text)
        or only_identifies(said)
        or (len(said.text) <= _SHORT and not _OTHERS.search(said.text))
    )
    if own and draft.contact_phone is None:
        draft.contact_phone = said.phones[-1]


def named_type(said: Said) -> str | None:
    """The appeal type that the words name and do not deny, or None."""
    named = _NAMED_TYPE.findall(said.text)
    return _TYPES[named[-1]] if named else None


def wanted_correction(said: Said) -> str | None:
    """Which item the citizen wants changed, by the word for it, or None."""
    if said.bodies and said.intent in ("correct_field", "deny") and len(said.text) <= _SHORT:
        return "department"
    for wish, pattern in _WISHES:
        if pattern.search(said.text):
            return wish
    return None
