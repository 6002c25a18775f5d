"""Foshan's places in five levels, found in what people really type. Knows nothing of Rasa.

The official names come from jionlp's dictionary, extracted ahead of time
(:func:`extract_places`); jionlp's own address parser covers the whole country and misreads local
speech. Short forms, old towns and landmarks come from ``places.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from bot.nlu.place_evidence import Evidence
from bot.nlu.place_mention import COMMUNITY, DISTRICT, TOWN, Place, PlaceMention
from bot.places import place_tree
from bot.vocabulary import load_yaml

__all__ = [
    "COMMUNITY",
    "DISTRICT",
    "TOWN",
    "Gazetteer",
    "Place",
    "PlaceMention",
    "extract_places",
    "gazetteer",
]
_TOWN_SUFFIX = re.compile(r"(镇街道|街道|镇)$")
_COMMUNITY_SUFFIX = re.compile(r"(社区|村)$")
_TOWN_SUFFIXES = ("镇", "街道", "镇街道", "街道办", "街")
_OLD_TOWN_SUFFIXES = ("镇", "街道", "街道办")


class Gazetteer:
    """All names of Foshan's places, matched longest first."""

    def __init__(self, tree: Mapping[str, Mapping[str, list[str]]], extra: dict[str, Any]) -> None:
        self._tree = tree
        self._index: dict[str, tuple[Place, ...]] = {}
        # Meanings that count only where the other words say so: 太平村 for 太平社区.
        self._loose: dict[str, tuple[Place, ...]] = {}
        self._weak: set[str] = {*extra["weak_stems"], *extra["weak_communities"]}
        self._common: set[str] = set(extra["common_communities"])
        self._bare: set[str] = set()
        self._stems: set[str] = set()
        self._add_official(tree)
        self._landmarks = {*extra["areas"], *extra["district_areas"], *extra["old_towns"]}
        self._add_areas(extra)
        self._add_communities(tree)
        for name, (district, town) in extra["more_communities"].items():
            self._add_loosely(name, Place(COMMUNITY, district, town, name))
        self._elsewhere = set(extra["not_foshan"])
        self._evidence = Evidence(extra["elsewhere"])
        # Several components ask for the same message.
        self._last: tuple[str, list[PlaceMention]] | None = None
        # Hardly any two characters begin a name: look only where two do.
        self._lengths: dict[str, list[int]] = {}
        names = {*self._index, *self._loose, *self._elsewhere}
        for surface in sorted(names, key=len, reverse=True):
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
        unsure = self._weak | self._common | self._stems
        return [surface for surface in {**self._index, **self._loose} if surface not in unsure]

    def names_other_city(self, text: str) -> bool:
        """Whether ``text`` (normalised) names a place outside Foshan."""
        return self._evidence.names_other_city(text)

    def find(self, text: str) -> list[PlaceMention]:
        """Names in ``text`` (normalised) from left to right, the longest at each position."""
        if self._last is None or self._last[0] != text:
            self._last = text, self._find(text)
        return list(self._last[1])

    def _find(self, text: str) -> list[PlaceMention]:
        mentions: list[PlaceMention] = []
        position = 0
        while position < len(text):
            for length in self._lengths.get(text[position : position + 2], ()):
                surface = text[position : position + length]
                if surface in self._elsewhere:
                    position += length
                    break
                if surface in self._index or surface in self._loose:
                    mentions.append(self._mention(position, surface))
                    position += length
                    break
            else:
                position += 1
        return self._evidence.kept(text, mentions)

    def _mention(self, start: int, surface: str) -> PlaceMention:
        loose = self._loose.get(surface, ())
        return PlaceMention(
            start,
            start + len(surface),
            surface,
            self._index.get(surface, loose),
            weak=surface in self._weak or surface in self._common,
            landmark=surface in self._landmarks,
            common=surface in self._common,
            bare=surface in self._bare,
            loose=loose,
        )

    def _add_official(self, tree: Mapping[str, Mapping[str, list[str]]]) -> None:
        for district, towns in tree.items():
            place = Place(DISTRICT, district)
            self._add_bare(district[:-1], place)
            # Until 2002 these were cities of their own, and counties before.
            for suffix in ("区", "市", "县"):
                self._add(district[:-1] + suffix, place)
            for town in towns:
                place = Place(TOWN, district, town)
                stem = _TOWN_SUFFIX.sub("", town)
                for suffix in _TOWN_SUFFIXES:
                    self._add(stem + suffix, place)
                self._add_bare(stem, place)

    def _add_areas(self, extra: Mapping[str, Any]) -> None:
        for surface, (district, town) in extra["areas"].items():
            self._add(surface, Place(TOWN, district, town))
        for surface, district in {**extra["district_areas"], **extra["old_districts"]}.items():
            self._add(surface, Place(DISTRICT, district))
        for stem, (district, town) in extra["old_towns"].items():
            self._add_bare(stem, Place(TOWN, district, town))
        for stem, (district, town) in {
            **extra["old_towns"],
            **extra["old_towns_with_suffix"],
        }.items():
            for suffix in _OLD_TOWN_SUFFIXES:
                self._add(stem + suffix, Place(TOWN, district, town))

    def _add_communities(self, tree: Mapping[str, Mapping[str, list[str]]]) -> None:
        places = [
            Place(COMMUNITY, district, town, community)
            for district, towns in tree.items()
            for town, communities in towns.items()
            for community in communities
        ]
        taken = set(self._index)
        for place in places:
            # 罗村 is a community too, but who says it means the old town.
            if place.name in taken:
                self._add_loosely(place.name, place)
            else:
                self._add(place.name, place)
        for place in places:
            self._add_short_forms(place, taken)

    def _add_short_forms(self, place: Place, taken: set[str]) -> None:
        stem = _COMMUNITY_SUFFIX.sub("", place.name)
        # "里水" is the town, not the community in its middle.
        if len(stem) == 1 or not stem:
            return
        neighbours = self._tree[place.district][place.town or ""]
        for suffix in ("社区", "村", "村委", "居委"):
            # 乐平村 and 乐平社区 are two neighbours; elsewhere people mix the suffixes up.
            if stem + suffix not in neighbours:
                if suffix in ("社区", "村"):
                    self._add_loosely(stem + suffix, place)
                else:
                    self._add(stem + suffix, place)
        if stem not in taken:
            self._stems.add(stem)
            self._add_bare(stem, place)

    def _add_bare(self, stem: str, place: Place) -> None:
        self._bare.add(stem)
        self._add(stem, place)

    def _add(self, surface: str, place: Place) -> None:
        known = self._index.get(surface, ())
        if place not in known:
            self._index[surface] = (*known, place)

    def _add_loosely(self, surface: str, place: Place) -> None:
        self._loose[surface] = (*self._loose.get(surface, ()), place)


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
