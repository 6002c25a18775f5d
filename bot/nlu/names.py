"""Names of companies, shops, schools, hospitals, estates and buildings in a text."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import RuleExtractor
from bot.nlu.name_patterns import HOUSE_NUMBER
from bot.nlu.name_reader import NameMention, NameReader
from bot.nlu.name_words import KindWord, name_words

__all__ = ["AppealNameExtractor", "NameMention", "find_names"]


def find_names(text: str) -> list[NameMention]:
    """The names in ``text`` (normalised), from left to right; none overlaps another."""
    ends: list[tuple[int, KindWord | None]] = [*name_words().kinds_in(text)]
    ends.extend((number.start(), None) for number in HOUSE_NUMBER.finditer(text))
    if not ends:
        return []
    reader = NameReader(text)
    for start, kind in sorted(ends, key=lambda end: end[0]):
        reader.read(start, kind)
    return reader.found


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AppealNameExtractor(RuleExtractor):
    """Adds ``organisation``: the name as written and its kind."""

    def warm_up(self) -> None:
        find_names("佛山市顺发五金厂")

    def understand(self, message: Message, text: str) -> None:
        for name in find_names(text):
            value = {"text": name.text, "kind": name.kind}
            self.add_entity(message, "organisation", value, name.start, name.end)
