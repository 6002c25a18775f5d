"""Official names of districts, towns and communities for what callers and rules write."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from bot.places import place_tree
from intake.cases import Address

_TOWN_ENDING = re.compile("(街道办事处|街道办|街道|镇政府|镇)$")
_COMMUNITY_ENDING = re.compile("(社区居民委员会|社区居委会|村民委员会|居委会|村委会|社区|村)$")

Names = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Ground:
    """What is where. Each of ``districts``, ``towns``, ``communities`` maps a way of writing a
    name to the official names that it can mean; ``places`` has every (district, town, community).
    ``stems`` are all ways of writing: words that say where, not what.
    """

    districts: Names
    towns: Names
    communities: Names
    places: frozenset[tuple[str, str, str]]
    stems: frozenset[str]


@cache
def ground() -> Ground:
    """Foshan's, put together once a process."""
    districts: dict[str, set[str]] = defaultdict(set)
    towns: dict[str, set[str]] = defaultdict(set)
    communities: dict[str, set[str]] = defaultdict(set)
    places = set()
    for district, its_towns in place_tree().items():
        districts[district].add(district)
        districts[district.removesuffix("区")].add(district)
        for town, its_communities in its_towns.items():
            towns[town].add(town)
            towns[_TOWN_ENDING.sub("", town)].add(town)
            for community in its_communities:
                communities[community].add(community)
                communities[_COMMUNITY_ENDING.sub("", community)].add(community)
                places.add((district, town, community))
    stems = frozenset({*districts, *towns, *communities} - {""})
    return Ground(
        _frozen(districts), _frozen(towns), _frozen(communities), frozenset(places), stems
    )


def official_district(text: str) -> str | None:
    """``南海`` → ``南海区``; None when there is no such district."""
    return _only(ground().districts.get(text.strip().removeprefix("佛山市"), frozenset()))


def official_town(text: str) -> str | None:
    """``桂城`` → ``桂城街道``; None when there is no such town."""
    text = text.strip()
    return _only(ground().towns.get(text) or ground().towns.get(_TOWN_ENDING.sub("", text)) or ())


def official_communities(text: str) -> frozenset[str]:
    """The communities that ``平东``, ``平东村委会`` can mean by name, in whatever town."""
    text = text.strip()
    known = ground().communities
    return known.get(text) or known.get(_COMMUNITY_ENDING.sub("", text)) or frozenset()


def official(address: Address) -> Address:
    """``address`` with official names, and with the levels above that follow from those given.

    What is not in the dictionary, or could be two places, stays as it was written.
    """
    district, town, community = _official(address.district, address.town, address.community)
    return replace(address, district=district, town=town, community=community)


Levels = tuple[str | None, str | None, str | None]


# Asked for hundreds of cases of one town at a time.
@lru_cache(maxsize=4096)
def _official(district: str | None, town: str | None, community: str | None) -> Levels:
    known_district = official_district(district) if district else None
    known_town = official_town(town) if town else None
    names = official_communities(community) if community else frozenset()
    fits = [
        place
        for place in ground().places
        if (not known_district or place[0] == known_district)
        and (not known_town or place[1] == known_town)
        and (not community or place[2] in names)
    ]
    if community and len(fits) == 1:
        return fits[0]
    if known_town and not known_district and len({place[0] for place in fits}) == 1:
        known_district = fits[0][0]
    return known_district or district, known_town or town, community


def community_of(text: str) -> tuple[str, str, str] | None:
    """(district, town, community) of a community's name with what is needed of the levels above.

    ``南海区桂城街道平东社区``, ``桂城平东`` and, where only one town has one, ``平东社区``.
    """
    text = text.strip().removeprefix("广东省").removeprefix("佛山市")
    fits = _communities_by_words().get(text, frozenset())
    return next(iter(fits)) if len(fits) == 1 else None


@cache
def _communities_by_words() -> Mapping[str, frozenset[tuple[str, str, str]]]:
    found: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for place in ground().places:
        district, town, community = place
        for ending in {community, _COMMUNITY_ENDING.sub("", community)}:
            for middle in {town, _TOWN_ENDING.sub("", town)}:
                for start in ("", district, district.removesuffix("区")):
                    found[start + middle + ending].add(place)
            found[ending].add(place)
    return {words: frozenset(places) for words, places in found.items()}


def _frozen(names: Mapping[str, set[str]]) -> Names:
    return {name: frozenset(meant) for name, meant in names.items() if name}


def _only(names: frozenset[str] | tuple[()]) -> str | None:
    return next(iter(names)) if len(names) == 1 else None
