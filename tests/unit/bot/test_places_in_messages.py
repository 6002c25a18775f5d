"""Places in whole messages: which one counts, what is no place, and the spot below the community.

A line is text | district | town | community | detail; an empty level must stay empty.
"""

from __future__ import annotations

import pytest

from bot.nlu.address import find_address
from bot.nlu.gazetteer import gazetteer
from bot.nlu.normalizer import normalize
from bot.places import place_tree

WHICH_PLACE_COUNTS = """
我住禅城，公司在顺德北滘，欠了两个月工资|顺德区|北滘镇||
家住张槎弼唐，孩子在祖庙的培训班退费难|禅城区|祖庙街道||
从大沥搬到里水了，里水这边的公交太少|南海区|里水镇||
不是乐从，是龙江的家具厂|顺德区|龙江镇||
像千灯湖那样搞得漂漂亮亮，我们丹灶也想要|南海区|丹灶镇||
路过伦教的时候看到荔村有人烧垃圾|顺德区|伦教街道|荔村|
我屋企喺平洲，但系间厂喺罗村|南海区|狮山镇||
老家在高明更合，现在住大沥，投诉大沥的厂|南海区|大沥镇||
我人在广州，屋企喺伦教，排污渠塞咗|顺德区|伦教街道||
隔壁镇搞得好好的，我们杏坛的路还是烂的|顺德区|杏坛镇||
高明大沥那间厂|南海区|大沥镇||
"""
OLD_AND_SHORT_NAMES = """
南海市大沥镇的企业排污|南海区|大沥镇||
石湾区的房产证能不能换|禅城区|||
三水县芦苞的河堤塌了|三水区|芦苞镇||
平洲街道办事处几点开门|南海区|桂城街道||
富湾那边的码头噪音|高明区|荷城街道||
金沙镇的市场没人管|南海区|丹灶镇||
丹灶镇金沙社区路灯不亮|南海区|丹灶镇|金沙社区|
金沙社区路灯不亮|禅城区|张槎街道|金沙社区|
里水邓岗的工厂冒黑烟|南海区|里水镇|邓岗社区|
我是吉祐的，村里的垃圾站天天冒烟|顺德区|杏坛镇|吉祐村|
喺弼唐住咗十几年，而家日日停水|禅城区|张槎街道|弼唐村|
阮埇的水田被填了|高明区|荷城街道|阮埇村|
"""
DETAILS = """
荷城街道中山路78号|高明区|荷城街道||中山路78号
禅城魁奇路与岭南大道交汇处积水|禅城区|||魁奇路与岭南大道交汇处
佛山一环大沥段有落石|南海区|大沥镇||佛山一环
张槎城门头路口的红绿灯时间太短|禅城区|张槎街道||城门头路口
九江镇河清村小学门口的网吧|南海区|九江镇|河清社区|河清村小学
高明区人民医院挂号难|高明区|||高明区人民医院
容桂桂洲医院收费乱|顺德区|容桂街道||桂洲医院
大沥凤池装饰材料市场|南海区|大沥镇|凤池社区|装饰材料市场
里水镇恒大御景半岛物业费太贵|南海区|里水镇||恒大御景半岛
西樵中学饭堂难吃|南海区|西樵镇||西樵中学
青柯嘅城中村电线乱拉|禅城区|张槎街道|青柯村|
伦教的加油站没有牌照|顺德区|伦教街道||
"""
NO_PLACE = """
我家楼下烧烤档好大烟
大良崩砂买到过期的
南海观音门票
顺德菜好贵
陈村人开的网店骗钱
龙江银行转账失败
广州番禺大石镇违建
深圳罗湖区公司欠薪
江西九江的户口
陈大良欠我钱
朝阳区派出所
早上涌边好臭
提高基数
劳动仲裁在哪申请
医院收了赔偿，法院不管
"""


def levels(text: str) -> tuple[str | None, ...]:
    address = find_address(normalize(text)).address
    return (address.district, address.town, address.community, address.detail)


@pytest.mark.parametrize(
    "line",
    [
        line
        for lines in (WHICH_PLACE_COUNTS, OLD_AND_SHORT_NAMES, DETAILS)
        for line in lines.strip().splitlines()
    ],
)
def test_every_level_of_a_message(line: str) -> None:
    text, *expected = line.split("|")
    assert levels(text) == tuple(level or None for level in expected)


@pytest.mark.parametrize("text", NO_PLACE.strip().splitlines())
def test_what_is_no_place_leaves_every_level_empty(text: str) -> None:
    assert levels(text) == (None, None, None, None)


@pytest.mark.parametrize(
    ("text", "district", "places"),
    [
        ("南浦那边有人飙车", None, {"祖庙街道南浦社区", "狮山镇南浦村", "均安镇南浦村"}),
        ("南浦村没路灯", None, {"狮山镇南浦村", "均安镇南浦村"}),
        ("南海沙头社区的路", "南海区", {"九江镇沙头社区", "狮山镇沙头社区"}),
        ("太平社区太吵", "南海区", {"大沥镇太平社区", "西樵镇太平社区"}),
    ],
)
def test_only_what_all_candidates_share_is_kept(
    text: str, district: str | None, places: set[str]
) -> None:
    found = find_address(text)
    assert {f"{place.town}{place.community}" for place in found.candidates} == places
    assert levels(text) == (district, None, None, None)


def test_another_place_in_the_message_decides_between_candidates() -> None:
    found = find_address("我住九江，沙头社区的路烂了")
    assert found.candidates == ()
    assert (found.address.town, found.address.community) == ("九江镇", "沙头社区")


def test_every_community_is_found_by_its_full_name() -> None:
    """However ordinary its short name is."""
    found = gazetteer()
    for towns in place_tree().values():
        for communities in towns.values():
            for name in communities:
                assert found.find(f"{name}的路灯坏了"), name
