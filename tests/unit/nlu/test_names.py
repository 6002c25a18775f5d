"""Names of companies, shops, schools, hospitals, estates and buildings."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.address import find_address
from bot.nlu.names import AppealNameExtractor, find_names
from bot.nlu.normalizer import normalize


def names(text: str) -> list[tuple[str, str]]:
    return [(name.text, name.kind) for name in find_names(normalize(text))]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        (
            "佛山市禅城区鸿达陶瓷有限公司拖欠我们三个月工资",
            "佛山市禅城区鸿达陶瓷有限公司",
            "company",
        ),
        ("我在广东一方制药有限公司上班", "广东一方制药有限公司", "company"),
        ("请查处大沥镇盐步东秀五金电镀厂", "东秀五金电镀厂", "company"),
        ("中国农业银行大沥支行拒绝兑换零钱", "中国农业银行大沥支行", "company"),
        ("我哋公司美佳达电器集团唔买社保", "美佳达电器集团", "company"),
        ("投诉桂城天佑三路的喜福楼海鲜酒家乱收费", "喜福楼海鲜酒家", "shop"),
        ("佢哋间肥仔明烧鹅店成日占道", "肥仔明烧鹅店", "shop"),
        ("好又多超市桂城店的肉是臭的", "好又多超市桂城店", "shop"),
        ("乐从罗浮宫家具城卖的沙发有甲醛", "罗浮宫家具城", "shop"),
        ("在美宜佳买到过期牛奶", "美宜佳", "shop"),
        ("张记猪脚饭门口污水横流", "张记猪脚饭", "shop"),
        ("孩子在星语幼儿园午睡时摔断了手", "星语幼儿园", "school"),
        ("南海区桂城中学门口堵车", "桂城中学", "school"),
        ("桂江一中初三补课到晚上十点", "桂江一中", "school"),
        ("启航教育跑路了,交了两万", "启航教育", "school"),
        ("佛山市第二人民医院急诊排队", "佛山市第二人民医院", "hospital"),
        ("佛山市中医院三水分院看病排队太久", "佛山市中医院三水分院", "hospital"),
        ("美雅牙科诊所乱收费", "美雅牙科诊所", "hospital"),
        ("罗村乐安花园12座楼下半夜吵", "乐安花园", "estate"),
        ("我住城市花园B座,楼上养鸡", "城市花园", "estate"),
        ("时代倾城三期10栋天花漏水", "时代倾城三期", "estate"),
        ("我想投诉一下那个叫宏福居的楼盘", "宏福居", "estate"),
        ("我们是翡翠城的业主", "翡翠城", "estate"),
        ("祖庙街道百花广场写字楼空调坏", "百花广场", "building"),
        ("南庄吉利工业园夜间施工", "吉利工业园", "building"),
        ("禪城區張槎街道的恆福大廈消防栓沒水", "恒福大厦", "building"),
    ],
)
def test_a_name(text: str, name: str, kind: str) -> None:
    assert names(text) == [(name, kind)]


def test_a_name_within_another_is_not_told_twice() -> None:
    text = "盛世华庭业主请求把盛世华庭幼儿园办成公办的"
    assert names(text) == [("盛世华庭", "estate"), ("盛世华庭幼儿园", "school")]


@pytest.mark.parametrize(
    "text",
    [
        "我们公司两个月没发工资了",
        "那间幼儿园收了赞助费不给收据",
        "小区门口的药房卖假药",
        "物业公司乱涨价,业委会不管",
        "教育局和卫健局都不管",
        "佛山的公立医院什么时候可以用电子医保卡",
        "工业园里的工厂半夜排黑烟",
        "学校旁边的奶茶店用过期牛奶",
        "公园里有人跳广场舞",
        "公司进行改革,老板跑路了",
        "殡仪馆停车场收费贵",
        "大沥五金厂晚上吵",
        "北滘民办小学学费多少",
        "成个小区都停水",
        "在季华路口等红灯",
        "",
    ],
)
def test_no_name(text: str) -> None:
    assert names(text) == []


_PIECES = st.sampled_from(
    ["佛山市", "南海区", "桂城", "顺发", "五金", "厂", "有限公司", "花园", "幼儿园", "酒楼", "店"]
    + ["的", "在", "，", "。", "12栋", "二期", "医院", "城", "我们", "投诉", "A"]
)


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=14).map("".join))
def test_names_stay_short_and_apart(text: str) -> None:
    text = normalize(text)
    last = 0
    for name in find_names(text):
        assert last <= name.start < name.end <= name.start + 25
        assert name.text == text[name.start : name.end]
        assert re.fullmatch(r"[\u4e00-\u9fffA-Za-z0-9]+", name.text)
        last = name.end


def test_the_entity_keeps_the_place_in_the_citizens_text() -> None:
    message = Message({"text": "　禪城嘅恆福大廈冇水"})
    AppealNameExtractor({}).process([message])
    (entity,) = message.get("entities")
    assert entity["entity"] == "organisation"
    assert entity["value"] == {"text": "恒福大厦", "kind": "building"}
    assert message.get("text")[entity["start"] : entity["end"]] == "恆福大廈"


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("盐步河西菜市场门口全是垃圾", "河西菜市场"),
        ("桂城南约市场门口垃圾堆成山", "南约市场"),
    ],
)
def test_a_market_is_called_after_its_community(text: str, detail: str) -> None:
    assert find_address(text).address.detail == detail
