"""Whether two cases are near in place: by their pins, their communities, or what both name."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from intake.cases import Address
from intake.dispatch.places import ground, official
from intake.dispatch.words import cut, known_words

NEAR_METRES = 500
# Two pins this far apart are two places, whatever the address says.
FAR_METRES = 2_000
MOST_READ = 400
"""Characters of a description that are compared; a matter is told at the beginning."""
_EARTH_METRES = 6_371_000
PLACE_WORD = re.compile(
    "[\u4e00-\u9fffA-Za-z0-9]{1,8}?(?:大道|小区|花园|广场|公园|市场|学校|小学|中学|医院|工业园|大厦"
    "|商场|车站|地铁站|公寓|村口|路口|[一二三四五六七八九十]?路|街|巷|桥|苑|城|村|涌)"
)


@dataclass(frozen=True)
class Matter:
    """What is compared of a case. ``text`` is masked; ``at`` is when it was submitted.

    ``case_id`` and ``state`` are None for an appeal that is not filed yet.
    """

    case_id: str | None
    state: str | None
    department: str
    text: str = field(repr=False)
    address: Address = field(repr=False)
    lat: float | None
    long: float | None
    at: dt.datetime
    citizen: str | None = None


def nearness(asked: Matter, other: Matter) -> str | None:
    """In words why the two are near, or None."""
    metres = metres_between(asked, other)
    if metres is not None and metres <= NEAR_METRES:
        return "在同一个位置" if metres < 20 else f"相距约 {round(metres, -1)} 米"
    if metres is not None and metres > FAR_METRES:
        return None
    one, two = official(asked.address), official(other.address)
    if not one.town or one.town != two.town or one.district != two.district:
        return None
    town = one.town.removesuffix("街道").removesuffix("镇")
    if one.community and one.community == two.community:
        return f"同在{town}{one.community}"
    shared = sorted(_place_words(asked) & _place_words(other), key=lambda word: (-len(word), word))
    return f"同在{town}，都提到“{shared[0]}”" if shared else None


def metres_between(one: Matter, other: Matter) -> int | None:
    """The distance of two pins along a great circle; None where one has no pin."""
    if one.lat is None or one.long is None or other.lat is None or other.long is None:
        return None
    lat, other_lat = math.radians(one.lat), math.radians(other.lat)
    across = math.radians(other.long - one.long)
    half = (
        math.sin((other_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin(across / 2) ** 2
    )
    return round(2 * _EARTH_METRES * math.asin(math.sqrt(min(1.0, half))))


def _place_words(matter: Matter) -> frozenset[str]:
    return places_named(matter.text[:MOST_READ], matter.address)


# The same cases of a town are compared again and again.
@lru_cache(maxsize=2048)
def places_named(text: str, address: Address) -> frozenset[str]:
    """Streets, estates, markets that the text or the address names; not the town itself."""
    text = "，".join([text, address.detail or ""])
    level = [address.community, address.town, address.district]
    for name in filter(None, [*level, "佛山市"]):
        text = text.replace(name, "，")
    found = set()
    for word in cut(text):
        if len(word) > 2 and PLACE_WORD.fullmatch(word) and word not in ground().stems:
            found.add(word)
    # jieba cuts "魁奇路" well and "平东大道" into two.
    for name in PLACE_WORD.findall("，".join(_without_empty(text))):
        if len(name) > 2 and name not in ground().stems:
            found.add(name)
    return frozenset(found)


def _without_empty(text: str) -> Iterable[str]:
    """Runs of words between those that begin no name of a place."""
    run = ""
    for word in cut(text):
        if (
            len(word) == 1
            and word in "的在了和与是有到从往向对把被我你他这那个都就也很"
            or (word in known_words().empty)
        ):
            yield run
            run = ""
        else:
            run += word
    yield run
