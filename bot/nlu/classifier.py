"""Intent and department in one component: two linear rankers on features of the same kind.

The first decides what the citizen wants (``intent``), the second who is responsible, as if the
message were an appeal (``department_ranking``). Departments are trained from Rasa's own retrieval
intents ``report_issue/<department>``, so that every Rasa tool keeps reading the examples.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from scipy.sparse import csr_matrix

from bot.case_id import find_case_ids
from bot.nlu.address import before_address, beyond_address
from bot.nlu.labels import EXTERNAL_PREFIX, REPORT_INTENT, UNSPECIFIED
from bot.nlu.normalizer import normalize
from bot.nlu.ranker import LETTERS, LinearRanker, TextFeatures, long_letters, short_sayings
from bot.nlu.reading import SOMEWHERE, as_appeals, as_sayings
from bot.nlu.sentence_encoder import beside_vectors, sentence_vector
from bot.nlu.words import load_user_words
from bot.vocabulary import departments

CHITCHAT = "chitchat"
PROVIDE_INFO = "provide_info"
QUERY_STATUS = "query_status"
_AROUND_CASE_IDS = re.compile(r"(?:还有|同埋|编号|单号|诉求|查|[同和跟及与是系个,，、。:：\s])*")
_BARE_NUMBER = re.compile(r"\s*(?:(?:尾号|后四位|最后四位)?[是:]?\s*\d{4}|\d{3,8})\s*")
DEPARTMENT_RANKING = "department_ranking"
DEPARTMENT_REASONS = "department_reasons"
NAMES_MATTER = "names_matter"
_UNSPECIFIED_LABEL = f"{REPORT_INTENT}/{UNSPECIFIED}"
_RANKING_LENGTH = 5
# "好嘈" and "发臭" are matters; a single character is the rest of a name.
_SHORTEST_MATTER = 2
_SURE_MATTER = 0.95
_WORD = re.compile(r"\w")
_SHORTEST_REASON = 2
_MOST_REASONS = 4
# Every department has about as many examples, but not as many appeals. At this margin held-out
# examples of busy and quiet ones are told equally well (0.77); without it 0.75 and 0.82.
_HANDICAP_OF_QUIET = 0.5
_FILE_NAME = "appeal_classifier.joblib"


class UnknownDepartment(Exception):
    """An example names a department that the vocabulary does not have."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class AppealClassifier(GraphComponent):
    """Sets ``intent``, ``intent_ranking``, ``department_ranking``, ``department_reasons`` and
    ``names_matter``.

    ``department_ranking`` is a list of ``{"department": code, "confidence": probability}``, best
    first: who would be responsible if the message is an appeal; ``department_reasons`` the words
    that spoke for the first. ``names_matter`` tells whether it is an appeal, and says what it is
    about.
    """

    def __init__(self, model_storage: ModelStorage, resource: Resource) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._features: TextFeatures | None = None
        self._appeal_features: TextFeatures | None = None
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
        examples = [
            example
            for example in training_data.intent_examples
            if example.get(TEXT) and not example.get(INTENT).startswith(EXTERNAL_PREFIX)
        ]
        rows = [(normalize(example.get(TEXT)), *_labels(example)) for example in examples]
        appeals = [(text, department) for text, _, department in rows if department]
        vectors = [
            sentence_vector(example)
            for example, (_, _, department) in zip(examples, rows, strict=True)
            if department
        ]
        # How rare a word is among appeals tells more about a department than among all sayings.
        self._features, self._appeal_features = TextFeatures(), TextFeatures()
        self._intents = LinearRanker.fit(
            self._features.fit_transform(*as_sayings([text for text, _, _ in rows])),
            [intent for _, intent, _ in rows],
            short_sayings,
        )
        self._departments = department_ranker(
            beside_vectors(
                self._appeal_features.fit_transform(*as_appeals([text for text, _ in appeals])),
                vectors,
            ),
            [department for _, department in appeals],
        )
        with self._model_storage.write_to(self._resource) as directory:
            joblib.dump(self._parts(), directory / _FILE_NAME)
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
        component._features, component._appeal_features = loaded[:2]
        component._intents, component._departments = loaded[2:]
        return component

    def _parts(self) -> tuple[Any, ...]:
        return self._features, self._appeal_features, self._intents, self._departments

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._classify(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing that is trained later needs what this component says."""
        return training_data

    def _classify(self, message: Message) -> None:
        assert self._features and self._appeal_features and self._intents
        text = normalize(message.get(TEXT) or "")
        row = self._features.transform(*as_sayings([text]))
        if row.nnz == 0:
            # Emoji only, or nothing at all: no words, no meaning to guess.
            _set_without_matter(message, CHITCHAT, 0.0)
            return
        if _BARE_NUMBER.fullmatch(text):
            # The last digits of a phone, a house. Numbers are too many to learn from examples.
            _set_without_matter(message, PROVIDE_INFO, 1.0)
            return
        if _names_only_cases(text):
            _set_without_matter(message, QUERY_STATUS, 1.0)
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
        row = beside_vectors(
            self._appeal_features.transform(*as_appeals([text])), [sentence_vector(message)]
        )
        responsible = self._rank(row)
        message.set(DEPARTMENT_RANKING, responsible, add_to_output=True)
        reasons = self._reasons(row, responsible[0]["department"])
        message.set(DEPARTMENT_REASONS, reasons, add_to_output=True)

    def _chances(self, row: Any) -> dict[str, float]:
        assert self._intents
        probabilities = self._intents.probabilities(row)[0]
        return dict(zip(self._intents.labels, map(float, probabilities), strict=True))

    def _address_misleads(self, text: str, chances: dict[str, float]) -> bool:
        """Whether an address at the beginning or end hides a matter, or is all that there is."""
        assert self._features
        best = max(chances, key=lambda name: chances[name])
        if best not in (PROVIDE_INFO, REPORT_INTENT) or {PROVIDE_INFO, REPORT_INTENT} - set(
            chances
        ):
            return False
        rest = beyond_address(text)
        if rest is None and best == PROVIDE_INFO:
            rest = before_address(text)
        if rest is None:
            return False
        says_more = len(_WORD.findall(rest)) >= _SHORTEST_MATTER
        if best == REPORT_INTENT:
            return not says_more and chances[best] < _SURE_MATTER
        if not says_more:
            return False
        beyond = self._chances(self._features.transform(*as_sayings([rest])))
        return beyond[REPORT_INTENT] > beyond[PROVIDE_INFO]

    def _rank(self, row: Any) -> list[dict[str, Any]]:
        assert self._departments
        probabilities = self._departments.probabilities(row)[0]
        order = probabilities.argsort()[::-1][:_RANKING_LENGTH]
        return [
            {"department": self._departments.labels[i], "confidence": float(probabilities[i])}
            for i in order
        ]

    def _reasons(self, row: Any, department: str) -> list[str]:
        """The words of a message that spoke most for ``department``, as the classifier read them.

        Neighbouring characters say the same as the word they belong to: only the strongest stays.
        """
        assert self._appeal_features and self._departments
        reasons: list[str] = []
        for column in self._departments.reasons(row, department)[0]:
            if column >= len(self._appeal_features):
                continue  # a sentence vector has no words
            term = self._appeal_features.term(int(column))
            if len(term) < _SHORTEST_REASON or not all(map(_WORD.match, term)):
                continue
            if any(set(term) & set(reason) for reason in reasons) or SOMEWHERE[0] in term:
                continue
            reasons.append(term)
            if len(reasons) == _MOST_REASONS:
                break
        return reasons


def department_ranker(features: csr_matrix, labels: Sequence[str]) -> LinearRanker:
    """Who is responsible, learned from appeals; the quiet departments have to be named clearer."""
    ranker = LinearRanker.fit(features, labels, long_letters, LETTERS)
    quiet = {code for code, department in departments().items() if not department.busy}
    return ranker.with_handicap(quiet, _HANDICAP_OF_QUIET)


def _names_only_cases(text: str) -> bool:
    """Whether nothing but case IDs stands in ``text``: whoever sends one asks how it stands."""
    mentions = find_case_ids(text)
    position, around = 0, []
    for mention in mentions:
        around.append(text[position : mention.start])
        position = mention.end
    around.append(text[position:])
    return bool(mentions) and all(map(_AROUND_CASE_IDS.fullmatch, around))


def _set_without_matter(message: Message, intent: str, confidence: float) -> None:
    known = {"name": intent, PREDICTED_CONFIDENCE_KEY: confidence}
    message.set(INTENT, known, add_to_output=True)
    message.set("intent_ranking", [known], add_to_output=True)
    message.set(NAMES_MATTER, False, add_to_output=True)
    message.set(DEPARTMENT_RANKING, [], add_to_output=True)
    message.set(DEPARTMENT_REASONS, [], add_to_output=True)


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
