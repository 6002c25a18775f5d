from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.address import find_address
from bot.nlu.gazetteer import gazetteer
from bot.nlu.normalizer import normalize
from bot.places import place_tree

# text, district, town, community, detail
LINES = [
    ("我住里水和顺", "南海区", "里水镇", None, "和顺"),
    ("大沥盐步河西", "南海区", "大沥镇", "河西社区", None),
    ("桂城平东夜晚好多大货车", "南海区", "桂城街道", "平东社区", None),
    ("南海桂城镇千灯湖公园", "南海区", "桂城街道", None, "千灯湖公园"),
    ("南海区桂城街道平东社区", "南海区", "桂城街道", "平东社区", None),
    ("三水西南街道", "三水区", "西南街道", None, None),
    ("西南", "三水区", "西南街道", None, None),
    ("容桂天佑城对面的烧烤档", "顺德区", "容桂街道", None, "天佑城对面"),
    ("顺德区容桂街道红星社区12号", "顺德区", "容桂街道", "红星社区", "12号"),
    ("禅城祖庙同济路18号", "禅城区", "祖庙街道", None, "同济路18号"),
    ("桂城怡海路保利花园3座", "南海区", "桂城街道", None, "怡海路保利花园3座"),
    ("顺德北滘碧桂园小区5栋电梯坏了", "顺德区", "北滘镇", "碧桂园社区", "小区5栋"),
    ("南庄镇紫南村村口路灯不亮", "禅城区", "南庄镇", "紫南村", None),
    ("大沥镇太平村", "南海区", "大沥镇", "太平社区", None),
    ("大沥太平", "南海区", "大沥镇", "太平社区", None),
    ("關於南海區獅山鎮羅村某工廠", "南海区", "狮山镇", None, "罗村"),
    ("高明荷城", "高明区", "荷城街道", None, None),
    ("不是大沥，是里水", "南海区", "里水镇", None, None),
    ("地址错了，不是南海大沥盐步，是顺德大良", "顺德区", "大良街道", None, None),
    ("大良凤翔路口", "顺德区", "大良街道", None, "凤翔路口"),
    ("季华五路与南海大道交界处红绿灯坏了", None, None, None, "季华五路"),
    ("佛山大道北有个井盖不见了", None, None, None, "佛山大道"),
]


@pytest.mark.parametrize(("text", "district", "town", "community", "detail"), LINES)
def test_what_people_type(
    text: str, district: str | None, town: str | None, community: str | None, detail: str | None
) -> None:
    address = find_address(normalize(text)).address
    assert (address.district, address.town, address.community) == (district, town, community)
    if detail is not None:
        assert address.detail == detail


@pytest.mark.parametrize(
    "text",
    [
        "往西南方向走",
        "他很高明",
        "黑龙江人",
        "创建文明城市",
        "我家楼下太吵了",
        "公路坏了",
        "建设银行不给贷款",
    ],
)
def test_ordinary_words_are_no_places(text: str) -> None:
    found = find_address(normalize(text))
    assert found.mentions == ()
    assert found.address.district is None


@pytest.mark.parametrize(
    ("text", "towns"),
    [("河西社区", {"大沥镇", "杨和镇"}), ("东平社区太吵", {"石湾镇街道", "乐从镇"})],
)
def test_a_name_of_several_places_gives_candidates(text: str, towns: set[str]) -> None:
    found = find_address(text)
    assert found.address.town is None
    assert {place.town for place in found.candidates} == towns


def test_every_official_name_is_found() -> None:
    for district, towns in place_tree().items():
        for town, communities in towns.items():
            assert find_address(f"{district}{town}").address.town == town
            for community in communities:
                address = find_address(f"{district}{town}{community}").address
                # 罗村 is also the old name of a whole part of its town.
                assert (address.town, address.community) == (town, community) or (
                    community == "罗村" and address.detail == community
                )


@given(st.text(alphabet="我家楼下桂城平东大沥路口的小区太吵了，好嘈12号3栋 ", max_size=60))
def test_no_detail_swallows_the_sentence(text: str) -> None:
    found = find_address(normalize(text))
    assert found.address.detail is None or len(found.address.detail) <= 40
    for mention in found.mentions:
        assert normalize(text)[mention.start : mention.end] == mention.text


def test_longest_names_win() -> None:
    texts = [mention.text for mention in gazetteer().find("南海区桂城街道夏南一社区")]
    assert texts == ["南海区", "桂城街道", "夏南一社区"]
