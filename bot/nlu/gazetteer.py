"""Foshan's places in five levels, found in what people really type. Knows nothing of Rasa.

The official names come from jionlp's dictionary, extracted ahead of time
(:func:`extract_places`); jionlp's own address parser covers the whole country and misreads local
speech. Short forms, old towns and landmarks come from ``places.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bot.places import place_tree
from bot.vocabulary import load_yaml

DISTRICT, TOWN, COMMUNITY = "district", "town", "community"
_LEVELS = {DISTRICT: 1, TOWN: 2, COMMUNITY: 3}
_TOWN_SUFFIX = re.compile(r"(镇街道|街道|镇)$")
_COMMUNITY_SUFFIX = re.compile(r"(社区|村)$")
# What may stand between two names of one place: "南海区的桂城", "大沥，盐步".
_JOINT = re.compile(r"^[\s的,，、.。]{0,2}(?:街道|镇|区|街|那边|这边|嗰边)?[\s的,，、]{0,1}$")
# "同济路" and "南海大道" name roads, not the community 同济 or the district 南海.
_ROAD = re.compile(
    r"[东南西北中]?[一二三四五六七八九]?(?:路(?!灯|面|口|边|段)|大道|街(?!道|办)|巷)"
)
# Beside a weak name other suffixes make it something else too: 建设银行, 太平医院.
_INSTITUTION = re.compile(
    rf"{_ROAD.pattern}|桥|站|大厦|广场|学校|小学|中学|医院|银行|公司|酒店|工厂"
)


@dataclass(frozen=True)
class Place:
    """A district, town or community; the levels above are filled."""

    level: str
    district: str
    town: str | None = None
    community: str | None = None

    @property
    def name(self) -> str:
        return self.community or self.town or self.district

    def lies_in(self, other: Place) -> bool:
        """Whether this place is ``other`` or part of it."""
        return (
            self.district == other.district
            and other.town in (None, self.town)
            and other.community in (None, self.community)
        )


@dataclass(frozen=True)
class PlaceMention:
    """A name found in a text, with every place it can mean.

    A ``weak`` name may be an ordinary word; a ``landmark`` (千灯湖, 盐步) says more than its town.
    """

    start: int
    end: int
    text: str
    places: tuple[Place, ...]
    weak: bool
    landmark: bool = False


class Gazetteer:
    """All names of Foshan's places, matched longest first."""

    def __init__(self, tree: Mapping[str, Mapping[str, list[str]]], extra: dict[str, Any]) -> None:
        self._tree = tree
        self._index: dict[str, tuple[Place, ...]] = {}
        self._weak: set[str] = set()
        self._add_official(tree, set(extra["weak_stems"]))
        self._landmarks = {*extra["areas"], *extra["district_areas"]}
        for surface, (district, town) in extra["areas"].items():
            self._add(surface, Place(TOWN, district, town))
        for surface, district in extra["district_areas"].items():
            self._add(surface, Place(DISTRICT, district))
        self._add_communities(tree)
        self._elsewhere = set(extra["not_foshan"])
        # Hardly any two characters begin a name: look only where two do.
        self._lengths: dict[str, list[int]] = {}
        for surface in sorted({*self._index, *self._elsewhere}, key=len, reverse=True):
            lengths = self._lengths.setdefault(surface[:2], [])
            if len(surface) not in lengths:
                lengths.append(len(surface))

    def districts(self) -> list[str]:
        return list(self._tree)

    def towns(self, district: str | None = None) -> list[Place]:
        """All towns, or those of one district."""
        return [
            Place(TOWN, name, town)
            for name, towns in self._tree.items()
            if district in (None, name)
            for town in towns
        ]

    def communities(self, town: Place) -> list[str]:
        return self._tree[town.district][town.town or ""]

    def full_names(self) -> Iterable[str]:
        """Names that are no ordinary words, for the segmenter."""
        return [surface for surface in self._index if surface not in self._weak]

    def find(self, text: str) -> list[PlaceMention]:
        """Names in ``text`` (normalised) from left to right, the longest at each position."""
        mentions: list[PlaceMention] = []
        position = 0
        while position < len(text):
            for length in self._lengths.get(text[position : position + 2], ()):
                surface = text[position : position + length]
                if surface in self._elsewhere:
                    position += length
                    break
                places = self._index.get(surface)
                if places:
                    mentions.append(
                        PlaceMention(
                            position,
                            position + length,
                            surface,
                            places,
                            weak=surface in self._weak,
                            landmark=surface in self._landmarks,
                        )
                    )
                    position += length
                    break
            else:
                position += 1
        return _drop_unsupported(text, mentions)

    def _add_official(self, tree: Mapping[str, Mapping[str, list[str]]], weak: set[str]) -> None:
        for district, towns in tree.items():
            self._add(district, Place(DISTRICT, district))
            self._add_stem(district[:-1], Place(DISTRICT, district), weak)
            for town in towns:
                place = Place(TOWN, district, town)
                stem = _TOWN_SUFFIX.sub("", town)
                for suffix in ("镇", "街道", "镇街道", "街道办", "街"):
                    self._add(stem + suffix, place)
                self._add_stem(stem, place, weak)

    def _add_communities(self, tree: Mapping[str, Mapping[str, list[str]]]) -> None:
        taken = set(self._index)
        for district, towns in tree.items():
            for town, communities in towns.items():
                for community in communities:
                    place = Place(COMMUNITY, district, town, community)
                    self._add_community(place, set(communities), taken)

    def _add_community(self, place: Place, neighbours: set[str], taken: set[str]) -> None:
        stem = _COMMUNITY_SUFFIX.sub("", place.name)
        self._add(place.name, place)
        for suffix in ("社区", "村", "村委", "居委"):
            # 乐平村 and 乐平社区 are two neighbours; elsewhere people mix the suffixes up.
            if len(stem) > 1 and stem + suffix not in neighbours:
                self._add(stem + suffix, place)
        # "里水" is the town, not the community in its middle. "平东", "河西", "太平" without
        # 村 or 社区 count only beside the name of their town.
        if len(stem) > 1 and stem not in taken:
            self._weak.add(stem)
            self._add(stem, place)

    def _add_stem(self, stem: str, place: Place, weak: set[str]) -> None:
        if stem in weak:
            self._weak.add(stem)
        self._add(stem, place)

    def _add(self, surface: str, place: Place) -> None:
        known = self._index.get(surface, ())
        if place not in known:
            self._index[surface] = (*known, place)


