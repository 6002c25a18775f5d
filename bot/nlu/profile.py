"""Appeal type, urgency and handling mode of an appeal. Rules; knows Rasa only at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.classifier import DEPARTMENT_RANKING
from bot.nlu.component import RuleExtractor
from bot.nlu.danger import find_dangers
from bot.vocabulary import departments, load_yaml

# Two departments this close, and together nearly sure, share the matter.
_CROSS_SHARE = 0.6
_CROSS_TOGETHER = 0.75
_HEAD = 120
_LETTER_NO_QUESTION = 1.5
_LONG_STANDING = re.compile(
    r"(?:多次|反复|一直|长期|多年|[二两三四五六七八九十\d]+年|历史遗留).{0,12}"
    r"(?:反映|投诉|无果|没人|未解决|得不到|拖|推|上访|没有解决|未果)|踢皮球|历史遗留"
)


@cache
def _cues() -> dict[str, list[tuple[re.Pattern[str], float]]]:
    return {
        appeal_type: [(re.compile(pattern), float(weight)) for pattern, weight in cues.items()]
        for appeal_type, cues in load_yaml("appeal_cues.yml").items()
    }


def appeal_type(text: str) -> str:
    """One of complaint, report, help, suggestion, consultation, for a normalised text."""
    # A letter says at its beginning what it wants; a question in its middle is a figure of speech.
    head = text[:_HEAD]
    scores = {
        name: sum(weight for pattern, weight in cues if pattern.search(head))
        for name, cues in _cues().items()
    }
    if len(text) > _HEAD:
        scores["consultation"] -= _LETTER_NO_QUESTION
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > scores["complaint"] else "complaint"


def is_urgent(text: str) -> bool:
    """Whether a present danger is named in a normalised text."""
    return bool(find_dangers(text))


def handling_mode(
    text: str, kind: str, urgent: bool, ranking: Sequence[Mapping[str, Any]]
) -> str | None:
    """The handling mode by the table of the appeal service; None without a department.

    ``ranking``: ``[{"department": code, "confidence": probability}, …]``, best first.
    """
    if not ranking:
        return None
    if urgent:
        return "urgent"
    lead = ranking[0]
    if departments()[lead["department"]].platform in ("petition", "mediation", "legal_service"):
        return "transfer"
    if len(ranking) > 1 and _shared(lead["confidence"], ranking[1]["confidence"]):
        return "cross"
    if _LONG_STANDING.search(text):
        return "complex"
    return "simple" if kind == "consultation" and len(text) < 60 else "transfer"


def _shared(first: float, second: float) -> bool:
    return second >= _CROSS_SHARE * first and first + second >= _CROSS_TOGETHER


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AppealProfiler(RuleExtractor):
    """Sets ``appeal_type``, ``urgent`` and ``handling_mode``; runs after the classifier."""

    def warm_up(self) -> None:
        self.understand(Message({DEPARTMENT_RANKING: []}), "路灯坏了")

    def understand(self, message: Message, text: str) -> None:
        kind, urgent = appeal_type(text), is_urgent(text)
        message.set("appeal_type", kind, add_to_output=True)
        message.set("urgent", urgent, add_to_output=True)
        message.set(
            "handling_mode",
            handling_mode(text, kind, urgent, message.get(DEPARTMENT_RANKING) or []),
            add_to_output=True,
        )
