"""Intent and department in one component: two linear rankers on the same features.

The first decides what the citizen wants (``intent``), the second who is responsible, as if the
message were an appeal (``department_ranking``). Departments are trained from Rasa's own retrieval
intents ``report_issue/<department>``, so that every Rasa tool keeps reading the examples.
"""

from __future__ import annotations

import re
from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_RESPONSE_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.address import beyond_address
from bot.nlu.gazetteer import gazetteer
from bot.nlu.normalizer import normalize
from bot.nlu.ranker import LinearRanker, TextFeatures, long_letters, short_sayings
from bot.nlu.words import load_user_words
from bot.vocabulary import departments

REPORT_INTENT = "report_issue"
# "我要投诉" without a matter: an appeal that has no department yet.
UNSPECIFIED = "unspecified"
CHITCHAT = "chitchat"
# Intents that the system triggers: no citizen's words shall ever be taken for one.
EXTERNAL_PREFIX = "EXTERNAL_"
PROVIDE_INFO = "provide_info"
_SOMEWHERE = "〇地"
_BARE_NUMBER = re.compile(r"\s*(?:尾号|后四位|最后四位)?[是:]?\s*\d{4}\s*")
DEPARTMENT_RANKING = "department_ranking"
NAMES_MATTER = "names_matter"
_UNSPECIFIED_LABEL = f"{REPORT_INTENT}/{UNSPECIFIED}"
_RANKING_LENGTH = 5
# "好嘈" and "发臭" are matters; a single character is the rest of a name.
_SHORTEST_MATTER = 2
_SURE_MATTER = 0.95
_WORD_CHARACTER = re.compile(r"\w")
_FILE_NAME = "appeal_classifier.joblib"


