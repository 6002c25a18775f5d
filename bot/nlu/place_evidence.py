"""Which names in a text are places there: 朝阳 is a community, a district of Beijing and a word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.nlu.everyday import is_everyday
from bot.nlu.place_mention import COMMUNITY, DISTRICT, TOWN, PlaceMention

# What may stand between two names of one place: "南海区的桂城", "大沥，盐步".
_JOINT = re.compile(r"^[\s的嘅,，、.。]{0,2}(?:街道|镇|区|街|那边|这边|嗰边)?[\s的嘅,，、]{0,1}$")
# "同济路" and "南海大道" name roads, not the community 同济 or the district 南海.
_ROAD = re.compile(
    r"[东南西北中]路|[东南西北中]?[一二三四五六七八九]?"
    r"(?:路(?=旁边)|路(?!灯|面|口|边|段|旁|牌|标)|大道|街(?!道|办|坊|上|边|头)|巷(?!子|道|口))"
)
# Estates and houses are called after fine words, many communities too.
_ESTATE = re.compile(
    r"(?:花园|花苑|新村|雅苑|名苑|豪庭|豪苑|公寓|别墅|山庄|名居|国际|城市|家园|大厦|广场|酒店|商业|商务)(?!社区)"
)
# Beside a weak name other suffixes make it something else too: 建设银行, 太平医院.
_INSTITUTION = re.compile(
    rf"{_ROAD.pattern}|{_ESTATE.pattern}|大?桥|站|学校|学院|[小中]学|医院|诊所|银行|公司|集团|"
    r"工厂|保险|汽车|牛奶|牌|产业|馆|局|节|店|燃气|证券|药|监|仲裁|合同|保障|法|传媒|软件|物业|地产|置业"
)
# After a short name these speak of people, food and goods, not of the spot.
_GOODS = re.compile(
    r"菜(?!市|场|地|农|田|园|档)|人(?!民|行|社|才|家|流|多|口|大|员|少|为|工|均)|话(?!费)|籍|师傅|公仔|"
    r"鱼[生腐]|双皮奶|双蒸|米酒|蒸猪|烧[鹅猪]|煎堆|大饼|牛仔(?!城|厂)|糕|特产|美食节?(?!街|城)|啤酒(?!厂)|腊味|"
    r"牌(?!坊|楼)|舰队|诸岛|口音|老字号|功夫|味道|濑粉|鸡煲|醉鹅"
)
_BANK = re.compile(r"(?:农商)?银行|证券|保险|人寿|航空|汽车集团")
_STREET = re.compile(r"[\u4e00-\u9fff]{2,3}(?:路|大道)(?=[0-9中段])|[\u4e00-\u9fff]{2}大道")
_HERE = re.compile(
    r"(?:那|这|呢|嗰)(?:边|[一]?带|里|度|头|块|条|个村)|一带|村民|居民|街坊|社区|村|[居村]委|工业[园区]|[小中]学|医院|派出所|"
    r"(?:的|嘅)(?:路|道路|河|涌|村|厂|工厂|工地|市场|菜市场|小区|公园|学校|路灯|垃圾|鱼塘|水渠|祠堂|桥|楼|"
    r"巷|街|居民|村民|街坊|人行道|排水|下水道|公厕|幼儿园|卫生站|老桥|河面|水井|坟地|篮球场|球场|江边|涌边|渡口|河堤|码头|水库|林地|旧村|城中村|"
    r"出租屋|小?作坊|安置|治安|自来水|宅基地|农田|堤)"
)
# "朝阳有人烧垃圾" at the beginning of a clause.
_HAPPENS = re.compile(r"(?:一直|总是|成日|晚上|夜晚)?有(?:人|个|家|间|条|几|好多|辆)")
_CLAUSE_START = re.compile(r"(?:^|[，,。！!？?；;：:、 \n])(?:我们|我哋|投诉|反映|举报)?$")
_AT = re.compile(r"(?:住|住在|住喺|家在|喺|位于|村民|地址是?[:：]?)$")
_AT_LOOSELY = re.compile(r"(?:在|住|喺|去|到|回|来)$")
_SEAM = "，,。.！!？?；;：:、 \n"
_SURNAMES = set(
    "王李张刘陈杨赵黄周吴徐孙胡朱林郭梁宋郑谢韩唐冯董萧程曹袁邓许傅曾彭吕卢蒋蔡贾魏薛叶余潘杜戴"
    "钟汪姜范谭廖邹熊陆郝孔邱秦侯邵孟段雷钱汤尹黎易武乔贺赖龚"
)
_BEFORE_PERSON = re.compile(r"(?:^|[，,。！!？?；;：:、 \n]|[叫是系找给同跟和被向问])$")
_NOT_A_CITY = r"(?!路|大道|街|人(?!民)|菜|酒家|话|籍|银行|牌|东路|西路|北路|南路)"
# How often jieba's dictionary counts a word that everybody uses.
_EVERYDAY = 100
_FARTHEST = 8
_BETWEEN = re.compile(r"[，,。！!？?；;\n]|佛山")
_FULL_BEFORE = re.compile(r"[东南西北大小上下新旧老]$")


class Evidence:
    """Judges the names that stand in a text."""

    def __init__(self, other_cities: Iterable[str]) -> None:
        self._other_city = re.compile(rf"(?:{'|'.join(other_cities)}){_NOT_A_CITY}")

    def names_other_city(self, text: str) -> bool:
        """Whether ``text`` names a place outside Foshan."""
        return bool(self._other_city.search(text))

    def kept(self, text: str, mentions: list[PlaceMention]) -> list[PlaceMention]:
        """The mentions that are places, each with the meanings that its neighbours leave."""
        alone = text.strip(" ,.!?，。！？")
        cities = [m.end() for m in self._other_city.finditer(text)] if mentions else []
        mentions = [m for m in mentions if not _is_something_else(text, m)]
        kept: list[PlaceMention] = []
        for number, mention in enumerate(mentions):
            if mention.text == alone:
                return [mention]
            if _lies_elsewhere(text, mention, cities):
                cities.append(mention.end)
                continue
            before = kept[-1] if kept else None
            after = mentions[number + 1] if number + 1 < len(mentions) else None
            if before and _continues(text, before, mention):
                inside = mention.within(before.places)
                kept.append(replace(mention, places=inside or mention.places))
            elif _is_supported(text, mention, after) or (
                not mention.weak and not _cuts_a_word(text, mention)
            ):
                kept.append(mention)
        return kept


def _is_something_else(text: str, mention: PlaceMention) -> bool:
    """A road, a house, a person, food: called after the place or like it."""
    start, end = mention.start, mention.end
    if _ROAD.match(text, end):
        return True
    if not mention.bare:
        # "西北村" is no "北村".
        return len(mention.text) == 2 and bool(_FULL_BEFORE.search(text[:start]))
    if _BANK.match(text, end):
        return True
    if _GOODS.match(text, end) and not text[:start].endswith(("我是", "我系")):
        return True
    if mention.level == COMMUNITY and _ESTATE.match(text, end):
        return True
    if mention.weak and _INSTITUTION.match(text, end):
        return not (mention.level != COMMUNITY and re.match(r"[小中]学|医院|站", text[end:]))
    return (
        start > 0
        and text[start - 1] in _SURNAMES
        and bool(_BEFORE_PERSON.search(text[: start - 1]))
        and not _HERE.match(text, end)
    )


def _lies_elsewhere(text: str, mention: PlaceMention, cities: list[int]) -> bool:
    return any(
        0 <= mention.start - city <= _FARTHEST and not _BETWEEN.search(text[city : mention.start])
        for city in cities
    )


def _continues(text: str, before: PlaceMention, mention: PlaceMention) -> bool:
    """Whether ``mention`` stands beside ``before`` and is a place because of it."""
    between = text[before.end : mention.start]
    if not _JOINT.match(between):
        return False
    if not mention.within(before.places):
        return not mention.weak
    if mention.common:
        return not between and before.level != DISTRICT
    if mention.weak and before.level == DISTRICT and mention.level == COMMUNITY:
        return _is_here(text, mention) or mention.end == len(text) or text[mention.end] in _SEAM
    return True


def _is_supported(text: str, mention: PlaceMention, after: PlaceMention | None) -> bool:
    """Whether a weak name is a place because of what follows it, or what stands before."""
    if (
        after
        and _JOINT.match(text[mention.end : after.start])
        and any(p.lies_in(q) and p != q for p in after.places for q in mention.places)
    ):
        return True
    if mention.common or not mention.bare:
        return False
    if mention.level == DISTRICT and _AT_LOOSELY.search(text[: mention.start]):
        return True
    if mention.level == TOWN and _STREET.match(text, mention.end):
        return True
    return _is_here(text, mention)


def _cuts_a_word(text: str, mention: PlaceMention) -> bool:
    """Whether an unsupported short name is made of parts of words: 早[上涌]边, 提[高基]数."""
    if mention.level != COMMUNITY or not mention.bare:
        return False
    start, end = mention.start, mention.end
    across = [text[start - 1 : start + 1]] if start else []
    across.append(text[end - 1 : end + 1])
    return any(len(word) == 2 and is_everyday(word, _EVERYDAY) for word in across)


def _is_here(text: str, mention: PlaceMention) -> bool:
    before = text[: mention.start]
    return bool(
        _HERE.match(text, mention.end)
        or _AT.search(before)
        or (_HAPPENS.match(text, mention.end) and _CLAUSE_START.search(before))
    )
