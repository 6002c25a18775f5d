"""The address of an appeal in five levels, from the places and details in the citizen's words."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import RuleExtractor
from bot.nlu.gazetteer import Place, PlaceMention, gazetteer

ADDRESS = "address"
ADDRESS_CANDIDATES = "address_candidates"
_MAX_DETAIL = 40
_MOST_STEPS = 4
_CITY = ("", "佛山", "佛山市", "广东佛山", "广东省佛山市")
_NAMED = r"[\u4e00-\u9fffA-Za-z0-9·]{0,10}?"
_SUFFIX = (
    r"(?:大道|公路|快线|干线|路口|路(?!灯|面|人|上|边|段)|街(?!上|边|道|坊|头)|巷|里弄|坊|小区|花园|花苑|家园|公寓|新村|豪庭|名居|雅苑|苑|城(?!管|市|里)|"
    r"广场|大厦|中心|工业区|工业园|产业园|科技园|市场|商场|超市|酒店|酒楼|学校|小学|中学|大学|幼儿园|"
    r"医院|卫生院|诊所|公园|地铁站|公交站|车站|停车场|收费站|加油站|大桥|桥(?!上|下)|隧道|村口|村|涌|码头|祠堂|牌坊|出租屋|工地)"
)
_NUMBER = (
    r"(?:[0-9一二三四五六七八九十百甲乙丙A-Za-z]{1,5}"
    r"(?:号楼(?!下|上|顶)|号铺|号|栋|座|幢|单元|楼(?!下|上|顶)|层|室|期|巷|队|组|路口))"
)
_DETAIL = re.compile(
    rf"(?:{_NAMED}{_SUFFIX}{_NUMBER}*|{_NUMBER}+)"
    rf"(?:[与和同、]?{_NAMED}{_SUFFIX}{_NUMBER}*)?"
    r"(?:[东南西北]?(?:路口|门口|交界处?|交汇处|附近|对面|旁边|隔离|后面|前面|侧边|里面|门))?"
)
# A road or an estate without any town: something to add to the address, said on its own.
_LONE_DETAIL = re.compile(
    r"[\u4e00-\u9fff]{2,6}?(?:大道|路口|路(?!灯|面|人|上|边|段)|街(?!上|边|道|坊|头)|巷|小区|花园|花苑|广场|大厦|工业区|市场|小学|中学|幼儿园|"
    r"医院|公园|地铁站|公交站)(?:[0-9一二三四五六七八九十]{1,5}(?:号楼|号铺|号|栋|座|路口))?"
)
_OPENING = re.compile(
    r"^(?:请问|关于|我(?:家|们)?住?|住在?|在|喺|位于|就在|到|去|从|这条|那条|的|有|是|系)+"
)
# "不是大沥，是里水": the place that is denied is not the address.
_DENIED = re.compile(r"(?:不是|唔系|唔喺|不在|并非|别写)(?:在|喺)?[\u4e00-\u9fff]{0,6}$")
# Words that never stand inside a name: what precedes them belongs to the sentence.
_NOT_A_NAME = re.compile(
    r"我们|我哋|你们|他们|佢哋|就是|现在|一下|这个|那个|嗰个|呢个|某|整个|还是|因为|但是|如果|旁的?|"
    r"(?<!美)的|[我你他她了在喺是系到从去有把被让与及就也都个]|(?:[区县镇]|市(?!场))(?=[\u4e00-\u9fff]{2})"
)
# What leads from one part of an address to the next.
_SPOT = re.compile(
    r"^(?:[ ,，、.。的]|[那这嗰呢][个边条间里度头]|门口|附近|对面|旁边|侧边|隔[篱离壁]|"
    r"[后前里入上]面|楼[下上]|口|墟)+"
)
_VAGUE = re.compile(
    r"^(?:小区|花园|市场|菜市场|学校|小学|中学|幼儿园|医院|公园|广场|大厦|工业区|商场|超市|工地|村|村口|路口|大道)"
    r"(?:门口|附近|对面|旁边)?$|"
    r"^(?:这条|那条|马|公|上公|高速公|整条|一条|几条|条|道|过|走|修|铁|网|线|半|上|大)?(?:路|街|巷|城)$"
)


@dataclass(frozen=True)
class Address:
    """Five levels, each None when unknown. Field names as in ``suqiu classify``'s output."""

    district: str | None = None
    town: str | None = None
    community: str | None = None
    grid: str | None = None
    detail: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        return asdict(self)


