"""A month of the assessment: a calendar month in Asia/Shanghai time."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from intake.deadlines import SHANGHAI

PATTERN = "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$"


@dataclass(frozen=True, order=True)
class Month:
    """``str()`` gives ``2026-11``."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``2026-11``. Raises ValueError."""
        if not re.fullmatch(PATTERN, text) or not text.isascii():
            raise ValueError(text)
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, at: dt.datetime) -> Month:
        """The month that an aware time lies in."""
        local = at.astimezone(SHANGHAI)
        return cls(local.year, local.month)

    @property
    def start(self) -> dt.datetime:
        """Its first moment."""
        return dt.datetime(self.year, self.number, 1, tzinfo=SHANGHAI)

    @property
    def end(self) -> dt.datetime:
        """The first moment of the month after it."""
        return self.following.start

    @property
    def following(self) -> Month:
        return self._moved(1)

    @property
    def preceding(self) -> Month:
        return self._moved(-1)

    @property
    def words(self) -> str:
        """For people: ``2026 年 11 月``."""
        return f"{self.year} 年 {self.number} 月"

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    def _moved(self, months: int) -> Month:
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)
