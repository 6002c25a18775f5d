"""jieba with the words of Foshan, on the normalised text."""

from __future__ import annotations

from importlib import resources
from typing import Any

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.gazetteer import gazetteer
from bot.nlu.normalizer import normalize

_words_loaded = False


def load_user_words() -> None:
    """Load jieba and the project's words now, so that the first citizen need not wait for it."""
    global _words_loaded
    if _words_loaded:
        return
    jieba.setLogLevel("WARNING")
    jieba.initialize()
    listed = resources.files("bot.vocabulary").joinpath("jieba_words.txt").read_text("utf-8")
    for line in listed.splitlines():
        if line and not line.startswith("#"):
            jieba.add_word(line.strip())
    for name in gazetteer().full_names():
        jieba.add_word(name)
    _words_loaded = True


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class AppealTokenizer(Tokenizer):
    """Rasa tokens whose offsets fit the citizen's own text."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AppealTokenizer:
        load_user_words()
        return cls(config)

    @staticmethod
    def supported_languages() -> list[str]:
        return ["zh"]

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = normalize(message.get(attribute) or "")
        tokens = [
            Token(word, start) for word, start, _ in jieba.tokenize(text) if not word.isspace()
        ]
        return self._apply_token_pattern(tokens)
