"""A sentence encoder from a local folder: a tiny real ONNX model and tokenizer made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

from bot.nlu.classifier import DEPARTMENT_RANKING, DEPARTMENT_REASONS, AppealClassifier
from bot.nlu.sentence_encoder import EncoderUnusable, OnnxEncoder, SentenceEncoder, sentence_vector

CHARACTERS = "路灯坏了垃圾没人清黑堆满亮"
DIMENSIONS = 8


def make_encoder(folder: Path, *, pooled: bool = False) -> Path:
    """Looks each character's vector up; ``pooled`` gives the mean itself, as some models do."""
    folder.mkdir(exist_ok=True)
    vocabulary = {"[PAD]": 0, "[UNK]": 1} | {c: n for n, c in enumerate(CHARACTERS, start=2)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split(Regex("."), "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))
    table = np.random.default_rng(7).normal(size=(len(vocabulary), DIMENSIONS)).astype(np.float32)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["states"])]
    shape: list[Any] = ["batch", "sequence", DIMENSIONS]
    if pooled:
        nodes.append(helper.make_node("ReduceMean", ["states"], ["out"], axes=[1], keepdims=0))
        shape = ["batch", DIMENSIONS]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])],
        [helper.make_tensor_value_info("out" if pooled else "states", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(table, "table")],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), folder / "model.onnx")
    return folder


@pytest.mark.parametrize("pooled", [False, True])
def test_vectors_of_length_one_whatever_the_batch(tmp_path: Path, pooled: bool) -> None:
    encoder = OnnxEncoder(make_encoder(tmp_path, pooled=pooled))
    alone = np.concatenate([encoder.encode([text]) for text in ("路灯坏了", "垃圾没人清")])
    assert alone.shape == (2, DIMENSIONS)
    assert np.allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-5)
    many = encoder.encode(["路灯坏了"] * 40)
    assert many.shape == (40, DIMENSIONS) and np.allclose(many, alone[0], atol=1e-5)


def test_padding_does_not_count(tmp_path: Path) -> None:
    encoder = OnnxEncoder(make_encoder(tmp_path))
    alone = encoder.encode(["路灯"])[0]
    beside_a_longer = encoder.encode(["路灯", "垃圾没人清垃圾没人清"])[0]
    assert np.allclose(alone, beside_a_longer, atol=1e-5)


def test_long_texts_are_cut(tmp_path: Path) -> None:
    encoder = OnnxEncoder(make_encoder(tmp_path), most_tokens=2)
    assert np.allclose(encoder.encode(["路灯坏了没人清"]), encoder.encode(["路灯"]), atol=1e-5)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnusable, match=r"model\.onnx"):
        OnnxEncoder(tmp_path)
    make_encoder(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(EncoderUnusable, match="读不了"):
        OnnxEncoder(tmp_path)


def examples() -> list[Message]:
    lines = {
        "urban_management": ["路灯坏了", "路灯不亮", "路灯黑了没人修", "街上灯坏了"],
        "water": ["垃圾没人清", "垃圾堆满了", "垃圾桶满了", "没人清垃圾"],
    }
    appeals = [
        Message({TEXT: t, INTENT: "report_issue", INTENT_RESPONSE_KEY: f"report_issue/{code}"})
        for code, texts in lines.items()
        for text in texts
        for t in (text, text + "！")
    ]
    return [*appeals, *(Message({TEXT: t, INTENT: "greet"}) for t in ("你好", "您好", "早", "喂"))]


def test_the_classifier_learns_from_it(tmp_path: Path) -> None:
    context = ExecutionContext(GraphSchema({}))
    (tmp_path / "model").mkdir()
    storage = LocalModelStorage.create(tmp_path / "model")
    config = {**SentenceEncoder.get_default_config(), "folder": str(make_encoder(tmp_path / "e"))}
    encoder = SentenceEncoder.create(config, storage, Resource("encoder"), context)
    data = encoder.process_training_data(TrainingData(examples()))
    AppealClassifier.create({}, storage, Resource("classifier"), context).train(data)
    loaded = AppealClassifier.load({}, storage, Resource("classifier"), context)
    (message,) = loaded.process(encoder.process([Message({TEXT: "门口路灯坏了"})]))
    assert sentence_vector(message) is not None
    assert message.get(DEPARTMENT_RANKING)[0]["department"] == "urban_management"
    assert all(set(reason) <= set("门口路灯坏了") for reason in message.get(DEPARTMENT_REASONS))
    # It learned from the vectors: without them the features do not fit.
    with pytest.raises(ValueError, match="dimension"):
        loaded.process([Message({TEXT: "门口路灯坏了"})])


def test_a_folder_has_to_be_named(tmp_path: Path) -> None:
    storage = LocalModelStorage.create(tmp_path / "model")
    config = SentenceEncoder.get_default_config()
    with pytest.raises(EncoderUnusable, match="folder"):
        SentenceEncoder.create(config, storage, Resource("e"), ExecutionContext(GraphSchema({})))