@dataclass(frozen=True)
class FoundAddress:
    """An address, the towns it may mean when the name is used in several, and where it stands."""

    address: Address
    candidates: tuple[Place, ...]
    mentions: tuple[PlaceMention, ...]


def find_address(text: str) -> FoundAddress:
    """The first address in ``text`` (normalised). Everything is None when there is none."""
    mentions = [m for m in gazetteer().find(text) if not _DENIED.search(text[: m.start])]
    if not mentions:
        return FoundAddress(Address(detail=_lone_detail(text)), (), ())
    group = _first_group(mentions)
    meanings = _meanings(group)
    deepest = meanings[0]
    # "千灯湖公园", "盐步": a landmark is worth keeping where no deeper place follows it.
    landmark = group[-1] if group[-1].landmark else None
    detail = _detail_after(text, landmark.start if landmark else group[-1].end)
    if landmark and not detail:
        detail = landmark.text
    # Two towns have a community of this name: only what they share is certain.
    address = Address(deepest.district, deepest.town, deepest.community, None, detail)
    if len({(p.district, p.town) for p in meanings}) > 1:
        same_district = len({p.district for p in meanings}) == 1
        address = replace(
            address,
            district=deepest.district if same_district else None,
            town=None,
        )
        return FoundAddress(address, tuple(meanings), tuple(mentions))
    return FoundAddress(address, (), tuple(mentions))


def beyond_address(text: str) -> str | None:
    """What a text (normalised) that begins with a place says after its address, else None.

    "桂城南约市场门口垃圾堆成山" begins with an address, and says "垃圾堆成山".
    """
    mentions = gazetteer().find(text)
    if not mentions or _OPENING.sub("", text[: mentions[0].start]).strip() not in _CITY:
        return None
    rest = text[_first_group(mentions)[-1].end :]
    for _ in range(_MOST_STEPS):
        rest = _SPOT.sub("", rest)
        found = _DETAIL.match(rest)
        if not found or _NOT_A_NAME.search(found.group()):
            break
        rest = rest[found.end() :]
    return _SPOT.sub("", rest)


def _first_group(mentions: list[PlaceMention]) -> list[PlaceMention]:
    """The first mention and those that continue it downwards (南海 … 桂城 … 平东)."""
    group = [mentions[0]]
    for mention in mentions[1:]:
        if any(p.lies_in(q) for p in mention.places for q in group[-1].places):
            group.append(mention)
    return group


def _meanings(group: list[PlaceMention]) -> list[Place]:
    """The places the deepest mention can mean, given those before it."""
    possible = list(group[0].places)
    for mention in group[1:]:
        inside = [p for p in mention.places if any(p.lies_in(q) for q in possible)]
        possible = inside or possible
    return possible


def _detail_after(text: str, start: int) -> str | None:
    rest = re.split(r"[,，。；;！!？?\n]", text[start : start + _MAX_DETAIL + 10], maxsplit=1)[0]
    rest = rest.lstrip(" 的、")
    found = _DETAIL.match(rest)
    if not found:
        return None
    return _worth_keeping(found.group()[:_MAX_DETAIL])


def _lone_detail(text: str) -> str | None:
    found = _LONE_DETAIL.search(text)
    return _worth_keeping(found.group()) if found else None


def _worth_keeping(detail: str) -> str | None:
    detail = _NOT_A_NAME.split(_OPENING.sub("", detail.strip()))[-1]
    return None if len(detail) < 2 or _VAGUE.match(detail) else detail


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class FoshanAddressExtractor(RuleExtractor):
    """Sets ``address`` and ``address_candidates`` and adds ``place`` entities."""

    def warm_up(self) -> None:
        gazetteer()

    def understand(self, message: Message, text: str) -> None:
        found = find_address(text)
        message.set(ADDRESS, found.address.as_dict(), add_to_output=True)
        message.set(
            ADDRESS_CANDIDATES, [asdict(place) for place in found.candidates], add_to_output=True
        )
        for mention in found.mentions:
            self.add_entity(message, "place", mention.places[0].name, mention.start, mention.end)
