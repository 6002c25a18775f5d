"""Addresses as people type them; every level is checked, an empty one too."""

from __future__ import annotations

import pytest

from bot.nlu.address import beyond_address, find_address
from bot.nlu.gazetteer import gazetteer
from bot.nlu.normalizer import normalize

# text | district | town | community | detail
LINES = """
大沥盐步河西那个菜市场门口个井盖唔见咗，好危险|南海区|大沥镇|河西社区|
桂城南约市场门口垃圾堆成山|南海区|桂城街道|南约社区|南约市场
大沥黄岐广场每晚音响震天响|南海区|大沥镇||黄岐广场
勒流冲鹤村口垃圾桶满晒|顺德区|勒流街道|冲鹤村|
北滘美的大道路面烂到不成样|顺德区|北滘镇||美的大道
石湾澜石小学附近有网吧|禅城区|石湾镇街道||澜石小学
张槎物华村出租屋没有消防通道|禅城区|张槎街道||物华村出租屋
更合镇合水墟猪肉注水|高明区|更合镇||合水
容桂红旗社区幼儿园伙食差|顺德区|容桂街道|红旗社区|
乐平范湖有人聚赌|三水区|乐平镇||范湖
里水草场村电线乱拉|南海区|里水镇|草场社区|
禅城同济路18号楼下夜晚打麻雀好嘈|禅城区|||同济路18号
禅城区石湾镇街道澜石二路32号|禅城区|石湾镇街道||澜石二路32号
祖庙街道塔坡街3号|禅城区|祖庙街道||塔坡街3号
佛山市南海区狮山镇科技北路|南海区|狮山镇||科技北路
顺德大良清晖路|顺德区|大良街道||清晖路
喺平洲夏西市场门口|南海区|桂城街道|夏西社区|夏西市场
乐从镇腾冲村|顺德区|乐从镇|腾冲社区|
龙江镇仙塘宝涌工业区|顺德区|龙江镇|仙塘村|宝涌工业区
均安镇鹤峰社区|顺德区|均安镇|鹤峰社区|
杏坛镇逢简村水乡北门|顺德区|杏坛镇|逢简村|
勒流街道新城社区|顺德区|勒流街道|新城社区|
伦教三洲|顺德区|伦教街道|三洲社区|
陈村镇勒竹社区|顺德区|陈村镇|勒竹社区|
北滘镇林头社区|顺德区|北滘镇|林头社区|
三水区云东海街道|三水区|云东海街道||
三水芦苞镇独树岗村|三水区|芦苞镇|独树岗村|
大塘镇连滘村|三水区|大塘镇|连滘村|
南山镇六和|三水区|南山镇|六和村|
乐平镇三江村|三水区|乐平镇|三江村|
高明区明城镇|高明区|明城镇||
高明杨和镇对川村|高明区|杨和镇|对川村|
更合镇白石村|高明区|更合镇|白石村|
西樵镇山根村|南海区|西樵镇|山根社区|
九江镇下北社区|南海区|九江镇|下北社区|
里水镇麻奢村|南海区|里水镇|麻奢村|
狮山镇官窑|南海区|狮山镇||官窑
盐步横江村|南海区|大沥镇|横江社区|
平洲夏南一|南海区|桂城街道|夏南一社区|
千灯湖地铁站B出口|南海区|桂城街道||千灯湖地铁站
祖庙|禅城区|祖庙街道||
岭南天地门口|禅城区|祖庙街道||岭南天地
罗村孝德湖公园|南海区|狮山镇||罗村孝德湖公园
官窑永安大道|南海区|狮山镇||官窑永安大道
小塘五星工业区|南海区|狮山镇|五星社区|
和顺鹤峰村|南海区|里水镇|鹤峰村|
松岗石泉村|南海区|狮山镇|石泉村|
沙头镇水南村|南海区|九江镇|水南社区|
佛山新城裕和路|顺德区|乐从镇||佛山新城裕和路
容桂海尾|顺德区|容桂街道|海尾社区|
佛山西站|南海区|狮山镇||佛山西站
汾江中路百花广场||||汾江中路百花广场
金沙中学对面||||金沙中学
"""


@pytest.mark.parametrize("line", LINES.strip().splitlines())
def test_every_level(line: str) -> None:
    text, *levels = line.split("|")
    address = find_address(normalize(text)).address
    found = (address.district, address.town, address.community, address.detail)
    assert found == tuple(level or None for level in levels)


@pytest.mark.parametrize(
    "text",
    [
        "我要投诉",
        "谢谢你",
        "路灯坏了三天没人修",
        "老板欠我工资",
        "我在广州白云区",
        "东莞虎门",
        "西南边那栋楼",
        "他为人高明",
        "太平保险不理赔",
        "和平解决",
        "大塘里的鱼死了",
        "白石砖很贵",
        "新城开发太慢",
        "东华软件公司欠薪",
        "条路烂晒",
        "上公路要收费",
    ],
)
def test_no_place_and_no_detail(text: str) -> None:
    assert set(find_address(normalize(text)).address.as_dict().values()) == {None}


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("大沥盐步河西那个菜市场门口个井盖唔见咗", "个井盖唔见咗"),
        ("桂城南约市场门口垃圾堆成山", "垃圾堆成山"),
        ("我住喺大沥黄岐广场每晚音响震天响", "每晚音响震天响"),
        ("佛山市南海区狮山镇科技北路没有路灯", "没有路灯"),
        ("桂城平东，路灯坏了", "路灯坏了"),
        ("里水草场村三巷6号", ""),
        ("容桂天佑城对面", ""),
        ("祖庙", ""),
    ],
)
def test_what_is_said_after_an_address(text: str, rest: str) -> None:
    assert beyond_address(normalize(text)) == rest


@pytest.mark.parametrize("text", ["路灯坏了，在桂城", "你好", "投诉桂城街道办", ""])
def test_a_text_that_begins_otherwise_has_no_rest(text: str) -> None:
    assert beyond_address(normalize(text)) is None


def test_a_denied_place_is_left_out() -> None:
    found = find_address("唔系喺大沥，系里水")
    assert (found.address.town, [mention.text for mention in found.mentions]) == (
        "里水镇",
        ["里水"],
    )


def test_towns_are_listed_by_district() -> None:
    towns = gazetteer().towns("高明区")
    assert {town.town for town in towns} == {"荷城街道", "杨和镇", "明城镇", "更合镇"}
    assert len(gazetteer().towns()) == 32
    assert "对川村" in {name for town in towns for name in gazetteer().communities(town)}
