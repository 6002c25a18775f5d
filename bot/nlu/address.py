"""The address of an appeal in five levels, from the places and details in the citizen's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import everyday
from bot.nlu.component import RuleExtractor
from bot.nlu.detail import Detail, lone_spots, skip_spots, spots
from bot.nlu.gazetteer import Place, PlaceMention, gazetteer
from bot.nlu.matter_place import PlaceGroup, place_groups, weightiest

ADDRESS = "address"
ADDRESS_CANDIDATES = "address_candidates"
_CITY = ("", "佛山", "佛山市", "广东佛山", "广东省佛山市")
_OPENING = re.compile(
    r"^(?:请问|关于|我(?:家|们)?住?|住在?|在|喺|位于|就在|到|去|从|这条|那条|的|有|是|系)+"
)
_WORD = re.compile(r"\w")
_CLAUSE_END = re.compile(r"[，,。；;！!？?\n]")


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
    """The address of the matter in ``text`` (normalised). Everything is None when there is none."""
    known = gazetteer()
    mentions = known.find(text)
    groups = place_groups(text, mentions)
    chosen = weightiest(groups)
    if chosen is None:
        lone = [] if mentions or known.names_other_city(text) else lone_spots(text)
        return FoundAddress(Address(detail=lone[0].text if lone else None), (), ())
    # A place that is denied or compared with is not the citizen's.
    told = tuple(m for group in groups if group.counts for m in group.mentions)
    detail = _detail(text, spots(text, mentions), groups, chosen)
    meanings = chosen.meanings
    # Two towns have a community of this name: only what they share is certain.
    candidates = meanings if len({(p.district, p.town) for p in meanings}) > 1 else ()
    address = Address(
        _shared([place.district for place in meanings]),
        _shared([place.town for place in meanings]),
        None if candidates else _shared([place.community for place in meanings]),
        None,
        detail,
    )
    return FoundAddress(address, tuple(candidates), told)


def beyond_address(text: str) -> str | None:
    """What a text (normalised) that begins with a place says after its address, else None.

    "桂城南约市场门口垃圾堆成山" begins with an address, and says "垃圾堆成山".
    """
    mentions = gazetteer().find(text)
    if not mentions or _OPENING.sub("", text[: mentions[0].start]).strip() not in _CITY:
        return None
    first = next(iter(place_groups(text, mentions)), None)
    return skip_spots(text[(first.mentions if first else mentions)[-1].end :])


def before_address(text: str) -> str | None:
    """What a text (normalised) that ends with a place says before its address, else None.

    "停水两天了 桂城夏西" says "停水两天了".
    """
    mentions = gazetteer().find(text)
    if not mentions or _WORD.search(skip_spots(text[mentions[-1].end :])):
        return None
    return text[: mentions[0].start]


def _shared(names: Sequence[str | None]) -> str | None:
    return names[0] if len(set(names)) == 1 else None


def _detail(
    text: str, found: Sequence[Detail], groups: Sequence[PlaceGroup], chosen: PlaceGroup
) -> str | None:
    """The spot nearest behind the chosen places, or else one that belongs to no other place."""
    others = [m for group in groups if group is not chosen for m in group.mentions]
    best: tuple[int, Detail] | None = None
    for spot in found:
        owner = max(
            (m for m in (*chosen.mentions, *others) if m.start <= spot.start),
            key=lambda m: m.start,
            default=None,
        )
        if owner in others:
            continue
        between = (
            text[owner.end : spot.start] if owner else text[spot.end : chosen.mentions[0].start]
        )
        distance = len(_CLAUSE_END.findall(between))
        if best is None or distance < best[0]:
            best = (distance, spot)
    if best and (best[0] == 0 or not chosen.landmark):
        opposite = "对面" if text.startswith("对面", best[1].end) else ""
        return best[1].text + opposite
    if chosen.landmark:
        end = chosen.mentions[-1].end
        return chosen.landmark + ("对面" if text.startswith("对面", end) else "")
    return best[1].text if best else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class FoshanAddressExtractor(RuleExtractor):
    """Sets ``address`` and ``address_candidates`` and adds ``place`` entities."""

    def warm_up(self) -> None:
        gazetteer()
        everyday.load()

    def understand(self, message: Message, text: str) -> None:
        found = find_address(text)
        message.set(ADDRESS, found.address.as_dict(), add_to_output=True)
        message.set(
            ADDRESS_CANDIDATES, [asdict(place) for place in found.candidates], add_to_output=True
        )
        for mention in found.mentions:
            self.add_entity(message, "place", mention.places[0].name, mention.start, mention.end)
