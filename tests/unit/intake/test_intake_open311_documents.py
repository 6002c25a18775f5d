"""Open311 documents: XML that any parser reads, privacy, filters and posts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import xmltodict
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from bot import vocabulary
from intake.cases import Address, NewCase
from intake.open311 import documents
from intake.open311.documents import Document, Open311Error
from intake.open311.posts import parse_post
from intake.open311.queries import parse_requests_query
from intake.open311.rendering import as_xml
from intake.roles import Actor
from intake.steps import filed, moved
from intake.text import clean
from tests.contract.intake_running import NOON

LIN = Actor("department", "lin", "urban_management")
CASE = filed(
    NewCase(
        description='<b>灯</b> & "坏" ]]> \'',
        department="urban_management",
        appeal_type="help",
        channel="wechat",
        address=Address("南海区", "桂城街道", None, None, "8 号"),
        lat=23.0,
        long=113.1,
        citizen="wechat:openid-1",
        media_url="https://x/1.jpg",
    ),
    "FS202611230042174",
    NOON,
)


def request_row(has_key: bool, extensions: bool = False, case: Any = CASE) -> dict[str, Any]:
    body = documents.requests_document([case], has_key, extensions).body
    assert isinstance(body, list)
    return body[0]


@given(st.text())
def test_any_text_survives_xml(text: str):
    tree = ElementTree.fromstring(as_xml(Document("errors", [{"code": 1, "description": text}])))
    # Parsers read every line end as \n: https://www.w3.org/TR/xml/#sec-line-ends
    expected = clean(text).replace("\r\n", "\n").replace("\r", "\n")
    assert (tree.findtext("error/description") or "") == expected


def test_xml_shape():
    xml = as_xml(documents.requests_document([CASE, CASE], True, True))
    assert xml.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<service_requests><request>')
    rows = xmltodict.parse(xml)["service_requests"]["request"]
    assert len(rows) == 2
    assert rows[0]["description"] == CASE.description
    assert rows[0]["extended_attributes"]["town"] == "桂城街道"


def test_empty_list_in_xml():
    assert as_xml(documents.requests_document([], True, False)).endswith(b"<service_requests />")


def test_without_key_words_and_place_are_hidden():
    row = request_row(has_key=False)
    hidden = ("description", "address", "lat", "long", "media_url")
    assert [row[name] for name in hidden] == [None] * 5
    assert "接口密钥" in row["service_notice"]
    assert "灯" not in str(row) and "8 号" not in str(row)


def test_with_key_words_and_place_are_shown():
    row = request_row(has_key=True)
    assert row["description"] == CASE.description
    assert (row["address"], row["lat"], row["long"]) == ("南海区桂城街道8 号", 23.0, 113.1)
    assert row["service_notice"] is None


@pytest.mark.parametrize("has_key", [True, False])
def test_who_filed_is_never_shown(has_key: bool):
    assert "openid" not in str(request_row(has_key, extensions=True))


def test_extended_attributes():
    assert "extended_attributes" not in request_row(True)
    assert set(request_row(True, True)["extended_attributes"]) == {
        "state",
        "appeal_type",
        "handling_mode",
        "platform",
        "district",
        "town",
        "community",
        "grid",
        "channel",
        "due_datetime",
        "cards",
        "co_departments",
        "media_urls",
    }


def test_status_and_note():
    done = moved(moved(CASE, "in_progress", LIN, NOON), "resolved", LIN, NOON, "已修好")
    row = request_row(True, case=done)
    assert (row["status"], row["status_notes"]) == ("closed", "已办结：已修好")
    assert request_row(False, case=done)["status_notes"] == "已办结"
    assert request_row(True)["status"] == "open"


def test_services_are_the_departments():
    body = documents.services_document().body
    assert isinstance(body, list)
    assert [row["service_code"] for row in body] == list(vocabulary.departments())
    assert all(row["service_name"] and row["description"] and row["metadata"] for row in body)


def test_definition_says_that_a_place_is_not_needed():
    body = documents.definition_document(vocabulary.departments()["water"]).body
    assert isinstance(body, dict)
    first, *others = body["attributes"]
    assert first["variable"] is False and "不填" in first["description"]
    assert [row["order"] for row in body["attributes"]] == list(range(1, len(others) + 2))
    assert not any(row["required"] for row in body["attributes"])


def test_plain_post():
    new = parse_post(
        {
            "service_code": "water",
            "description": "水管爆了",
            "address_string": "海八路 1 号",
            "lat": "23.05",
            "long": "113.1",
            "first_name": "大文",
            "last_name": "陈",
            "phone": "13800138000",
            "email": "a@b.cn",
            "account_id": "77",
            "media_url": "",
            "zipcode": "528200",
        }
    )
    assert (new.department, new.appeal_type, new.channel) == ("water", "help", "open311")
    assert (new.address.detail, new.lat) == ("海八路 1 号", 23.05)
    assert (new.contact.name, new.contact.phone, new.contact.email) == (
        "陈大文",
        "13800138000",
        "a@b.cn",
    )
    assert new.citizen == "open311:77"


@pytest.mark.parametrize("nested", [True, False])
def test_attributes(nested: bool):
    attributes = {
        "appeal_type": "complaint",
        "urgent": "true",
        "district": "南海区",
        "detail": "2 楼",
        "co_departments": "fire, health",
    }
    given_fields = {"service_code": "water", "description": "x", "address_string": "海八路"}
    if nested:
        given_fields["attribute"] = attributes  # type: ignore[assignment]
    else:
        given_fields |= {f"attribute[{name}]": value for name, value in attributes.items()}
    new = parse_post(given_fields)
    assert (new.appeal_type, new.urgent, new.co_departments) == (
        "complaint",
        True,
        ("fire", "health"),
    )
    assert (new.address.district, new.address.detail) == ("南海区", "2 楼")


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"description": "x"}, 400, "service_code"),
        ({"service_code": "", "description": "x"}, 400, "service_code"),
        ({"service_code": "nobody", "description": "x"}, 404, "service_code"),
        ({"service_code": ["water"], "description": "x"}, 404, "service_code"),
        ({"service_code": "water"}, 400, "description"),
        ({"service_code": "water", "description": "x", "lat": "north"}, 400, "lat"),
        ({"service_code": "water", "description": "x", "lat": "1"}, 400, "lat"),
        ({"service_code": "water", "description": "x", "lat": "inf", "long": "1"}, 400, "lat"),
        ({"service_code": "water", "description": "x", "phone": "??"}, 400, "phone"),
        ({"service_code": "water", "description": "x", "first_name": 3}, 400, "first_name"),
        ({"service_code": "water", "description": "x", "attribute[urgent]": "?"}, 400, "urgent"),
        (
            {"service_code": "water", "description": "x", "attribute[appeal_type]": "?"},
            400,
            "appeal_type",
        ),
    ],
)
def test_wrong_posts_name_the_field(fields: dict, status: int, named: str):
    with pytest.raises(Open311Error) as caught:
        parse_post(fields)
    assert caught.value.status == status
    assert named in " ".join(caught.value.messages)


def test_no_dates_means_the_last_90_days():
    query = parse_requests_query({}, NOON).query
    assert (query.start, query.end) == (NOON - dt.timedelta(days=90), NOON)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01T00:00:00+08:00",
        "2026-11-01T00:00:00 08:00",
        "2026-10-31T16:00:00Z",
        "2026-11-01",
    ],
)
def test_dates_as_clients_write_them(text: str):
    start = dt.datetime(2026, 10, 31, 16, 0, tzinfo=dt.timezone.utc)
    query = parse_requests_query({"start_date": text}, NOON).query
    assert (query.start, query.end) == (start, start + dt.timedelta(days=90))
    query = parse_requests_query({"end_date": text}, NOON).query
    assert (query.start, query.end) == (start - dt.timedelta(days=90), start)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"start_date": "yesterday"}, 400),
        ({"start_date": "9999-12-31T00:00:00Z"}, 400),
        ({"end_date": "0001-01-01"}, 400),
        ({"start_date": "2026-01-01", "end_date": "2026-06-01"}, 400),
        ({"start_date": "2026-02-01", "end_date": "2026-01-01"}, 400),
        ({"status": "done"}, 400),
        ({"page": "0"}, 400),
        ({"page": "x"}, 400),
        ({"page_size": "1001"}, 400),
        ({"updated_after": "2026-01-01", "updated_before": "2026-06-01"}, 400),
        ({"updated_after": "2026-02-01", "updated_before": "2026-01-01"}, 400),
        ({"updated_before": "soon"}, 400),
        ({"page_size": "²"}, 400),
        ({"service_code": "nobody"}, 404),
        ({"service_request_id": "FS20261123004217X"}, 400),
        ({"service_request_id": ",".join(["FS202611230042174"] * 201)}, 400),
    ],
)
def test_wrong_filters(arguments: dict, status: int):
    with pytest.raises(Open311Error) as caught:
        parse_requests_query(arguments, NOON)
    assert caught.value.status == status


def test_filters():
    wanted = parse_requests_query(
        {"service_code": "water, fire", "status": "Open", "page": "3", "page_size": "20"}, NOON
    )
    assert wanted.query.departments == ("water", "fire")
    assert wanted.query.closed is False
    assert (wanted.page, wanted.page_size) == (3, 20)
    assert parse_requests_query({"status": "open,closed"}, NOON).query.closed is None
