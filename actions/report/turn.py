"""One step of a report: what comes out of one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from actions.report.draft import Draft


class Outcome(Enum):
    """How a report ended."""

    FILE = "file"
    CANCELLED = "cancelled"
    NOT_FOR_CITY = "not_for_city"


@dataclass(frozen=True)
class Reply:
    """A text of ``responses.yml`` by name, with what it needs."""

    response: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Turn:
    """What one message leads to.

    ``digression`` names an intent that others have to answer. ``came_between`` says that the
    message was no try at the question, which then stands as it was.
    """

    draft: Draft
    replies: list[Reply] = field(default_factory=list)
    outcome: Outcome | None = None
    digression: str | None = None
    came_between: bool = False

    def say(self, response: str, **values: Any) -> None:
        self.replies.append(Reply(response, values))
