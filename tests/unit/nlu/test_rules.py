"""Normalising, times, dangers and the kind of an appeal."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.danger import find_dangers
from bot.nlu.normalizer import normalize
from bot.nlu.profile import appeal_type, handling_mode
from bot.nlu.times import find_times

NOW = dt.datetime(2026, 11, 24, 9, 0)


@given(st.text(max_size=200))
def test_normalising_keeps_the_length(text: str) -> None:
    assert len(normalize(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("獅山鎮噪音擾民", "狮山镇噪音扰民"),
        ("ＦＳ２０２６ＡＢ", "FS2026AB"),
        ("地址：桂城　平东", "地址:桂城 平东"),
        ("第一行\n第二行\t完", "第一行 第二行 完"),
        ("㎡不变长", "㎡不变长"),
    ],
)
def test_normalised_forms(text: str, expected: str) -> None:
    assert normalize(text) == expected


@pytest.mark.parametrize(
    ("text", "words", "begin"),
    [
        ("昨晚十一点几楼下好吵", "昨晚十一点几", "2026-11-23 23:00:00"),
        ("噚晚十一点", "噚晚十一点", "2026-11-23 23:00:00"),
        ("2018年5月20号下午3点交的楼", "2018年5月20号下午3点", "2018-05-20 15:00:00"),
        ("上个月20号报的", "上个月20号", "2026-10-20 00:00:00"),
    ],
)
def test_times(text: str, words: str, begin: str) -> None:
    found = find_times(text, NOW)
    assert (found[0].text, found[0].begin) == (words, begin)


@pytest.mark.parametrize("text", ["季华五路3号", "住三楼", "路灯坏了", "12号线地铁"])
def test_no_times(text: str) -> None:
    assert find_times(text, NOW) == []


@given(st.text(alphabet="昨今晚上个月年日号点分半0123一二三周末凌晨每 的", max_size=30))
def test_times_never_fail_and_log_nothing(text: str) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        for mention in find_times(text, NOW):
            assert text[mention.start : mention.end] == mention.text
    finally:
        logging.getLogger().removeHandler(handler)
    assert records == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("楼道里闻到好大煤气味", "gas"),
        ("燃气管被挖断了", "gas"),
        ("隔壁厂房着火了", "fire"),
        ("变压器冒烟", "fire"),
        ("围墙快要塌了", "collapse"),
        ("电线跌落嚟咗", "electric"),
        ("路中间井盖不见了", "manhole"),
        ("个沙井盖唔见咗", "manhole"),
        ("水浸到膝盖，车都淹到了", "flood"),
        ("有人拿刀砍人", "violence"),
        ("有人要跳楼", "suicide"),
        ("我唔想做人了", "suicide"),
        ("细路唔见咗，五岁", "missing"),
        ("工地食堂几十人食物中毒", "poison"),
        ("有老人困在电梯里", "stoppage"),
    ],
)
def test_dangers(text: str, kind: str) -> None:
    assert kind in {danger.kind for danger in find_dangers(text)}


@pytest.mark.parametrize(
    "text",
    [
        "气死我了",
        "生意火爆到嘈死人",
        "要命，天天堵车",
        "担心以后会起火",
        "希望检查火灾隐患",
        "去年这里发生过火灾了",
        "热死了公交车没空调",
        "路灯坏了",
        "消防演练太吵",
        "火锅店油烟大",
    ],
)
def test_no_dangers(text: str) -> None:
    assert find_dangers(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我要投诉楼下烧烤档油烟扰民", "complaint"),
        ("举报某厂无证经营", "report"),
        ("建议在路口加装红绿灯", "suggestion"),
        ("希望政府能在村口增设公交站", "suggestion"),
        ("请问社保卡怎么办理", "consultation"),
        ("咨询公积金提取条件", "consultation"),
        ("求助：老人低保被停，请帮帮我", "help"),
        ("为什么我们小区总是停水？没人管吗", "complaint"),
        ("小区电梯老是坏，物业不管，怎么办呢", "complaint"),
        ("路灯坏了", "help"),
        ("公园里有只猫", "complaint"),
        ("求助无门，物业敷衍，谁来给个说法", "complaint"),
        ("建议大家不要去这家店，欺骗顾客", "complaint"),
    ],
)
def test_appeal_types(text: str, kind: str) -> None:
    assert appeal_type(text) == kind


def test_handling_modes() -> None:
    def ranked(*rows: tuple[str, float]) -> list[dict[str, object]]:
        return [{"department": code, "confidence": chance} for code, chance in rows]

    clear = ranked(("education", 0.9), ("health", 0.05))
    assert handling_mode("路灯坏了", "complaint", False, []) is None
    assert handling_mode("着火了", "complaint", True, clear) == "urgent"
    assert handling_mode("要求调解", "help", False, ranked(("mediation", 0.9))) == "transfer"
    shared = ranked(("ecology", 0.45), ("urban_management", 0.4))
    assert handling_mode("油烟", "complaint", False, shared) == "cross"
    assert handling_mode("多年投诉无果", "complaint", False, clear) == "complex"
    assert handling_mode("请问几点上班", "consultation", False, clear) == "simple"
    assert handling_mode("补课乱收费", "complaint", False, clear) == "transfer"
