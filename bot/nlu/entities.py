"""Bodies, facilities and dangers as entities, with spaCy's EntityRuler.

Matching is by character (spaCy's ``char`` segmenter for Chinese), so a phrase is found whatever
the words around it: https://spacy.io/usage/rule-based-matching#entityruler
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import spacy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message
from spacy.language import Language
from spacy.pipeline import EntityRuler

from bot.nlu.component import RuleExtractor
from bot.nlu.danger import find_dangers
from bot.vocabulary import departments, load_yaml


def _rules() -> Iterator[dict[str, Any]]:
    for department in departments().values():
        for alias in {department.name, department.short, *department.aliases}:
            yield {"label": "body", "pattern": alias, "id": department.code}
    for facility in load_yaml("entities.yml")["facility"]:
        yield {"label": "facility", "pattern": facility, "id": facility}


@cache
def pipeline() -> Language:
    """A blank Chinese pipeline with the rules; no model is needed."""
    nlp = spacy.blank("zh")
    ruler = cast(EntityRuler, nlp.add_pipe("entity_ruler"))
    ruler.add_patterns(list(_rules()))
    return nlp


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AppealEntityRuler(RuleExtractor):
    """Adds ``body`` (value: department code), ``facility`` and ``danger`` (value: kind)."""

    def warm_up(self) -> None:
        pipeline()("路灯")

    def understand(self, message: Message, text: str) -> None:
        for span in pipeline()(text).ents:
            self.add_entity(message, span.label_, span.ent_id_, span.start_char, span.end_char)
        for danger in find_dangers(text):
            self.add_entity(message, "danger", danger.kind, danger.start, danger.end)
