"""Case IDs and (masked) phone numbers in a message."""

from __future__ import annotations

import re

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from bot.case_id import find_case_ids
from bot.nlu.component import RuleExtractor

_MASKED_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d|0\d{2})\*{4}\d{4}(?!\d)")
_LAST_FOUR = re.compile(
    r"(?:尾号|后四位|最后四位|尾数)(?:是|为|系|:)?\s*(\d{4})(?!\d)|^\s*(\d{4})\s*$"
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AppealIdentifierExtractor(RuleExtractor):
    """Adds ``case_id`` (value None when mistyped), ``phone`` (masked) and ``phone_last4``."""

    def understand(self, message: Message, text: str) -> None:
        for mention in find_case_ids(text):
            self.add_entity(message, "case_id", mention.value, mention.start, mention.end)
        for match in _MASKED_PHONE.finditer(text):
            self.add_entity(message, "phone", match.group(), *match.span())
        for match in _LAST_FOUR.finditer(text):
            self.add_entity(
                message, "phone_last4", match.group(match.lastindex or 0), *match.span()
            )
