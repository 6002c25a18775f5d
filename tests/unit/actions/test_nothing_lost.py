"""Whatever is said, in whatever order: nothing breaks, and what was told is kept."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from actions import wording
from actions.report.dialogue import begin, go_on
from actions.report.digressions import is_digression
from actions.report.draft import Draft
from actions.report.turn import Outcome, Turn
from actions.said import Said

NEWS = ("井盖唔见咗", "垃圾堆满晒", "地盘半夜开工", "老板拖欠人工", "大货车嘈到死")
ANSWERS = (
    "对",
    "不对",
    "匿名",
    "不知道",
    "2",
    "138001",
    "谢谢",
    "什么意思",
    "改描述",
    "？",
    "改地点",
)
PINGDONG = {"district": "南海区", "town": "桂城街道", "community": "平东社区", "detail": None}
SHUNDE = {"district": "顺德区", "town": None, "community": None, "detail": None}
NOWHERE: dict[str, str | None] = {}
INTENTS = (
    "report_issue",
    "provide_info",
    "affirm",
    "deny",
    "cancel",
    "correct_field",
    "supplement_case",
    "query_status",
    "chitchat",
    "ask_question",
    "out_of_scope",
)


@st.composite
def messages(draw: st.DrawFn) -> Said:
    """Something told, or an answer; before or after a place; with any understanding of it."""
    words = draw(st.sampled_from(NEWS + ANSWERS))
    name, address = draw(st.sampled_from([("", NOWHERE), ("桂城平东", PINGDONG), ("顺德", SHUNDE)]))
    place_first = draw(st.booleans())
    phone = draw(st.sampled_from(["", "，我的电话138****8000"]))
    text = (name + words if place_first else words + name) + phone
    return Said(
        text=text,
        intent=draw(st.sampled_from(INTENTS)),
        confidence=draw(st.floats(0, 1)),
        names_matter=draw(st.booleans()),
        ranking=draw(st.sampled_from([(), (("health", 0.9),), (("health", 0.3), ("fire", 0.25))])),
        address=address,
        places=(name,) if name else (),
        place_end=text.index(name) + len(name) if name else None,
        phones=("138****8000",) if phone else (),
        dangers=draw(st.sampled_from([(), ("manhole",)])),
        urgent=draw(st.booleans()),
    )


def kept(turn: Turn) -> str:
    draft = turn.draft
    return f"{draft.prelude} {draft.description} {draft.address.get('detail')}"


def corrected(turn: Turn, what: str) -> bool:
    return {"what": what} in [reply.values for reply in turn.replies]


@settings(max_examples=500, deadline=None)
@given(st.lists(messages(), min_size=1, max_size=10))
def test_everything_told_is_in_the_draft_until_it_is_told_anew(talk: list[Said]) -> None:
    told: set[str] = set()
    turn = Turn(Draft.new())
    for number, said in enumerate(talk):
        question = turn.draft.question
        turn = begin(said) if number == 0 else go_on(turn.draft, said)
        if turn.outcome in (Outcome.CANCELLED, Outcome.NOT_FOR_CITY):
            return
        assert turn.replies or turn.outcome
        if question == "new_description" and corrected(turn, "事情经过"):
            told = set()
        if corrected(turn, "地点"):
            told = {news for news in told if news in kept(turn)}
        if turn.digression is None or not is_digression(said):
            told |= {news for news in NEWS if news in said.text}
        lost = [news for news in told if news not in kept(turn)]
        assert not lost, (lost, question, said, kept(turn))
        if turn.outcome is Outcome.FILE:
            return
        stored = Draft.from_slot(turn.draft.to_slot())
        assert stored == turn.draft


@settings(max_examples=200, deadline=None)
@given(messages(), st.sampled_from(ANSWERS))
def test_the_same_useless_answer_ends_no_talk_before_the_confirmation(
    first: Said, answer: str
) -> None:
    """Every question lets go after a few tries, or names the hotline.

    Only filing itself needs a clear word.
    """
    turn = begin(first)
    useless = Said(answer, "provide_info", names_matter=False)
    for _ in range(12):
        if turn.outcome or turn.draft.question == "confirmation":
            return
        turn = go_on(turn.draft, useless)
    said = "".join(wording.say(reply.response, reply.values) for reply in turn.replies)
    assert "12345" in said, f"stuck at {turn.draft.question}: {said}"
