"""An optional sentence encoder from a local folder, for cities that have one.

Named in ``config.yml`` before the classifier; without it neither of its libraries is loaded:

    - name: bot.nlu.sentence_encoder.SentenceEncoder
      folder: /models/some-chinese-encoder

The folder is what Hugging Face's tools export (https://huggingface.co/docs/optimum/exporters/onnx):
``model.onnx`` and ``tokenizer.json``. Needs ``onnxruntime`` and ``tokenizers``
(``uv pip install 'suqiu[encoder]'``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack

from bot.nlu.normalizer import normalize

ORIGIN = "SentenceEncoder"
_BATCH = 32


class EncoderUnusable(Exception):
    """The folder, its files or the libraries are missing; the message says which."""


class OnnxEncoder:
    """Texts to vectors of length 1, shape ``(texts, dimensions)``.

    Args:
        folder: with ``model.onnx`` and ``tokenizer.json``.
        most_tokens: longer texts are cut.

    Raises:
        EncoderUnusable
    """

    def __init__(self, folder: Path, most_tokens: int = 256) -> None:
        model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
        for path in (model, tokenizer):
            if not path.is_file():
                raise EncoderUnusable(f"句子编码器缺文件：{path}（config.yml 里的 folder）")
        try:
            from onnxruntime import InferenceSession
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EncoderUnusable(f"句子编码器要装 {error.name}：suqiu[encoder]") from error
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(most_tokens)
        self._tokenizer.enable_padding()
        try:
            self._session = InferenceSession(str(model), providers=["CPUExecutionProvider"])
        except Exception as error:
            raise EncoderUnusable(f"句子编码器读不了 {model}：{error}") from error
        self._inputs = {given.name for given in self._session.get_inputs()}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The mean of the tokens' vectors, or the model's own sentence vector where it has one."""
        vectors = [
            self._encode(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)
        ]
        return np.concatenate(vectors)

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        encoded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encoded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([one.type_ids for one in encoded], np.int64),
        }
        wanted = {name: value for name, value in given.items() if name in self._inputs}
        output = self._session.run(None, wanted)[0]
        if output.ndim == 3:
            weights = mask[:, :, None]
            output = (output * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        norms = np.linalg.norm(output, axis=1, keepdims=True)
        return np.asarray(output / np.maximum(norms, 1e-12), np.float32)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Adds a dense sentence feature, as Rasa's featurizers do.

    The classifier takes it beside its own features, and so can any component of Rasa.
    """

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``folder`` has to be named; ``most_tokens`` bounds the time a letter takes."""
        return {"folder": None, "most_tokens": 256}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Raises EncoderUnusable."""
        if not config.get("folder"):
            raise EncoderUnusable("config.yml 里的 SentenceEncoder 没有写 folder")
        return cls(OnnxEncoder(Path(config["folder"]), int(config["most_tokens"])))

    def process(self, messages: list[Message]) -> list[Message]:
        texts = [normalize(message.get(TEXT) or "") for message in messages]
        if texts:
            for message, vector in zip(messages, self._encoder.encode(texts), strict=True):
                message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, ORIGIN))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process([example for example in training_data.training_examples if example.get(TEXT)])
        return training_data


def sentence_vector(message: Message) -> np.ndarray | None:
    """The vector that :class:`SentenceEncoder` gave a message, shape ``(1, dimensions)``."""
    for feature in message.features:
        if feature.origin == ORIGIN and feature.attribute == TEXT:
            return np.asarray(feature.features)
    return None


def beside_vectors(rows: csr_matrix, vectors: Sequence[np.ndarray | None]) -> csr_matrix:
    """Sparse features with the sentence vectors as further columns; as they are without vectors.

    Both have length 1 or a little more, so both have a say.
    """
    known = [vector for vector in vectors if vector is not None]
    if not known:
        return rows
    return hstack([rows, csr_matrix(np.concatenate(known))], format="csr")
