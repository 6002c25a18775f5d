"""The spot below the community: a road, a number, an estate, a building, a school, a station.

The span is as short as it can be and exactly what the citizen wrote; a kind of spot without a name
(公园, 楼下, 那家电镀厂) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from bot.nlu.everyday import is_everyday
from bot.nlu.place_mention import COMMUNITY, DISTRICT, PlaceMention
from bot.nlu.spot_words import (
    ANYWHERE,
    ATTACHED,
    ATTACHED_TO_FULL_NAME,
    ATTACHED_TO_VILLAGE,
    BARE_NUMBER,
    BRANDED,
    CROSSING,
    FIRST_SPOT,
    GENERIC,
    HAMLET,
    HIGHWAY,
    HOUSE,
    KIND,
    LEFT_OVER,
    LINK,
    NO_CITY,
    NO_ROAD,
    NUMBERED,
    SHORT,
    STOP,
    TAIL,
    VERB_AT_END,
)
from bot.vocabulary import load_yaml

_LONGEST_NAME = 8
_LONGEST_ROAD = 4
_LONGEST_CITY = 6
_MAX_DETAIL = 40
_EVERYDAY = 300
_MOST_STEPS = 4


@dataclass(frozen=True)
class Detail:
    """A spot in a text."""

    start: int
    end: int
    text: str


def spots(text: str, mentions: Sequence[PlaceMention]) -> list[Detail]:
    """Every named spot in ``text`` (normalised), from left to right."""
    found: list[Detail] = []
    for start, end in sorted({*_kinds(text, mentions), *_others(text, mentions)}):
        if found and start < found[-1].end:
            if end > found[-1].end and start <= found[-1].start:
                found[-1] = Detail(start, end, text[start:end])
            continue
        if found and start == found[-1].end and end - found[-1].start <= _MAX_DETAIL:
            start = found.pop().start
        found.append(Detail(start, end, text[start:end]))
    return found


def lone_spots(text: str) -> list[Detail]:
    """Named spots of a text without any place: no schools, which may be anywhere."""
    return [spot for spot in spots(text, ()) if not ANYWHERE.search(spot.text)]


def _kinds(text: str, mentions: Sequence[PlaceMention]) -> Iterable[tuple[int, int]]:
    """Names that end in a word for a kind of spot."""
    floor = 0
    for kind in KIND.finditer(text):
        if kind.end() <= floor:
            continue
        if any(m.start <= kind.start() and kind.end() <= m.end for m in mentions):
            continue
        start = _start_of_name(text, kind, mentions, floor)
        if start is None:
            continue
        end = _end_of_spot(text, kind)
        floor = end
        yield start, end


def _start_of_name(
    text: str, kind: re.Match[str], mentions: Sequence[PlaceMention], floor: int
) -> int | None:
    before = [m for m in mentions if m.end <= kind.start()]
    last = before[-1] if before else None
    if last:
        attached = _attaching(last).match(text, last.end)
        if attached and attached.end() == kind.end():
            return last.start
        # 河西菜市场 is the market of 河西: without it, any market.
        named = last.bare and last.level == COMMUNITY and kind.group() == "市场"
        if named and GENERIC.fullmatch(text[last.end : kind.start()]):
            return last.start
    low = max(floor, last.end if last else 0)
    window = text[low : kind.start()]
    stops = [stop.end() for stop in STOP.finditer(window)]
    name_start = low + (stops[-1] if stops else 0)
    leading = LEFT_OVER.match(text[name_start : kind.start()])
    if leading and (name_start != low or low == floor):
        name_start += leading.end()
    name = text[name_start : kind.start()]
    if kind.group() == "站":
        return None
    if kind.lastgroup == "road" and len(name) > _LONGEST_ROAD:
        if name_start == low and last and len(name) <= _LONGEST_NAME:
            pass
        else:
            keep = 3 if name[-1] in "东南西北中一二三四五六七八九十" else 2
            name_start, name = kind.start() - keep, name[-keep:]
    beside = last is not None and name_start == last.end
    if len(name) > _LONGEST_NAME or not _is_name(name, kind, beside):
        return None
    # "官窑永安大道": an old town is worth its word, for its present town does not say it.
    return last.start if last and last.landmark and last.end == name_start else name_start


def _attaching(mention: PlaceMention) -> re.Pattern[str]:
    """What makes one name together with ``mention``: 桂城 + 中学, 高明区 + 人民医院."""
    if mention.bare or mention.landmark:
        return ATTACHED
    return ATTACHED_TO_VILLAGE if mention.text.endswith("村") else ATTACHED_TO_FULL_NAME


def _is_name(name: str, kind: re.Match[str], beside: bool) -> bool:
    """Whether ``name`` makes a spot of ``kind``; ``beside`` a place less can be sentence."""
    if kind.lastgroup == "road":
        return len(name) > 1 and not NO_ROAD.fullmatch(name)
    if kind.group() == "会展中心":
        return True
    if kind.group() == "城":
        return 2 <= len(name) <= _LONGEST_CITY and not NO_CITY.search(name)
    if not name or GENERIC.fullmatch(name) or VERB_AT_END.search(name):
        return False
    if not beside and _says_more(name):
        return False
    return len(name) > 1 or kind.group() in SHORT


@cache
def _name_words() -> frozenset[str]:
    return frozenset(load_yaml("places.yml")["words_in_spot_names"])


def _says_more(name: str) -> bool:
    """Whether everyday words stand in a would-be name: 赔偿(法院), 人晕倒送(医院)."""
    return any(
        name[i : i + 2] not in _name_words() and is_everyday(name[i : i + 2], _EVERYDAY)
        for i in range(len(name) - 1)
    )


def _end_of_spot(text: str, kind: re.Match[str]) -> int:
    end = kind.end()
    crossing = CROSSING.match(text[end:]) if kind.lastgroup == "road" else None
    if crossing and (crossing["kind"] or "").endswith(("口", "汇", "汇处")):
        return end + crossing.end()
    tail = TAIL.match(text, end)
    return tail.end() if tail else end


def _others(text: str, mentions: Sequence[PlaceMention]) -> Iterable[tuple[int, int]]:
    """Spots known by a number, a highway's code, a builder's name or their place in a community."""
    for pattern in (HIGHWAY, BRANDED):
        yield from (found.span() for found in pattern.finditer(text))
    for mention in mentions:
        number = BARE_NUMBER.match(text, mention.end)
        if number:
            yield number.span()
        for pattern in (NUMBERED, HOUSE):
            named = pattern.match(text, mention.end)
            if named and not STOP.search(named.group()):
                yield named.span()
        if mention.level == DISTRICT or any(m.start == mention.end for m in mentions):
            continue
        hamlet = HAMLET.match(text, mention.end)
        if (
            hamlet
            and not STOP.search(hamlet["name"])
            and not GENERIC.fullmatch(hamlet["name"][:-1])
        ):
            yield hamlet.span("name")


def skip_spots(text: str) -> str:
    """``text`` (normalised), which goes on behind a place, without the spots it begins with."""
    for _ in range(_MOST_STEPS):
        text = LINK.sub("", text)
        found = FIRST_SPOT.match(text)
        if not found or STOP.search(found.group()):
            break
        text = text[found.end() :]
    return LINK.sub("", text)
