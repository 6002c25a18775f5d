"""Appeal type, urgency and handling mode of an appeal; knows Rasa only at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.appeal_type import AppealTypeModel, type_by_rules
from bot.nlu.classifier import DEPARTMENT_RANKING
from bot.nlu.component import RuleExtractor
from bot.nlu.danger import find_dangers
from bot.nlu.grouped_examples import read_grouped
from bot.nlu.labels import REPORT_INTENT
from bot.nlu.normalizer import normalize
from bot.nlu.urgency import URGENT, URGENT_BY_RULE, UrgencyModel, read_examples
from bot.vocabulary import departments

# Trainers keep them beside the other examples; their form is not Rasa's, so Rasa leaves them alone.
_DATA = Path(__file__).resolve().parents[2] / "data"
URGENCY_EXAMPLES = _DATA / "urgency.yml"
TYPE_EXAMPLES = _DATA / "appeal_types.yml"
_FILE_NAME = "appeal_profile.joblib"
# Two departments this close, and together nearly sure, share the matter.
_CROSS_SHARE = 0.6
_CROSS_TOGETHER = 0.75
_LONG_STANDING = re.compile(
    r"(?:多次|反复|一直|长期|多年|[二两三四五六七八九十\d]+年|历史遗留).{0,12}"
    r"(?:反映|投诉|无果|没人|未解决|得不到|拖|推|上访|没有解决|未果)|踢皮球|历史遗留"
)


def appeal_type(text: str, model: AppealTypeModel | None = None) -> str:
    """One of complaint, report, help, suggestion, consultation, for a normalised text.

    Without a model the cues alone decide.
    """
    return model.type_of(text) if model else type_by_rules(text)


def is_urgent(text: str, chance: float | None = None) -> bool:
    """Whether a normalised text tells of a present danger.

    ``chance``: what ``UrgencyModel`` says of it. Without a model the rules alone decide; with one,
    a danger that they name needs less of a chance.
    """
    named = bool(find_dangers(text))
    if chance is None:
        return named
    return chance >= (URGENT_BY_RULE if named else URGENT)


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


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class AppealProfiler(RuleExtractor):
    """Sets ``appeal_type``, ``urgent`` and ``handling_mode``; runs after the classifier.

    Learns the types from ``data/appeal_types.yml``; what is urgent from ``data/urgency.yml`` and,
    as everyday matters, from the appeals among Rasa's examples.
    """

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource):
        super().__init__(config)
        self._model_storage = model_storage
        self._resource = resource
        self._types: AppealTypeModel | None = None
        self._urgency: UrgencyModel | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AppealProfiler:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the types and what is urgent."""
        everyday = [
            normalize(example.get(TEXT))
            for example in training_data.intent_examples
            if example.get(TEXT) and example.get(INTENT) == REPORT_INTENT
        ]
        self._types = AppealTypeModel().fit(*read_grouped(TYPE_EXAMPLES))
        self._urgency = UrgencyModel().fit(*read_examples(URGENCY_EXAMPLES), everyday)
        with self._model_storage.write_to(self._resource) as directory:
            joblib.dump((self._types, self._urgency), directory / _FILE_NAME)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> AppealProfiler:
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as directory:
            component._types, component._urgency = joblib.load(directory / _FILE_NAME)
        component.understand(Message({DEPARTMENT_RANKING: []}), "路灯坏了")
        return component

    def understand(self, message: Message, text: str) -> None:
        kind = appeal_type(text, self._types)
        urgent = is_urgent(text, self._urgency.chance(text) if self._urgency else None)
        message.set("appeal_type", kind, add_to_output=True)
        message.set("urgent", urgent, add_to_output=True)
        message.set(
            "handling_mode",
            handling_mode(text, kind, urgent, message.get(DEPARTMENT_RANKING) or []),
            add_to_output=True,
        )
