"""Reads the names in a text; what stands left of a word for a kind decides whether it ends a name.

A name is a word for a kind (厂, 酒楼, 花园) with what is its own before it (顺发, 喜来顺). A kind
with nothing but its trade (那间五金厂) is none. The places before a name belong to it only where it
is registered so (佛山市顺德区某某家具有限公司) or would be nothing without them (桂城中学).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.nlu import everyday
from bot.nlu.gazetteer import gazetteer
from bot.nlu.name_patterns import (
    ANY_OF_THEM,
    BRANCH,
    CITY,
    FULL,
    HOME_AFTER,
    HOME_BEFORE,
    NAMED_AFTER_PLACE,
    NUMERAL,
    PHASE,
    REGISTERED,
    ROAD,
    SINGLE,
    STAYS,
    STOP,
)
from bot.nlu.name_words import BRAND, CUED, DOUBTFUL, KindWord, name_words
from bot.nlu.place_mention import COMMUNITY, DISTRICT, PlaceMention
from bot.nlu.words import segments

_LONGEST = 25
_LONGEST_OWN = 9
_LONGEST_ESTATE = 6
_EVERYDAY = 300
_LEADING = 600


@dataclass(frozen=True)
class NameMention:
    """A name in a text and what it is of: one of ``name_words.KINDS``."""

    start: int
    end: int
    text: str
    kind: str


class NameReader:
    """Reads one text; what stands left of a kind word decides whether it ends a name."""

    def __init__(self, text: str) -> None:
        self.found: list[NameMention] = []
        self._text = text
        self._mentions = gazetteer().find(text)
        self._everyday, self._cuts = _everyday_and_cuts(text)

    def read(self, start: int, kind: KindWord | None) -> None:
        """Add the name, if any, that ends in the kind word at ``start`` (None: before a number)."""
        last = self.found[-1] if self.found else None
        if last and start < last.end:
            return
        end = start + len(kind.word) if kind else start
        landmark = next((m for m in self._mentions if m.end == end and m.landmark), None)
        if landmark and kind and kind.kind == "building":
            self._add(landmark.start, end, kind.kind)
            return
        # 桂城 is a town, no city of shops.
        if any(m.start < start < end <= m.end and m.level != COMMUNITY for m in self._mentions):
            return
        if last and self._goes_on(last, start, kind):
            assert kind
            self.found.pop()
            self._add(last.start, end, kind.kind)
            return
        floor = last.end if last else 0
        if kind and kind.need == BRAND:
            self._add(start, end, kind.kind)
            return
        begin = self._begin(start, floor, kind)
        if begin is None or not self._is_name(begin, start, kind):
            return
        home = kind is None or (kind.word == "城" and HOME_AFTER.match(self._text, end))
        self._add(begin, end, "estate" if home or not kind else kind.kind)

    def _goes_on(self, last: NameMention, start: int, kind: KindWord | None) -> bool:
        """Whether the name goes on to the next kind word: 盛世华庭 + 幼儿园."""
        if kind is None or kind.need in (BRAND, CUED) or not _may_go_on(last, kind):
            return False
        if kind.need == DOUBTFUL and start != last.end:
            return False
        if self._cut_before(start) >= last.end or start - last.end > _LONGEST_OWN:
            return False
        return name_words().is_generic(self._text[last.end : start])

    def _cut_before(self, position: int) -> int:
        """The last place at or before ``position`` where a name can at most begin."""
        index = bisect_right(self._cuts, position)
        return self._cuts[index - 1] if index else 0

    def _begin(self, start: int, floor: int, kind: KindWord | None) -> int | None:
        """Where the name begins whose kind word is at ``start``."""
        low = max(floor, start - _LONGEST)
        if kind and kind.kind == "company":
            registered = self._last(REGISTERED, low, start)
            if registered and not STOP.search(self._text, registered.end(), start):
                return registered.start()
        begin = max(low, self._cut_before(start))
        if begin >= start:
            return None
        chain = self._places(begin, start)
        city = self._last(CITY, begin, start)
        if city and (not chain or city.end() <= chain[0].start):
            begins_places = bool(chain) and city.end() == chain[0].start
            registered_so = kind and kind.kind in ("school", "hospital") and not _has_town(chain)
            if not begins_places or registered_so:
                return city.start()
        if not chain:
            road = ROAD.match(self._text, begin, start)
            return road.end() if road and self._is_own(self._text[road.end() : start]) else begin
        return self._behind(chain, start, kind)

    def _last(self, pattern: re.Pattern[str], low: int, high: int) -> re.Match[str] | None:
        last = None
        for last in pattern.finditer(self._text, low, high):  # noqa: B007
            pass
        return last

    def _places(self, begin: int, start: int) -> list[PlaceMention]:
        """The last places between ``begin`` and ``start`` that stand side by side.

        Communities are called like much else: they count at the beginning and beside a place.
        """
        chain: list[PlaceMention] = []
        for mention in self._mentions:
            if mention.start < begin or mention.end > start:
                continue
            beside = bool(chain) and chain[-1].end == mention.start
            if mention.level == COMMUNITY and mention.start != begin and not beside:
                continue
            chain = [*chain, mention] if beside else [mention]
        return chain

    def _behind(self, chain: Sequence[PlaceMention], start: int, kind: KindWord | None) -> int:
        """Where the name begins among or behind the places before it: as late as it can.

        Hospitals are told with their town.
        """
        for place in chain:
            own = self._is_own(self._text[place.end : start])
            if kind and kind.kind == "hospital" and not FULL.search(place.text):
                own = own and place is not chain[-1]
            if not own or (kind and kind.word.endswith("公司") and place.level == DISTRICT):
                return place.start
        return chain[-1].end

    def _is_own(self, stem: str) -> bool:
        own = name_words().own_part(stem)
        return len(own) > 1 and not name_words().is_generic(own)

    def _is_name(self, begin: int, start: int, kind: KindWord | None) -> bool:
        place = self._place_at(begin, start)
        if place and not self._is_own(self._text[place:start]):
            return kind is not None and _is_called_after_place(self._text[place:start], kind)
        stem = self._text[begin:start]
        own = name_words().own_part(CITY.sub("", stem, count=1))
        registered = REGISTERED.match(stem)
        if not self._is_own(stem) or not (registered or self._is_rare(begin, start)):
            return False
        if kind is None or kind.need == CUED:
            return len(own) <= _LONGEST_ESTATE and self._is_home(begin, start, kind)
        return len(own) <= _LONGEST_OWN or bool(registered)

    def _place_at(self, begin: int, start: int) -> int | None:
        """The end of the city, place or road that a name begins with."""
        for mention in self._mentions:
            # 兰桂 is a community, but what is called 兰桂坊 need not be there.
            surely = mention.level != COMMUNITY or not mention.bare
            if surely and mention.start == begin and mention.end <= start:
                return mention.end
        before = CITY.match(self._text, begin, start) or ROAD.match(self._text, begin, start)
        return before.end() if before else None

    def _is_home(self, begin: int, start: int, kind: KindWord | None) -> bool:
        if kind is None:
            return True
        end = start + len(kind.word)
        return bool(HOME_BEFORE.search(self._text, 0, begin) or HOME_AFTER.match(self._text, end))

    def _is_rare(self, begin: int, start: int) -> bool:
        """Whether no everyday word is in what should be a name."""
        return not any(
            begin <= at
            and end <= start
            and not any(m.start <= at and end <= m.end for m in self._mentions)
            for at, end in self._everyday
        )

    def _add(self, begin: int, end: int, kind: str) -> None:
        text = self._text
        phase = PHASE.match(text, end) if kind == "estate" else None
        if phase:
            end = phase.end()
        branch = BRANCH.match(text, end)
        if branch and branch.lastgroup == kind and self._cut_before(branch.end() - 1) <= end:
            end = branch.end()
        if end - begin <= _LONGEST:
            self.found.append(NameMention(begin, end, text[begin:end], kind))


def _may_go_on(last: NameMention, kind: KindWord) -> bool:
    """What stands in a building or an estate is mostly not called after it: 万科广场超市."""
    if kind.word.endswith("公司"):
        return True
    if last.kind == "building":
        return kind.kind == "building" and kind.word != "写字楼"
    if last.kind == "estate":
        return (kind.kind == "estate" and kind.word != "小区") or (
            kind.kind == "school" or kind.word in STAYS
        )
    return kind.word not in ("小区", "物业")


def _has_town(chain: Sequence[PlaceMention]) -> bool:
    return any(FULL.search(mention.text) for mention in chain)


def _is_called_after_place(rest: str, kind: KindWord) -> bool:
    """桂城中学 and 乐从家具城 are names, "狮山陶瓷厂" is any of them."""
    if ANY_OF_THEM.search(rest):
        return False
    if kind.kind in ("school", "hospital"):
        return kind.need != DOUBTFUL
    if kind.word.endswith(NAMED_AFTER_PLACE):
        return True
    return kind.word in STAYS and bool(rest) and not name_words().is_trade(rest)


def _everyday_and_cuts(text: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Where everyday words stand that are in no name, and where names can at most begin."""
    cuts = [found.end() for found in STOP.finditer(text)]
    cuts.extend(name_words().ends_before_name(text))
    common: list[tuple[int, int]] = []
    at = 0
    for word in segments(text):
        start, at = at, at + len(word)
        leads, in_no_name = _use(word)
        if leads:
            cuts.append(at)
        if in_no_name:
            common.append((start, at))
    return common, sorted(cuts)


# The same words come again and again.
@lru_cache(maxsize=8192)
def _use(word: str) -> tuple[bool, bool]:
    """Whether a name begins behind ``word``, and whether it is in none."""
    known = name_words()
    if len(word) == 1 or word in known.in_names:
        return word in SINGLE, False
    common = everyday.is_everyday(word, _EVERYDAY) and not everyday.is_naming(word)
    return (
        everyday.is_leading(word, _LEADING),
        bool(NUMERAL.fullmatch(word)) or (common and not known.is_generic(word)),
    )
