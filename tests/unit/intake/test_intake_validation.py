from __future__ import annotations

import re
from typing import Any

import pytest

from intake.validation import InvalidCase, parse_new_case
from tests.contract.intake_running import case_body


def problems(**changes: Any) -> list[str]:
    with pytest.raises(InvalidCase) as caught:
        parse_new_case(case_body(**changes))
    assert all(re.search("[\u4e00-\u9fff]", item.message) for item in caught.value.problems)
    return [item.field for item in caught.value.problems]


def test_full_body():
    new = parse_new_case(case_body(co_departments=["water", "urban_management", "water"]))
    assert new.address.district == "南海区"
    assert new.co_departments == ("water",)
    assert new.contact.phone == "13800138000"


def test_least_body():
    new = parse_new_case(
        {"description": "水", "department": "water", "appeal_type": "help", "channel": "rest"}
    )
    assert (new.urgent, new.handling_mode, new.lat, new.citizen) == (False, None, None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("description", ""),
        ("description", " \n\u3000"),
        ("description", "\x00\ud800"),
        ("description", None),
        ("description", 5),
        ("description", "长" * 10_001),
        ("department", None),
        ("department", "police"),
        ("department", ["water"]),
        ("appeal_type", "Complaint"),
        ("channel", "fax"),
        ("handling_mode", "slow"),
        ("urgent", "true"),
        ("urgent", 1),
        ("lat", "23"),
        ("lat", True),
        ("lat", 91),
        ("lat", float("nan")),
        ("lat", 10**400),
        ("long", -180.5),
        ("address", "南海区"),
        ("contact_phone", "没有"),
        ("contact_phone", "12"),
        ("contact_phone", 13800138000),
        ("citizen", {"id": 1}),
        ("citizen", "x" * 201),
        ("redactions", [["a"]]),
        ("redactions", [["a", 1]]),
        ("redactions", [["", "1"]]),
        ("redactions", "ab"),
        ("occurred", 3),
        ("co_departments", ["nobody"]),
        ("co_departments", "water"),
        ("co_departments", [["water"]]),
        ("media_url", "javascript:alert(1)"),
    ],
)
def test_wrong_field_is_named(field: str, value: Any):
    assert problems(**{field: value}) == [field]


def test_wrong_address_level_is_named():
    assert problems(address={"district": 1, "detail": "x" * 501}) == [
        "address.district",
        "address.detail",
    ]


def test_half_a_point():
    assert problems(lat=None) == ["lat"]


def test_all_problems_at_once():
    assert problems(description="", department="x", urgent=None) == [
        "description",
        "department",
        "urgent",
    ]


@pytest.mark.parametrize("body", [None, [], "text", 3, True])
def test_not_an_object(body: Any):
    with pytest.raises(InvalidCase):
        parse_new_case(body)


@pytest.mark.parametrize(
    "phone",
    ["13800138000", "0757-8222 2222", "(0757)82222222转801", "+86 138 0013 8000", "１２３４５"],
)
def test_phone_as_people_write_it(phone: str):
    assert parse_new_case(case_body(contact_phone=phone)).contact.phone


def test_stray_characters_are_dropped_not_refused():
    new = parse_new_case(case_body(description="路灯\x00坏\ud800了\x0b🚧", occurred="昨\x1b晚"))
    assert (new.description, new.occurred) == ("路灯坏了🚧", "昨晚")


def test_longest_description():
    assert len(parse_new_case(case_body(description="长" * 10_000)).description) == 10_000
