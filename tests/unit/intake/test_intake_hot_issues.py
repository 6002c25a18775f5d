"""Hot issues among plain appeals: the same matter is found together, other matters stay apart."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.assessment.hot_issues import Appeal, Issue, hot_issues
from intake.assessment.ngrams import grams_of, plain
from intake.deadlines import SHANGHAI

UNTIL = dt.datetime(2026, 12, 1, tzinfo=SHANGHAI)
DAY = dt.timedelta(days=1)
START = UNTIL - 30 * DAY
LIFTS = [
    "翠湖湾花园3栋电梯又停了，老人上不了楼，物业说等配件",
    "翠湖湾花园的电梯三天两头坏，昨晚困人半小时，物业不管",
    "请物业快点修好翠湖湾花园的电梯，我家住十八楼",
    "翠湖湾花园电梯坏了一个星期没有人修，物业一直拖",
    "又被关在电梯里！翠湖湾花园的物业收了钱不维修",
]
FISH = [
    "黎涌河边的鱼塘半夜放黑水，河里的鱼都死了，臭气熏天",
    "黎涌河又有人偷排黑水，鱼死了一大片，晚上臭得睡不着",
    "鱼塘往黎涌河排黑水，死鱼漂满河面，没有人管",
]
# Nothing but their town in common.
OTHERS = [
    "驾校不给安排考试，报名半年了",
    "公积金提取要什么材料",
    "路口红绿灯时间太短，过不了马路",
    "幼儿园学费涨了一倍，有没有文件",
    "邻居养的狗没有牵绳，咬了小孩",
    "买到过期的奶粉，商店不退钱",
    "工地拖欠工资三个月，包工头不见了",
    "社保卡丢了，在哪里补办",
    "楼下麻将馆吵到半夜两点",
    "公交车晚点，等了四十分钟",
    "停车场乱收费，没有公示价格",
    "新房漏水，开发商推来推去",
    "快递丢了，公司不赔",
    "燃气表读数不对，多交了钱",
    "学校门口车太多，孩子过马路危险",
    "村里的路灯三个月不亮了",
]


def appeals(texts: list[str], days_ago: float = 3, place: str = "", **more: str) -> list[Appeal]:
    """One of each text, from as many citizens, half an hour apart."""
    return [
        Appeal(
            text,
            UNTIL - days_ago * DAY - number * dt.timedelta(minutes=30),
            place,
            more.get("citizen", f"wechat:{place}{days_ago}{text}"),
            f"case-{number}",
        )
        for number, text in enumerate(texts)
    ]


def found_in(*groups: list[Appeal]) -> list[Issue]:
    everything = [appeal for group in groups for appeal in group]
    random.Random(1).shuffle(everything)
    return hot_issues(everything, START, UNTIL)


def test_two_matters_and_much_else() -> None:
    lifts, fish = found_in(appeals(LIFTS), appeals(FISH), appeals(OTHERS))
    assert (lifts.count, lifts.people, lifts.before, lifts.trend) == (5, 5, 0, "new")
    assert (fish.count, fish.people) == (3, 3)
    assert any("翠湖湾" in word for word in lifts.words) and "电梯" in " ".join(lifts.words)
    assert any("黎涌河" in word for word in fish.words)
    assert lifts.last_at - lifts.first_at == dt.timedelta(hours=2)
    assert [example.name for example in lifts.examples] == [f"case-{n}" for n in range(5)]


def test_members_are_numbers_of_what_was_given() -> None:
    everything = [*appeals(OTHERS), *appeals(LIFTS)]
    (lifts,) = hot_issues(everything, START, UNTIL)
    assert {everything[member].text for member in lifts.members} == set(LIFTS)


@pytest.mark.parametrize(
    ("before", "trend"), [(0, "new"), (2, "rising"), (3, "steady"), (5, "falling")]
)
def test_trend_against_the_period_before(before: int, trend: str) -> None:
    earlier = appeals(LIFTS[:before], days_ago=40)
    (issue,) = found_in(appeals(LIFTS[:3]), earlier, appeals(OTHERS))
    assert (issue.count, issue.before, issue.trend) == (3, before, trend)


def test_what_is_over_is_not_hot() -> None:
    assert not found_in(appeals(LIFTS, days_ago=40), appeals(OTHERS))
    # Too long ago to be compared, and in the future.
    assert not found_in(appeals(LIFTS, days_ago=70), appeals(OTHERS))
    assert not found_in(appeals(LIFTS, days_ago=-1), appeals(OTHERS))


def test_one_citizen_alone_is_no_hot_issue() -> None:
    mine = appeals(LIFTS, citizen="wechat:1")
    assert not found_in(mine, appeals(OTHERS))
    joined = Appeal(LIFTS[0], UNTIL - DAY, citizen="wechat:1", joined=("wechat:2", "wechat:1"))
    (issue,) = found_in(mine[1:], [joined], appeals(OTHERS))
    assert (issue.count, issue.people) == (5, 2)


def test_unknown_people_count_but_not_twice_with_one_text() -> None:
    unknown = [Appeal(text, UNTIL - DAY) for text in [*LIFTS[:3], LIFTS[0]]]
    (issue,) = found_in(unknown, appeals(OTHERS))
    assert (issue.count, issue.people) == (4, 3)


def test_other_places_are_other_matters() -> None:
    """The same lamps in two towns are two matters; a district alone may be either."""
    lamps = [f"{where}的红星大道路灯全部不亮，晚上很危险，红星大道没有灯" for where in "东西南"]
    one = appeals(lamps, place="南海区桂城街道")
    other = appeals(lamps, place="南海区狮山镇")
    assert sorted(issue.place for issue in found_in(one, other, appeals(OTHERS))) == [
        "南海区桂城街道",
        "南海区狮山镇",
    ]
    (issue,) = found_in(one, appeals(lamps[:2], place="南海区"), appeals(OTHERS))
    assert (issue.count, issue.place) == (5, "南海区桂城街道")


def test_a_name_alone_is_no_matter() -> None:
    about_a_lake = [f"千灯湖{text}" for text in OTHERS[:6]]
    assert not found_in(appeals(about_a_lake), appeals(OTHERS[6:]))


def test_nothing_and_too_little() -> None:
    assert hot_issues([], START, UNTIL) == []
    assert not found_in(appeals(["", "？", "你好", "的"]))
    assert not found_in(appeals(LIFTS[:2]))


def test_plain_drops_what_says_nothing() -> None:
    text = plain("尊敬的领导您好！桂城街道ＡＢ座https://example.com/x?y 漏水", ["桂城", "桂城街道"])
    assert text == "ab座 漏水"


def test_cosines_do_not_change_with_the_choice() -> None:
    texts = [plain(text) for text in [*LIFTS, *FISH, *OTHERS]]
    everything = grams_of(texts)
    some = grams_of(texts, range(5))
    for first in range(5):
        for second in range(first):
            whole = everything.weights[first].dot(everything.weights[second].T)[0, 0]
            part = some.weights[first].dot(some.weights[second].T)[0, 0]
            # Strings of fewer than three chosen texts are left out.
            assert 0 <= part <= whole + 1e-6


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=30) | st.sampled_from([*LIFTS, *FISH, "😀" * 9, "1" * 40]),
            st.integers(-5, 100),
            st.sampled_from(["", "南海区", "南海区桂城街道"]),
        ),
        max_size=30,
    )
)
def test_whatever_people_write(rows: list[tuple[str, int, str]]) -> None:
    given_ones = [Appeal(text, UNTIL - ago * DAY, place) for text, ago, place in rows]
    for issue in hot_issues(given_ones, START, UNTIL):
        assert issue.count >= 3 and issue.people >= 2 and issue.words
        assert all(START <= given_ones[member].at < UNTIL for member in issue.members)
