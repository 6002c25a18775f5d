"""Open311 beyond one request: keys and their roles, pages, several pictures, times of change."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import httpx
import pytest
import xmltodict

from intake.open311.documents import Open311Error
from intake.open311.posts import form_fields, parse_post
from intake.open311.queries import parse_requests_query
from tests.contract.intake_running import API_KEY, NOON, ThreadedIntake, intake_settings
from tests.unit.intake.sample_files import jpeg_with_place

BASE = "/open311/v2"
PHOTOS = ["https://example.cn/1.jpg", "https://example.cn/2.jpg"]


@pytest.fixture(scope="module")
def keys(intake: ThreadedIntake) -> dict[str, str]:
    service = intake.app.ctx.service
    made = {"env": API_KEY}
    for role, channel in (("machine", None), ("source", "grid")):
        name = f"{role}-{uuid.uuid4().hex[:6]}"
        made[role] = service.accounts.create_key(name, role, channel, service.now())[1]
    return made


def file(client: httpx.Client, key: str = API_KEY, **fields: object) -> str:
    data = {"service_code": "commerce", "description": "预付卡退不了", "api_key": key, **fields}
    response = client.post(f"{BASE}/requests.json", data=data)
    assert response.status_code == 201, response.text
    return response.json()[0]["service_request_id"]


def test_keys_file_and_only_systems_see_words(anyone: httpx.Client, keys: dict[str, str]):
    case_id = file(anyone, keys["source"], account_id="77")
    for who, sees in (("env", True), ("machine", True), ("source", False)):
        params = {"api_key": keys[who], "extensions": "true"}
        (row,) = anyone.get(f"{BASE}/requests/{case_id}.json", params=params).json()
        assert (row["description"] is not None) is sees
        assert row["extended_attributes"]["channel"] == "grid"


def test_an_account_is_one_of_its_own_system(
    anyone: httpx.Client, bot: httpx.Client, keys: dict[str, str]
):
    account = uuid.uuid4().hex
    for key in ("source", "machine"):
        file(anyone, keys[key], account_id=account)
    mine = file(anyone, account_id=account)
    found = bot.get("/api/v1/cases", params={"citizen": f"open311:{account}"}).json()
    assert [case["case_id"] for case in found["cases"]] == [mine]


def test_a_session_is_no_key_and_a_revoked_key_is_none(
    intake: ThreadedIntake, anyone: httpx.Client, sign_in
):
    token = sign_in("admin").headers["Authorization"].split()[1]
    service = intake.app.ctx.service
    name = f"old-{uuid.uuid4().hex[:6]}"
    _, old = service.accounts.create_key(name, "machine", None, service.now())
    service.accounts.revoke_key(name, service.now())
    for key in (token, old):
        data = {"service_code": "water", "description": "x", "api_key": key}
        assert anyone.post(f"{BASE}/requests.json", data=data).status_code == 403


def test_pages_lead_through_all(anyone: httpx.Client):
    ids = {file(anyone, service_code="development_reform") for _ in range(5)}
    params = {
        "service_code": "development_reform",
        "page": "1",
        "page_size": "2",
        "api_key": API_KEY,
    }
    response = anyone.get(f"{BASE}/requests.json", params=params)
    seen: list[str] = []
    while True:
        seen += [row["service_request_id"] for row in response.json()]
        assert API_KEY not in response.headers.get("link", "")
        if "next" not in response.links:
            break
        response = anyone.get(response.links["next"]["url"])
    assert len(seen) == 5 and set(seen) == ids
    assert response.links["prev"]["url"].endswith("page=2&page_size=2")
    whole = anyone.get(f"{BASE}/requests.json", params={"service_code": "development_reform"})
    assert len(whole.json()) == 5 and "link" not in whole.headers


def test_who_does_not_ask_for_pages_gets_the_first_thousand():
    assert parse_requests_query({}, NOON).page_size == 1000
    assert parse_requests_query({"page": "2"}, NOON).page_size == 50


@pytest.mark.parametrize("name", ["media_url", "media_url[]"])
def test_several_pictures(anyone: httpx.Client, name: str):
    case_id = file(anyone, **{name: PHOTOS})
    params = {"api_key": API_KEY, "extensions": "true"}
    (row,) = anyone.get(f"{BASE}/requests/{case_id}.json", params=params).json()
    assert row["media_url"] == PHOTOS[0]
    assert row["extended_attributes"]["media_urls"] == PHOTOS
    xml = anyone.get(f"{BASE}/requests/{case_id}.xml", params=params).content
    request = xmltodict.parse(xml)["service_requests"]["request"]
    assert request["extended_attributes"]["media_urls"]["media_url"] == PHOTOS
    (row,) = anyone.get(f"{BASE}/requests/{case_id}.json?extensions=true").json()
    assert row["media_url"] is None and row["extended_attributes"]["media_urls"] == []


def test_pictures_as_json_and_as_files(anyone: httpx.Client, bot: httpx.Client):
    body = {"service_code": "water", "description": "x", "api_key": API_KEY, "media_url": PHOTOS}
    assert anyone.post(f"{BASE}/requests.json", json=body).status_code == 201
    body["media_url"] = [PHOTOS[0], "no address"]
    refused = anyone.post(f"{BASE}/requests.json", json=body)
    assert refused.status_code == 400 and "media_url" in refused.text
    data = {"service_code": "water", "description": "x", "api_key": API_KEY, "account_id": "p"}
    for content, status in ((jpeg_with_place(), 201), (b"<html>", 400)):
        sent = anyone.post(f"{BASE}/requests.json", data=data, files={"media": ("a.jpg", content)})
        assert sent.status_code == status, sent.text
    six = [("media", (f"{number}.jpg", b"x")) for number in range(6)]
    assert anyone.post(f"{BASE}/requests.json", data=data, files=six).status_code == 400


def test_a_community_as_address_id(anyone: httpx.Client):
    case_id = file(anyone, address_id="南海区桂城街道平东社区")
    (row,) = anyone.get(f"{BASE}/requests/{case_id}.json", params={"api_key": API_KEY}).json()
    assert row["address"] == row["address_id"] == "南海区桂城街道平东社区"
    with pytest.raises(Open311Error, match="400"):
        parse_post({"service_code": "water", "description": "x", "address_id": "4711"})


def test_departments_as_a_form_sends_several_values():
    fields = form_fields(
        {
            "service_code": ["tax", "water"],
            "description": ["x"],
            "attribute[co_departments][]": ["fire", "health"],
        }
    )
    new = parse_post(fields)
    assert (new.department, new.co_departments) == ("water", ("fire", "health"))
    again = form_fields(
        {
            "service_code": ["water"],
            "description": ["x"],
            "attribute[co_departments]": ["fire", "health"],
        }
    )
    assert parse_post(again).co_departments == ("fire", "health")


@pytest.mark.parametrize("wrong", ["boston.gov", "foshan"])
def test_jurisdiction(anyone: httpx.Client, wrong: str):
    for path in ("services", "services/water", "requests"):
        right = anyone.get(f"{BASE}/{path}.json", params={"jurisdiction_id": "Foshan.gov.cn"})
        assert right.status_code == 200
        refused = anyone.get(f"{BASE}/{path}.json", params={"jurisdiction_id": wrong})
        assert (refused.status_code, refused.json()[0]["code"]) == (404, 404)


@pytest.fixture
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    running = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("moving")))
    yield running
    running.close()


def test_what_changed_since_when(moving: ThreadedIntake):
    """A case of last year that was touched today is found by its change, not by its filing."""
    service = moving.app.ctx.service
    now = [NOON - dt.timedelta(days=200)]
    service._clock = lambda: now[0]
    with httpx.Client(base_url=moving.url, trust_env=False, timeout=20) as client:
        old = file(client, account_id="a", phone="13800138000")
        now[0] = NOON
        headers = {"Authorization": f"Bearer {API_KEY}"}
        urged = client.post(
            f"/api/v1/cases/{old}/urges", json={"phone_last4": "8000"}, headers=headers
        )
        assert urged.status_code == 201, urged.text

        def ids(**params: str) -> list[str]:
            rows = client.get(f"{BASE}/requests.json", params=params).json()
            return [row["service_request_id"] for row in rows]

        assert ids() == []
        assert ids(updated_after="2026-11-22T00:00:00Z") == [old]
        assert ids(updated_after="2026-11-24T00:00:00Z") == []
        assert ids(updated_before="2026-11-22T00:00:00Z") == []
        both = {"updated_after": "2026-11-22T00:00:00Z", "start_date": "2026-11-01T00:00:00Z"}
        assert ids(**both) == []
