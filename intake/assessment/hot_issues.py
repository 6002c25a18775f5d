"""Hot issues (热点): several recent appeals about the same matter.

Works on plain appeals, wherever they come from; :mod:`intake.assessment.recent` reads those of the
database. Texts must be masked: words of them are shown.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from intake.assessment.clusters import FEWEST, Group, groups_of, usual_place
from intake.assessment.ngrams import grams_of, plain

FEWEST_PEOPLE = 2
"""One citizen who writes again and again is no hot issue."""
EXAMPLES = 5
_SHORTEST = 4  # characters that say something; less than that is no matter
_EXCERPT = 60  # characters


@dataclass(frozen=True)
class Appeal:
    """One appeal. ``at`` is aware.

    ``place``: from the large to the small as one text (``南海区桂城街道``), empty if unknown; two
    places of which one begins with the other can be the same. ``spot``: more of it, only shown.
    ``joined``: citizens who said that it is their matter too. ``background``: it is not looked at
    and only tells which words are common.
    """

    text: str = field(repr=False)
    at: dt.datetime
    place: str = ""
    citizen: str | None = None
    name: str | None = None
    """Its case ID, if it has one."""
    spot: str = ""
    joined: tuple[str, ...] = ()
    background: bool = False


@dataclass(frozen=True)
class Example:
    name: str | None
    at: dt.datetime
    excerpt: str = field(repr=False)


@dataclass(frozen=True)
class Issue:
    """A hot issue of a period.

    ``count``: its appeals in the period; ``people``: the citizens behind them, those who joined
    too; whoever is unknown counts as one, but not twice with the same text. ``before``: its appeals
    in the period of the same length before. ``first_at`` and ``last_at`` are of both periods.
    """

    place: str
    words: tuple[str, ...]
    count: int
    people: int
    before: int
    first_at: dt.datetime
    last_at: dt.datetime
    examples: tuple[Example, ...]
    members: tuple[int, ...] = field(repr=False)
    """Its appeals of the period by their number in what was looked through."""

    @property
    def trend(self) -> str:
        """``new``, ``rising``, ``falling`` or ``steady`` against the period before."""
        if not self.before:
            return "new"
        if self.count == self.before:
            return "steady"
        return "rising" if self.count > self.before else "falling"


TRENDS = {"new": "新出现", "rising": "上升", "falling": "下降", "steady": "持平"}


def hot_issues(
    appeals: Sequence[Appeal],
    start: dt.datetime,
    until: dt.datetime,
    ignored: Iterable[str] = (),
) -> list[Issue]:
    """The hot issues from ``start`` to before ``until``, those of most people first.

    Args:
        appeals: of the period and of the one of the same length before it, which are compared;
            older ones are background.
        ignored: words that say nothing about the matter, such as the names of towns.
    """
    earliest = start - (until - start)
    ignored = frozenset(ignored)
    texts = [plain(appeal.text, ignored) for appeal in appeals]
    looked_at = [
        number
        for number, appeal in enumerate(appeals)
        if not appeal.background
        and earliest <= appeal.at < until
        and len(texts[number]) >= _SHORTEST
    ]
    if len(looked_at) < FEWEST:
        return []
    places = [appeals[number].place for number in looked_at]
    found = []
    for group in groups_of(grams_of(texts, looked_at), places):
        issue = _issue(appeals, looked_at, texts, group, start)
        if issue is not None:
            found.append(issue)
    return sorted(found, key=lambda one: (-one.people, -one.count, one.before, one.members))


def _issue(
    appeals: Sequence[Appeal],
    looked_at: Sequence[int],
    texts: Sequence[str],
    group: Group,
    start: dt.datetime,
) -> Issue | None:
    """The group as an issue, or None when too little of it is recent."""
    now = [member for member in group.members if appeals[looked_at[member]].at >= start]
    people: set[str] = set()
    for member in now:
        appeal = appeals[looked_at[member]]
        people.add(
            f"citizen {appeal.citizen}" if appeal.citizen else f"text {texts[looked_at[member]]}"
        )
        people.update(f"citizen {one}" for one in appeal.joined)
    if len(now) < FEWEST or len(people) < FEWEST_PEOPLE:
        return None
    recent = sorted((looked_at[member] for member in now), key=lambda n: appeals[n].at)
    times = [appeals[looked_at[member]].at for member in group.members]
    return Issue(
        place=_place(appeals, recent),
        words=group.words,
        count=len(now),
        people=len(people),
        before=len(group.members) - len(now),
        first_at=min(times),
        last_at=max(times),
        examples=tuple(_example(appeals[number]) for number in reversed(recent[-EXAMPLES:])),
        members=tuple(recent),
    )


def _place(appeals: Sequence[Appeal], members: Sequence[int]) -> str:
    """The usual place, with the spot where half of those who name the place name it."""
    place = usual_place([appeal.place for appeal in appeals], members)
    spots = Counter(appeals[member].spot for member in members if appeals[member].place == place)
    if not spots:
        return place
    spot, count = spots.most_common(1)[0]
    return place + spot if 2 * count >= sum(spots.values()) else place


def _example(appeal: Appeal) -> Example:
    return Example(appeal.name, appeal.at, appeal.text[:_EXCERPT])
