"""Which of the places in a message the matter is about: 我住大沥，投诉的是盐步那家厂."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.nlu.place_mention import COMMUNITY, DISTRICT, TOWN, Place, PlaceMention

_NEVER, _ASIDE, _TOLD, _MEANT = range(4)
# "不是大沥，是里水": the place that is denied is not the address.
_DENIED = re.compile(
    r"(?:不是|唔系|唔喺|不在|并非|别写|不属于|不归|不关|而非)(?:说|讲|指|在|喺)?[\u4e00-\u9fff]{0,6}$"
)
_COMPARED = re.compile(
    r"(?:学学|学习|学下|睇下|看看|参考|参照|好似|好像|比起|比|不如|不像|像|跟|同)(?:人家|人哋|隔壁|下)?$"
)
_LIKE = re.compile(r"^(?:那样|那么|一样|咁样|都有|早就有|就有|人(?!民|行))")
_ON_THE_WAY = re.compile(r"(?:路过|经过|途经|开往|前往|飞往|听讲|听说|搬到|搬去|调到|嫁到|嫁去)$")
_HOME = re.compile(
    r"(?:住|住在|住喺|家住|家在|屋企喺|屋企系|户口在|户口喺|户籍在|籍贯|老家|老家在|老家喺|老家是|娘家在|娘家|出生在|来自|"
    r"从|由|祖籍|我是|我系|本人是|阿妈系|阿爸系|爸爸是|妈妈是|老公是|老婆是)(?:佛山市?)?$"
)
_WORKS = re.compile(
    r"^[\u4e00-\u9fff]{0,6}?(?:上班|返工|打工|工作|做嘢|读书|上学|出发|过来|搬过来|搬来|长大|出嫁|人，)"
)
_FOCUS = re.compile(
    r"(?:投诉|反映|举报|说|讲|问|要投诉|想反映)的?嘅?(?:都)?(?:是|系)(?:在|喺)?$|"
    r"(?:问题|事情|事发|地点|地址|出事|厂|店|公司|工地|房子|件事|单嘢|现场)(?:就|都)?(?:是|系)?(?:出)?(?:在|喺)$|"
    r"(?:其实|应该|而|但|但是|但系|真正|实际|现在)(?:说|讲|要说)?的?(?:是|系)(?:在|喺)?$|"
    r"(?:系|是)(?:喺|在)$|(?:^|[，,。；;])(?:这次|今次|现在|呢次)[\u4e00-\u9fff]{0,4}(?:是|系)$"
)
_BEFORE_NOW = re.compile(r"^[\u4e00-\u9fff]{0,8}(?:反映过|投诉过|解决了|处理好了|整好了|之前说过)")


@dataclass
class PlaceGroup:
    """Mentions that agree with each other, what they mean together, and how much they count."""

    mentions: list[PlaceMention]
    meanings: list[Place]
    weight: int
    landmark: str | None = field(default=None)

    @property
    def counts(self) -> bool:
        return self.weight > _NEVER


def place_groups(text: str, mentions: Iterable[PlaceMention]) -> list[PlaceGroup]:
    """The mentions grouped by place, in the order of their first words; denied ones left out."""
    groups: list[PlaceGroup] = []
    previous: PlaceMention | None = None
    for mention in mentions:
        weight = _weight(text, mention)
        if weight == _NEVER:
            previous = None
            continue
        beside = previous is not None and mention.start - previous.end <= 1
        if beside and groups and _contradicts(groups[-1], mention):
            previous = mention
            continue
        # "家住张槎弼唐": what follows a name shares its part.
        _place_in(
            groups,
            mention,
            min(weight, groups[-1].weight) if beside and groups and weight == _TOLD else weight,
        )
        previous = mention
    _narrow_by_others(groups)
    for group in groups:
        group.landmark = _landmark(group)
    return groups


def weightiest(groups: Sequence[PlaceGroup]) -> PlaceGroup | None:
    """The group of the matter: the one that is pointed at, else the first that is no aside."""
    return max(groups, key=lambda group: group.weight, default=None)


def _weight(text: str, mention: PlaceMention) -> int:
    before, after = text[: mention.start], text[mention.end :]
    if _DENIED.search(before) or _COMPARED.search(before) and _ends_here(before, after):
        return _NEVER
    if _FOCUS.search(before):
        return _MEANT
    if _ON_THE_WAY.search(before) or _HOME.search(before) or _WORKS.match(after):
        return _ASIDE
    if _LIKE.match(after) or _BEFORE_NOW.match(after):
        return _ASIDE
    return _TOLD


def _ends_here(before: str, after: str) -> bool:
    """Whether a comparison is one: "学学人家千灯湖，", "比大沥那边…", but not "同大沥…"."""
    if before.endswith(("跟", "同", "像", "看看", "睇下")):
        return bool(_LIKE.match(after))
    return True


def _place_in(groups: list[PlaceGroup], mention: PlaceMention, weight: int) -> None:
    for group in groups:
        deeper = mention.within(group.meanings)
        if deeper:
            group.meanings = list(deeper)
        else:
            # "太平社区…就是大沥那个": what comes later may also lie above.
            wider = [p for p in group.meanings if any(p.lies_in(q) for q in mention.places)]
            if not wider:
                continue
            group.meanings = wider
        group.mentions.append(mention)
        group.weight = max(group.weight, weight)
        return
    groups.append(PlaceGroup([mention], list(mention.places), weight))


def _contradicts(group: PlaceGroup, mention: PlaceMention) -> bool:
    """Whether ``mention`` stands right behind another place and cannot lie in it; who is wrong?"""
    if mention.within(group.meanings) or any(
        p.lies_in(q) for p in group.meanings for q in mention.places
    ):
        return False
    outer, inner = group.mentions[-1], mention
    if outer.level == DISTRICT and inner.level != DISTRICT:
        # "顺德大沥": people know the town better than the borders of districts.
        group.mentions, group.meanings = [mention], list(mention.places)
        return True
    return outer.level == TOWN and inner.level == COMMUNITY


def _narrow_by_others(groups: list[PlaceGroup]) -> None:
    """A name of several places means the one that another place in the message points to."""
    for group in groups:
        for other in groups:
            if len(group.meanings) > 1 and other is not group:
                inside = [p for p in group.meanings if any(p.lies_in(o) for o in other.meanings)]
                group.meanings = inside or group.meanings


def _landmark(group: PlaceGroup) -> str | None:
    """A landmark that says more than the levels: 千灯湖, or the old town in "里水和顺"."""
    if any(place.level == COMMUNITY for place in group.meanings):
        return None
    last = group.mentions[-1]
    if not last.landmark:
        return None
    if last.bare and not _below_its_town(group):
        return None
    return last.text


def _below_its_town(group: PlaceGroup) -> bool:
    """Whether an old town follows the name of its present town."""
    return len(group.mentions) > 1 and (
        group.mentions[-2].level == TOWN
        and not group.mentions[-2].landmark
        and group.mentions[-1].start - group.mentions[-2].end <= 1
    )
