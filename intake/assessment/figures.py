"""The figures of a monthly report and what each of them means.

Everything is counted by what the history says happened in the month, and for whom it happened:

* *received* (收件): every dispatch, for the department it was sent to. A case that was returned and
  sent elsewhere, or begun anew, is received again by the one that gets it.
* *closed* (办结): every time a case was resolved, for the department that had it then. A case that
  was begun anew and resolved again is closed twice; being closed for the archive is not counted.
* *closing rate* (办结率): of the month's received ones without those sent back or withdrawn since,
  the part that has been resolved up to when the report is made.
* *on time* (按期): closed not after the deadline that was in force then.
* *median days*: working days from the dispatch to the resolution, waiting for the citizen included.
* *returned* (退回), *reopened* (重办): for the department that had the case.
* *cards*, *urges*: for the department that has the case, or for the centre while it lies there.
* *satisfaction*: the judgements of the month, for the department whose work was judged.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SATISFIED_FROM = 4
"""满意 and 非常满意; 一般 is not counted as satisfied."""


@dataclass
class Figures:
    """Counts of a month. ``kept``: received and neither sent back nor withdrawn since;
    ``kept_closed``: those of them resolved. ``days``: working days of each closed one.
    ``judgements``: how many citizens gave each mark, 5 to 1.
    """

    received: int = 0
    kept: int = 0
    kept_closed: int = 0
    closed: int = 0
    on_time: int = 0
    returned: int = 0
    yellow_cards: int = 0
    red_cards: int = 0
    reopened: int = 0
    urges: int = 0
    days: list[float] = field(default_factory=list, repr=False)
    judgements: dict[int, int] = field(default_factory=dict)

    @property
    def closing_rate(self) -> float | None:
        return _share(self.kept_closed, self.kept)

    @property
    def on_time_rate(self) -> float | None:
        return _share(self.on_time, self.closed)

    @property
    def median_days(self) -> float | None:
        return statistics.median(self.days) if self.days else None

    @property
    def judged(self) -> int:
        """How many judgements there are."""
        return sum(self.judgements.values())

    @property
    def satisfaction(self) -> float | None:
        """Their mean, 5 best."""
        return _share(sum(mark * count for mark, count in self.judgements.items()), self.judged)

    @property
    def satisfied_rate(self) -> float | None:
        satisfied = sum(n for mark, n in self.judgements.items() if mark >= SATISFIED_FROM)
        return _share(satisfied, self.judged)

    @property
    def reopen_rate(self) -> float | None:
        """Reopened against closed in the same month."""
        return _share(self.reopened, self.closed)

    @property
    def is_empty(self) -> bool:
        return self == Figures()

    def judge(self, mark: int, count: int = 1) -> None:
        self.judgements[mark] = self.judgements.get(mark, 0) + count

    def add(self, other: Figures) -> None:
        """Count what ``other`` counted too."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.days += other.days
        for mark, count in other.judgements.items():
            self.judge(mark, count)


COUNTS = (
    "received",
    "kept",
    "kept_closed",
    "closed",
    "on_time",
    "returned",
    "yellow_cards",
    "red_cards",
    "reopened",
    "urges",
)

# What people see of it, in this order.
HEADINGS: Mapping[str, str] = {
    "received": "收件",
    "closed": "办结",
    "closing_rate": "办结率",
    "on_time_rate": "按期率",
    "median_days": "办理天数",
    "returned": "退回",
    "yellow_cards": "黄牌",
    "red_cards": "红牌",
    "judged": "评价数",
    "satisfaction": "满意度",
    "satisfied_rate": "满意率",
    "reopened": "重办",
    "urges": "催办",
}
RATES = frozenset({"closing_rate", "on_time_rate", "satisfied_rate", "reopen_rate"})


def total(all_figures: Iterable[Figures]) -> Figures:
    """The figures of several departments or districts together."""
    together = Figures()
    for figures in all_figures:
        together.add(figures)
    return together


def in_words(name: str, figures: Figures) -> str:
    """A figure of ``HEADINGS`` for people; ``—`` where there is nothing to measure."""
    value = getattr(figures, name)
    if value is None:
        return "—"
    if name in RATES:
        return f"{value:.1%}"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
