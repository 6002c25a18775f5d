"""jieba with the words of Foshan, on the normalised text."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.normalizer import normalize
from bot.nlu.words import load_user_words, segments


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class AppealTokenizer(Tokenizer):
    """Rasa tokens whose offsets fit the citizen's own text."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            # Only featurizers of Rasa's own need them, and on many examples they take longer than
            # the rest of the training.
            "tokens_for_training": False,
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

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Tokens of the examples, where a component of the pipeline learns from tokens."""
        if self._config["tokens_for_training"]:
            return super().process_training_data(training_data)
        return training_data

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = normalize(message.get(attribute) or "")
        tokens, position = [], 0
        for segment in segments(text):
            if not segment.isspace():
                tokens.append(Token(segment, position))
            position += len(segment)
        return self._apply_token_pattern(tokens)