class UnknownDepartment(Exception):
    """An example names a department that the vocabulary does not have."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class AppealClassifier(GraphComponent):
    """Sets ``intent``, ``intent_ranking``, ``department_ranking`` and ``names_matter``.

    ``department_ranking`` is a list of ``{"department": code, "confidence": probability}``, best
    first: who would be responsible if the message is an appeal. ``names_matter`` tells whether it
    is one, and says what it is about.
    """

    def __init__(self, model_storage: ModelStorage, resource: Resource) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._features: TextFeatures | None = None
        self._intents: LinearRanker | None = None
        self._departments: LinearRanker | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AppealClassifier:
        load_user_words()
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Train both rankers.

        Raises:
            UnknownDepartment: an example is labelled ``report_issue/<code>`` with an unknown code.
        """
        rows = [
            (normalize(example.get(TEXT)), *_labels(example))
            for example in training_data.intent_examples
            if example.get(TEXT) and not example.get(INTENT).startswith(EXTERNAL_PREFIX)
        ]
        texts = [text for text, _, _ in rows]
        appeals = [(without_places(text), department) for text, _, department in rows if department]
        self._features = TextFeatures().fit([*texts, *(text for text, _ in appeals)])
        self._intents = LinearRanker.fit(
            self._features.transform(texts), [intent for _, intent, _ in rows], short_sayings
        )
        self._departments = LinearRanker.fit(
            self._features.transform([text for text, _ in appeals]),
            [department for _, department in appeals],
            long_letters,
        )
        with self._model_storage.write_to(self._resource) as directory:
            joblib.dump((self._features, self._intents, self._departments), directory / _FILE_NAME)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> AppealClassifier:
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as directory:
            loaded = joblib.load(directory / _FILE_NAME)
        component._features, component._intents, component._departments = loaded
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._classify(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def _classify(self, message: Message) -> None:
        assert self._features and self._intents and self._departments
        text = normalize(message.get(TEXT) or "")
        row = self._features.transform([text])
        if row.nnz == 0:
            # Emoji only, or nothing at all: no words, no meaning to guess.
            _set_without_matter(message, CHITCHAT, 0.0)
            return
        if _BARE_NUMBER.fullmatch(text):
            # The last digits of a phone. Numbers are too many to learn from examples.
            _set_without_matter(message, PROVIDE_INFO, 1.0)
            return
        by_intent = self._chances(row)
        if self._address_misleads(text, by_intent):
            by_intent[PROVIDE_INFO], by_intent[REPORT_INTENT] = (
                by_intent[REPORT_INTENT],
                by_intent[PROVIDE_INFO],
            )
        unspecified = by_intent.pop(_UNSPECIFIED_LABEL, 0.0)
        specified = by_intent.get(REPORT_INTENT, 0.0)
        by_intent[REPORT_INTENT] = specified + unspecified
        ranking = sorted(by_intent.items(), key=lambda item: -item[1])
        best, confidence = ranking[0]
        message.set(
            INTENT, {"name": best, PREDICTED_CONFIDENCE_KEY: confidence}, add_to_output=True
        )
        message.set(
            "intent_ranking",
            [
                {"name": name, PREDICTED_CONFIDENCE_KEY: value}
                for name, value in ranking[:_RANKING_LENGTH]
            ],
            add_to_output=True,
        )
        message.set(
            NAMES_MATTER, best == REPORT_INTENT and specified >= unspecified, add_to_output=True
        )
        # A place helps to tell an address from an appeal, but says nothing about whose it is.
        placeless = without_places(text)
        if placeless != text:
            row = self._features.transform([placeless])
        message.set(DEPARTMENT_RANKING, self._rank(row), add_to_output=True)

    def _chances(self, row: Any) -> dict[str, float]:
        assert self._intents
        probabilities = self._intents.probabilities(row)[0]
        return dict(zip(self._intents.labels, map(float, probabilities), strict=True))

    def _address_misleads(self, text: str, chances: dict[str, float]) -> bool:
        """Whether an address at the beginning hides a matter, or is all that there is."""
        assert self._features
        best = max(chances, key=lambda name: chances[name])
        if best not in (PROVIDE_INFO, REPORT_INTENT) or {PROVIDE_INFO, REPORT_INTENT} - set(
            chances
        ):
            return False
        rest = beyond_address(text)
        if rest is None:
            return False
        says_more = len(_WORD_CHARACTER.findall(rest)) >= _SHORTEST_MATTER
        if best == REPORT_INTENT:
            return not says_more and chances[best] < _SURE_MATTER
        if not says_more:
            return False
        beyond = self._chances(self._features.transform([rest]))
        return beyond[REPORT_INTENT] > beyond[PROVIDE_INFO]

    def _rank(self, row: Any) -> list[dict[str, Any]]:
        assert self._departments
        probabilities = self._departments.probabilities(row)[0]
        order = probabilities.argsort()[::-1][:_RANKING_LENGTH]
        return [
            {"department": self._departments.labels[i], "confidence": float(probabilities[i])}
            for i in order
        ]


def without_places(text: str) -> str:
    """``text`` (normalised) with one sign for every place: where it is says not whose it is."""
    parts, position = [], 0
    for mention in gazetteer().find(text):
        parts += [text[position : mention.start], _SOMEWHERE]
        position = mention.end
    return "".join([*parts, text[position:]])


def _set_without_matter(message: Message, intent: str, confidence: float) -> None:
    known = {"name": intent, PREDICTED_CONFIDENCE_KEY: confidence}
    message.set(INTENT, known, add_to_output=True)
    message.set("intent_ranking", [known], add_to_output=True)
    message.set(NAMES_MATTER, False, add_to_output=True)
    message.set(DEPARTMENT_RANKING, [], add_to_output=True)


def _labels(example: Message) -> tuple[str, str | None]:
    """The label of the intent ranker, and the department for appeals with a matter."""
    intent = example.get(INTENT)
    key = example.get(INTENT_RESPONSE_KEY)
    if intent != REPORT_INTENT or not key:
        return intent, None
    department = key.split("/", 1)[1]
    if department == UNSPECIFIED:
        return _UNSPECIFIED_LABEL, None
    if department not in departments():
        raise UnknownDepartment(f"例句标注的部门 {department} 不在 departments.yml 里")
    return intent, department
