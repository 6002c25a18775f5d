"""Entities: bodies, facilities, dangers, case IDs and phones, in the citizen's own offsets."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.case_id import find_case_ids
from bot.nlu.address import FoshanAddressExtractor
from bot.nlu.entities import AppealEntityRuler
from bot.nlu.identifiers import AppealIdentifierExtractor
from bot.nlu.times import AppealTimeExtractor


def entities(component: Any, text: str) -> list[tuple[str, Any, str]]:
    message = Message({"text": text})
    component.process([message])
    return [
        (entity["entity"], entity["value"], text[entity["start"] : entity["end"]])
        for entity in message.get("entities", [])
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "城管和交警都不管路灯",
            [
                ("body", "urban_management", "城管"),
                ("body", "traffic_police", "交警"),
                ("facility", "路灯", "路灯"),
            ],
        ),
        ("呢度紅綠燈壞咗", [("facility", "红绿灯", "紅綠燈")]),
        ("闻到煤气味", [("danger", "gas", "闻到煤气")]),
        ("气死我了", []),
    ],
)
def test_words_of_the_vocabulary(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert entities(AppealEntityRuler({}), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("尾号8000", [("phone_last4", "8000", "尾号8000")]),
        ("8000", [("phone_last4", "8000", "8000")]),
        ("后四位是１２３４", [("phone_last4", "1234", "后四位是１２３４")]),
        ("电话138****8000", [("phone", "138****8000", "138****8000")]),
        ("住8000号", []),
        ("12345", []),
    ],
)
def test_phones(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert entities(AppealIdentifierExtractor({}), text) == expected


def test_a_mistyped_case_id_is_an_entity_without_value() -> None:
    text = "查FS202611230042171怎么样"
    assert find_case_ids(text)[0].value is None
    assert entities(AppealIdentifierExtractor({}), text) == [("case_id", None, "FS202611230042171")]


def test_places_and_times_keep_the_own_script() -> None:
    text = "尋晚獅山鎮好嘈"
    assert entities(FoshanAddressExtractor({}), text) == [("place", "狮山镇", "獅山鎮")]
    assert [row[2] for row in entities(AppealTimeExtractor({}), text)] == ["尋晚"]


def test_components_add_to_each_other() -> None:
    message = Message({"text": "昨晚桂城路灯坏了"})
    for component in (FoshanAddressExtractor, AppealTimeExtractor, AppealEntityRuler):
        component({}).process([message])
    assert [entity["entity"] for entity in message.get("entities")] == ["place", "time", "facility"]
