"""The filing conversation without Rasa: hand-made messages in, drafts and replies out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.report.dialogue import begin, go_on
from actions.report.draft import ANONYMOUS, Draft
from actions.report.turn import Outcome, Turn
from actions.said import Said
from bot.vocabulary import danger_leads

PINGDONG = {"district": "南海区", "town": "桂城街道", "community": "平东社区", "detail": None}
STORY = Said(
    "桂城平东路灯坏了三天",
    "report_issue",
    ranking=(("urban_management", 0.9), ("transport", 0.05)),
    address=PINGDONG,
    places=("桂城", "平东"),
    place_end=4,
)
NO_PLACE = replace(STORY, text="路灯坏了三天没人修", address={}, places=(), place_end=None)
WISH = Said("我要投诉", "report_issue", names_matter=False)


def said(text: str, intent: str = "provide_info", **more: object) -> Said:
    return Said(text, intent, names_matter=False, **more)  # type: ignore[arg-type]


def talk(*messages: Said) -> Turn:
    turn = begin(messages[0])
    for message in messages[1:]:
        assert turn.outcome is None, "the talk was over before this message"
        # As in the tracker: the draft is written to a slot and read again.
        draft = Draft.from_slot(turn.draft.to_slot())
        assert draft is not None
        turn = go_on(draft, message)
    return turn


def last(turn: Turn) -> str:
    return turn.replies[-1].response


def test_a_whole_story_is_asked_only_for_the_phone() -> None:
    turn = talk(STORY)
    assert [reply.response for reply in turn.replies] == ["ask_contact_phone"]
    turn = talk(STORY, said("匿名", "deny"))
    assert last(turn) == "ask_confirmation"
    assert talk(STORY, said("匿名", "deny"), said("对", "affirm")).outcome is Outcome.FILE


def test_a_bare_wish_is_asked_what_then_where_then_phone() -> None:
    assert last(talk(WISH)) == "ask_description"
    assert last(talk(WISH, NO_PLACE)) == "ask_address"
    district = said("顺德", address={"district": "顺德区"}, places=("顺德",), place_end=2)
    turn = talk(WISH, NO_PLACE, district)
    assert last(turn) == "ask_town"
    assert "大良街道" in turn.replies[-1].values["towns"]


def test_a_place_first_is_kept_and_stands_before_the_story() -> None:
    place_only = said("桂城平东", address=PINGDONG, places=("桂城", "平东"), place_end=4)
    turn = talk(place_only)
    assert last(turn) == "ask_description_here"
    turn = talk(place_only, NO_PLACE)
    assert turn.draft.description == "桂城平东\n路灯坏了三天没人修"
    assert turn.draft.address["community"] == "平东社区"


def test_a_phone_is_never_the_story() -> None:
    turn = talk(WISH, said("138****8000", phones=("138****8000",)))
    assert last(turn) == "ask_description"
    assert turn.draft.description == ""
    assert turn.draft.contact_phone == "138****8000"


def test_a_report_that_looks_like_a_place_is_a_story_when_it_names_a_danger() -> None:
    text = "大沥盐步河西那个菜市场门口个井盖唔见咗，好危险"
    turn = talk(said(text, dangers=("manhole",), urgent=True, ranking=(("water", 0.4),)))
    assert turn.draft.description == text
    assert turn.replies[0].response == "danger"
    assert turn.draft.department == "urban_management"


def test_an_unclear_department_is_asked_once_and_never_by_code() -> None:
    unclear = replace(
        STORY, ranking=(("traffic_police", 0.35), ("transport", 0.3), ("ecology", 0.1))
    )
    turn = talk(unclear)
    assert last(turn) == "ask_department"
    assert "traffic_police" not in turn.replies[-1].values["options"]
    assert talk(unclear, said("第二个")).draft.department == "transport"
    assert talk(unclear, said("4")).draft.department == "traffic_police"
    told_more = talk(unclear, said("就是很多大货车经过啊", "report_issue"))
    assert told_more.draft.department == "traffic_police"
    assert "大货车经过" in told_more.draft.description


def test_matters_without_a_place_are_not_asked_for_one() -> None:
    fund = replace(NO_PLACE, text="公积金提取不了", ranking=(("housing_fund", 0.95),))
    assert last(talk(fund)) == "ask_contact_phone"
    question = replace(NO_PLACE, intent="ask_question", text="路灯归谁管")
    turn = talk(question)
    assert [r.response for r in turn.replies] == ["consultation", "ask_contact_phone"]


def test_an_unknown_place_is_asked_twice_at_most_and_the_words_are_kept() -> None:
    turn = talk(NO_PLACE, said("幸福路口那里"), said("就是那个路口旁边"))
    assert last(turn) == "ask_contact_phone"
    assert "幸福路口" in (turn.draft.address["detail"] or "")
    assert last(talk(NO_PLACE, said("不知道", "deny"))) == "ask_contact_phone"


def test_an_ambiguous_place_is_asked_with_its_candidates() -> None:
    options = (
        {"district": "南海区", "town": "大沥镇", "community": "河西社区"},
        {"district": "高明区", "town": "杨和镇", "community": "河西社区"},
    )
    where = {"community": "河西社区"}
    story = replace(NO_PLACE, address=where, place_options=options, places=("河西社区",))
    assert last(talk(story)) == "ask_place_choice"
    assert talk(story, said("2")).draft.address["town"] == "杨和镇"


def test_a_wrong_phone_is_asked_again_and_then_left_out() -> None:
    assert last(talk(STORY, said("138001"))) == "ask_contact_phone_again"
    turn = talk(STORY, said("138001"), said("138"), said("1"))
    assert turn.draft.contact_phone == ANONYMOUS


def test_words_instead_of_a_phone_go_into_the_story() -> None:
    turn = talk(STORY, said("对了，还有垃圾没人收", "report_issue"))
    assert [reply.response for reply in turn.replies] == [
        "noted_more",
        "ask_contact_phone",
    ]
    assert "垃圾没人收" in turn.draft.description


CONFIRM = (STORY, said("匿名", "deny"))


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (said("电话改成139****9000", "correct_field", phones=("139****9000",)), "电话"),
        (
            said(
                "不是桂城，是里水",
                "correct_field",
                address={"district": "南海区", "town": "里水镇"},
                places=("里水",),
                place_end=8,
            ),
            "地点",
        ),
        (said("我是建议不是投诉", "correct_field"), "诉求类型"),
        (said("时间是昨晚", "correct_field", occurred="昨晚"), "时间"),
        (said("不是这个部门，是交警", "correct_field", bodies=("traffic_police",)), "负责部门"),
    ],
)
def test_one_item_is_corrected_and_the_summary_shown_again(message: Said, what: str) -> None:
    turn = talk(*CONFIRM, message)
    assert turn.replies[0].values == {"what": what}
    assert last(turn) == "ask_confirmation"
    # The same after a plain "不对".
    turn = talk(*CONFIRM, said("不对", "deny"), message)
    assert turn.replies[0].values == {"what": what}


def test_an_unusable_new_value_keeps_the_old_one() -> None:
    with_phone = (STORY, said("138****8000", phones=("138****8000",)))
    turn = talk(*with_phone, said("电话错了", "correct_field"), said("13"), said("还是13"))
    assert turn.draft.contact_phone == "138****8000"
    assert last(turn) == "ask_confirmation"


def test_cancel_at_each_question_but_not_when_it_refuses_the_phone() -> None:
    cancel = said("算了不弄了", "cancel")
    for so_far in ((WISH,), (NO_PLACE,), CONFIRM, (*CONFIRM, said("不对", "deny"))):
        assert talk(*so_far, cancel).outcome is Outcome.CANCELLED
    refused = talk(STORY, said("算了，不留了", "cancel"))
    assert refused.outcome is None and refused.draft.contact_phone == ANONYMOUS


def test_a_digression_is_handed_on_and_the_question_stands() -> None:
    turn = talk(STORY, said("谢谢", "thank"))
    assert turn.digression == "thank"
    assert last(turn) == "ask_contact_phone"
    turn = talk(STORY, said("FS2026…", "chitchat", case_ids=((None, "FS2026"),)))
    assert turn.digression == "query_status"


def test_what_is_not_for_the_city_is_filed_only_if_the_citizen_insists() -> None:
    court = Said("法院判了三年，想改判", "out_of_scope", ranking=(("justice", 0.8),))
    assert last(talk(court)) == "ask_insist"
    assert talk(court, said("不用了", "deny")).outcome is Outcome.NOT_FOR_CITY
    insisted = talk(court, said("登记", "affirm"))
    assert insisted.outcome is None and insisted.draft.description == court.text
    # A place in Foshan makes it the city's at first sight.
    assert last(talk(replace(court, address=PINGDONG))) != "ask_insist"


def test_own_phone_in_a_letter_is_taken_and_another_number_is_not() -> None:
    phone = ("138****8000",)
    long = "，这家公司一直骗人不退钱，很多老人家都上当了，请查处。"
    own = replace(STORY, text="桂城平东路灯坏了" + long + "我的电话138****8000", phones=phone)
    assert talk(own).draft.contact_phone == "138****8000"
    theirs = replace(STORY, text="桂城平东骗子公司的138****8000打来" + long, phones=phone)
    assert talk(theirs).draft.contact_phone is None


def test_nothing_but_signs_is_no_story() -> None:
    assert talk(said("？？", "report_issue")).draft.description == ""


def test_a_swindlers_phone_is_not_the_citizens() -> None:
    story = replace(STORY, text="桂城平东骗子电话138****8000", phones=("138****8000",))
    assert talk(story).draft.contact_phone is None


def test_a_question_about_filing_is_answered_and_the_question_stands() -> None:
    turn = talk(STORY, said("会不会泄露我的电话啊", "chitchat"))
    assert [r.response for r in turn.replies] == ["aside_privacy", "ask_contact_phone"]
    turn = talk(STORY, said("要多久才能处理好", "ask_question"))
    assert [r.response for r in turn.replies] == ["aside_how_long", "ask_contact_phone"]
    assert turn.draft.description == STORY.text
    assert talk(STORY, said("什么意思？", "out_of_scope")).replies[0].response == "aside_puzzled"


def test_a_danger_told_later_is_answered_first_and_names_the_lead() -> None:
    danger = said("有煤气味，好惊会爆", "report_issue", dangers=("gas",), urgent=True)
    turn = talk(NO_PLACE, danger)
    assert turn.replies[0].response == "danger"
    assert turn.draft.department == danger_leads()["gas"]
    assert turn.draft.urgent


def test_the_phone_may_be_refused_before_it_is_asked_for() -> None:
    turn = talk(NO_PLACE, said("匿名", "deny"))
    assert turn.draft.contact_phone == ANONYMOUS
    assert last(turn) == "ask_address_again" and not turn.draft.address


def test_more_of_the_story_is_not_taken_for_the_place() -> None:
    turn = talk(NO_PLACE, said("烂咗好耐", "report_issue"))
    assert "烂咗好耐" in turn.draft.description and not turn.draft.address
    road = talk(NO_PLACE, said("江湾路"))
    assert road.draft.address["detail"] == "江湾路"


def test_refusing_all_departments_after_a_correction_leaves_it_to_staff() -> None:
    several = replace(STORY, ranking=(("urban_management", 0.8), ("fire", 0.1), ("health", 0.1)))
    turn = talk(several, said("匿名", "deny"), said("部门不对", "correct_field"))
    assert last(turn) == "ask_department"
    assert go_on(turn.draft, said("都不是", "deny")).draft.department == "government_services"


def test_changing_the_mind_about_a_correction_keeps_the_report() -> None:
    turn = talk(*CONFIRM, said("不对", "deny"), said("算了不改了", "cancel"))
    assert turn.outcome is None and last(turn) == "ask_confirmation"
    assert talk(*CONFIRM, said("不提交了", "deny")).outcome is Outcome.CANCELLED


def test_a_yes_with_a_wish_is_filed_with_the_wish() -> None:
    turn = talk(*CONFIRM, said("对，麻烦晚上打给我", "affirm", confidence=0.5))
    assert turn.outcome is Outcome.FILE and "晚上打给我" in turn.draft.description
    more = talk(*CONFIRM, said("对，不过是坏了四盏", "affirm"))
    assert more.outcome is None and "四盏" in more.draft.description


def test_adding_to_the_story_is_no_digression() -> None:
    turn = talk(*CONFIRM, said("补充一下，旁边那盏也坏了", "supplement_case"))
    assert turn.digression is None and "旁边那盏" in turn.draft.description


def test_two_tries_without_a_story_make_do_with_what_there_is() -> None:
    place_only = said("桂城平东", address=PINGDONG, places=("桂城", "平东"), place_end=4)
    turn = talk(place_only, said("嗯", "affirm"), said("嗯", "affirm"), said("嗯", "affirm"))
    assert turn.draft.description == "桂城平东"
    assert turn.draft.department == "government_services"


words = st.text(alphabet="路灯坏了对不是匿名好嘈12三里水电话改取消谢 ，", max_size=30)
intents = st.sampled_from(
    [
        "report_issue",
        "provide_info",
        "affirm",
        "deny",
        "cancel",
        "thank",
        "chitchat",
        "correct_field",
        "ask_question",
        "out_of_scope",
        "query_status",
        "abuse",
    ]
)
messages = st.builds(
    Said,
    text=words,
    intent=intents,
    confidence=st.floats(0, 1),
    names_matter=st.booleans(),
    ranking=st.sampled_from([(), STORY.ranking, (("health", 0.3), ("fire", 0.3))]),
    address=st.sampled_from([{}, PINGDONG, {"district": "顺德区"}, {"detail": "同济路"}]),
    phones=st.sampled_from([(), ("138****8000",)]),
    urgent=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(messages, min_size=1, max_size=12))
def test_no_talk_ever_breaks_or_ends_without_an_answer(talked: list[Said]) -> None:
    turn = begin(talked[0])
    for message in talked[1:]:
        if turn.outcome is not None:
            return
        assert turn.replies
        draft = Draft.from_slot(turn.draft.to_slot())
        assert draft is not None
        before = draft.description
        turn = go_on(draft, message)
        # Only telling it anew may shorten the story.
        assert (
            draft.question == "new_description"
            or len(turn.draft.description) >= len(before)
            or ({"what": "事情经过"} in [reply.values for reply in turn.replies])
        )