def _drop_unsupported(text: str, mentions: list[PlaceMention]) -> list[PlaceMention]:
    """Keep a weak name only beside another name that it fits (桂城平东) or as the whole answer."""
    kept: list[PlaceMention] = []
    for number, mention in enumerate(mentions):
        if (_INSTITUTION if mention.weak else _ROAD).match(text, mention.end):
            continue
        if mention.text == text.strip(" ,.!?，。！？"):
            return [mention]
        before = kept[-1] if kept else None
        after = mentions[number + 1] if number + 1 < len(mentions) else None
        if before and _joined(text, before, mention):
            kept.append(_narrowed(mention, before))
        elif not mention.weak or after and _joined(text, mention, after) and _fits(after, mention):
            kept.append(mention)
    return kept


def _joined(text: str, before: PlaceMention, after: PlaceMention) -> bool:
    return bool(_JOINT.match(text[before.end : after.start])) and (
        _fits(after, before) or not after.weak
    )


def _fits(inner: PlaceMention, outer: PlaceMention) -> bool:
    return any(a != b and a.lies_in(b) for a in inner.places for b in outer.places)


def _narrowed(mention: PlaceMention, before: PlaceMention) -> PlaceMention:
    inside = tuple(p for p in mention.places if any(p.lies_in(o) for o in before.places))
    if not inside:
        return mention
    return replace(mention, places=inside, weak=False)


def extract_places() -> dict[str, dict[str, list[str]]]:
    """District → town → communities, from jionlp's dictionary (prisons and farms left out)."""
    from jionlp.dictionary.dictionary_loader import china_location_loader

    city = china_location_loader(detail=True)["广东省"]["佛山市"]
    return {
        district: {
            town: [name for name in communities if not name.startswith("_")]
            for town, communities in towns.items()
            if town.endswith(("镇", "街道"))
        }
        for district, towns in city.items()
        if not district.startswith("_")
    }


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer of Foshan, built once a process."""
    return Gazetteer(place_tree(), load_yaml("places.yml"))
