"""A place of Foshan, and its name where it stands in a text."""

from __future__ import annotations

from dataclasses import dataclass

DISTRICT, TOWN, COMMUNITY = "district", "town", "community"


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

    A ``weak`` name may be an ordinary word, a ``common`` one nearly always is; a ``landmark``
    (千灯湖, 盐步) says more than its town. ``bare`` names lack 区, 镇 or 社区. ``loose`` meanings
    count only where the other words say so.
    """

    start: int
    end: int
    text: str
    places: tuple[Place, ...]
    weak: bool
    landmark: bool = False
    common: bool = False
    bare: bool = False
    loose: tuple[Place, ...] = ()

    @property
    def level(self) -> str:
        return self.places[0].level

    def within(self, outer: tuple[Place, ...] | list[Place]) -> tuple[Place, ...]:
        """The meanings that lie in one of ``outer``; a loose one only when no other does."""
        for meanings in (self.places, self.loose):
            inside = tuple(p for p in meanings if any(p.lies_in(o) for o in outer))
            if inside:
                return inside
        return ()
