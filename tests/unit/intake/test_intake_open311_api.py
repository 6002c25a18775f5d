"""Open311 over real HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest
import xmltodict

from bot import vocabulary
from tests.contract.intake_running import API_KEY, case_body

BASE = "/open311/v2"


def post(client: httpx.Client, suffix: str = ".json", **fields: str) -> httpx.Response:
    data = {"service_code": "water", "description": "水管爆了", "api_key": API_KEY, **fields}
    return client.post(f"{BASE}/requests{suffix}", data=data)


def test_media_types(anyone: httpx.Client):
    for resource in ("discovery", "services", "services/water", "requests"):
        for suffix, kind in (
            ("", "application/json"),
            (".json", "application/json"),
            (".xml", "text/xml"),
        ):
            response = anyone.get(f"{BASE}/{resource}{suffix}")
            assert response.status_code == 200, response.text
            assert response.headers["content-type"] == f"{kind}; charset=utf-8"


def test_json_and_xml_say_the_same(anyone: httpx.Client):
    post(anyone, lat="23.1", long="113.2")
    for resource, root, item in (
        ("services", "services", "service"),
        ("requests", "service_requests", "request"),
    ):
        params = {"extensions": "true", "api_key": API_KEY}
        rows = anyone.get(f"{BASE}/{resource}.json", params=params).json()
        xml = anyone.get(f"{BASE}/{resource}.xml", params=params).content
        read = xmltodict.parse(xml, force_list=(item,))[root][item]
        assert [list(row) for row in read] == [list(row) for row in rows]
        for from_xml, from_json in zip(read, rows, strict=True):
            for name, value in from_json.items():
                if isinstance(value, str | float) or value is None:
                    assert from_xml[name] == (None if value is None else str(value))


def test_discovery_names_this_endpoint(anyone: httpx.Client):
    endpoint = anyone.get(f"{BASE}/discovery.json").json()["endpoints"][0]
    assert endpoint["url"] == f"{anyone.base_url}{BASE}/".replace("//open311", "/open311")
    assert anyone.get(f"{endpoint['url']}services.json").status_code == 200


@pytest.mark.parametrize("suffix", ["", ".json", ".xml"])
def test_form_post(anyone: httpx.Client, suffix: str):
    response = post(anyone, suffix)
    assert response.status_code == 201
    if suffix == ".xml":
        row = xmltodict.parse(response.content)["service_requests"]["request"]
    else:
        (row,) = response.json()
    assert set(row) == {"service_request_id", "service_notice", "account_id"}
    found = anyone.get(f"{BASE}/requests/{row['service_request_id']}.json").json()
    assert found[0]["service_request_id"] == row["service_request_id"]
    assert found[0]["agency_responsible"] == vocabulary.departments()["water"].name


def test_json_post_and_key_in_header_or_query(anyone: httpx.Client):
    body = {"service_code": "fire", "description": "通道堵了", "attribute": {"town": "桂城街道"}}
    headers = {"Authorization": f"Bearer {API_KEY}"}
    one = anyone.post(f"{BASE}/requests.json", json=body, headers=headers)
    two = anyone.post(f"{BASE}/requests.json", params={"api_key": API_KEY}, json=body)
    assert (one.status_code, two.status_code) == (201, 201)
    case_id = one.json()[0]["service_request_id"]
    found = anyone.get(f"{BASE}/requests/{case_id}.json?extensions=true").json()[0]
    assert found["extended_attributes"]["town"] == "桂城街道"


def test_idempotency_key(anyone: httpx.Client):
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    data = {"service_code": "water", "description": "水管爆了", "api_key": API_KEY}
    answers = [anyone.post(f"{BASE}/requests.json", data=data, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    without = [post(anyone).json()[0]["service_request_id"] for _ in range(2)]
    assert without[0] != without[1]


def test_both_apis_see_one_case(bot: httpx.Client, anyone: httpx.Client):
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    case = bot.post("/api/v1/cases", json=case_body(), headers=headers).json()
    (row,) = anyone.get(f"{BASE}/requests/{case['case_id'].lower()}.json").json()
    assert (row["service_request_id"], row["service_code"]) == (
        case["case_id"],
        case["department"],
    )
    assert row["expected_datetime"] == case["due_at"]


@pytest.mark.parametrize("key", [None, "wrong"])
def test_public_list_holds_no_words(anyone: httpx.Client, bot: httpx.Client, key: str | None):
    secret = f"秘密{uuid.uuid4().hex}"
    post(anyone, description=secret, address_string=secret, lat="23.1", long="113.2")
    params = {"page_size": "200", "extensions": "true"} | ({"api_key": key} if key else {})
    response = anyone.get(f"{BASE}/requests.json", params=params)
    assert response.status_code == 200 and secret not in response.text
    assert all(
        row[name] is None
        for row in response.json()
        for name in ("description", "address", "lat", "long")
    )
    assert secret in bot.get(f"{BASE}/requests.json?page_size=200").text
    assert secret in bot.get(f"{BASE}/requests.xml?page_size=200").text


def test_personal_data_never_shows(anyone: httpx.Client):
    post(
        anyone,
        description="找陈生13912340000",
        phone="13812340000",
        email="chan@example.cn",
        first_name="不露面",
        last_name="欧阳",
        account_id="acc-77",
    )
    text = anyone.get(f"{BASE}/requests.json", params={"api_key": API_KEY, "extensions": "1"}).text
    assert "139****0000" in text
    for secret in ("13912340000", "13812340000", "chan@example.cn", "欧阳不露面", "acc-77"):
        assert secret not in text


def test_filters_over_http(anyone: httpx.Client):
    one = post(anyone, service_code="tax").json()[0]["service_request_id"]
    two = post(anyone, service_code="health").json()[0]["service_request_id"]

    def ids(**params: str) -> list[str]:
        rows = anyone.get(f"{BASE}/requests.json", params=params).json()
        return [row["service_request_id"] for row in rows]

    assert ids(service_code="tax") == [one]
    assert ids(service_code="tax,health") == [two, one]
    assert ids(service_code="tax", status="closed") == []
    assert ids(service_request_id=f"{one},{two}", service_code="fire") == [two, one]
    assert ids(service_code="tax", start_date="2020-01-01T00:00:00Z") == []
    assert ids(service_code="tax,health", page="2", page_size="1") == [one]
    assert ids(service_request_id="FS202611230042174") == []


@pytest.mark.parametrize("suffix", [".json", ".xml"])
@pytest.mark.parametrize(
    ("method", "resource", "options", "status"),
    [
        ("GET", "services/nobody", {}, 404),
        ("GET", "requests/FS202611230042174", {}, 404),
        ("GET", "requests/FS20261123004217X", {}, 400),
        ("GET", "requests", {"params": {"status": "x"}}, 400),
        ("GET", "nothing", {}, 404),
        ("DELETE", "requests", {}, 405),
        ("POST", "requests", {"data": {"service_code": "water", "description": "x"}}, 403),
        ("POST", "requests", {"data": {"api_key": "wrong", "service_code": "water"}}, 403),
        ("POST", "requests", {"data": {"api_key": API_KEY, "service_code": "water"}}, 400),
        ("POST", "requests", {"data": {"api_key": API_KEY, "service_code": "x"}}, 404),
        ("POST", "requests", {"json": [1]}, 400),
        ("POST", "requests", {"content": b"api_key=%ff"}, 400),
        ("POST", "requests", {"files": {"media": b"x"}}, 403),
        ("POST", "requests", {"content": b"x", "headers": {"Content-Type": "text/csv"}}, 415),
        ("GET", "tokens/FS202611230042174", {}, 404),
        ("GET", "services", {"params": {"jurisdiction_id": "boston.gov"}}, 404),
        ("GET", "requests", {"params": {"jurisdiction_id": "boston.gov"}}, 404),
        ("POST", "requests", {"data": {"jurisdiction_id": "boston.gov"}}, 404),
        ("POST", "requests", {"content": b"x" * (1024 * 1024 + 1)}, 413),
    ],
)
def test_errors_in_the_shape_of_the_standard(
    anyone: httpx.Client, suffix: str, method: str, resource: str, options: Any, status: int
):
    response = anyone.request(method, f"{BASE}/{resource}{suffix}", **options)
    assert response.status_code == status, response.text
    if suffix == ".xml":
        errors = xmltodict.parse(response.content, force_list=("error",))["errors"]["error"]
    else:
        errors = response.json()
    assert errors
    for error in errors:
        assert set(error) == {"code", "description"}
        assert int(error["code"]) == status and error["description"]
