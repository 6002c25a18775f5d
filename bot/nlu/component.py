"""What the rule-based extractors share: no training, entities added, offsets in the own text."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.normalizer import normalize


class RuleExtractor(GraphComponent):
    """A graph component that reads the normalised text and needs no training."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RuleExtractor:
        component = cls(config)
        component.warm_up()
        return component

    def warm_up(self) -> None:
        """Load now what the first message would have to wait for."""

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self.understand(message, normalize(message.get(TEXT) or ""))
        return messages

    def understand(self, message: Message, text: str) -> None:
        """Set what ``text`` (normalised, same length as the citizen's) says on ``message``."""
        raise NotImplementedError

    def add_entity(self, message: Message, kind: str, value: Any, start: int, end: int) -> None:
        entity = {
            ENTITY_ATTRIBUTE_TYPE: kind,
            ENTITY_ATTRIBUTE_VALUE: value,
            ENTITY_ATTRIBUTE_START: start,
            ENTITY_ATTRIBUTE_END: end,
            EXTRACTOR: type(self).__name__,
        }
        message.set(ENTITIES, [*message.get(ENTITIES, []), entity], add_to_output=True)
