"""Open311 clients of other people, from the package index, used as their documents say.

``georeport`` (2025) reads, in JSON and in XML. ``three`` (Code for America, 2013) also files, with
a picture; it was written for other cities' servers and knows nothing of this one.
"""

from __future__ import annotations

import datetime as dt
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import georeport
import httpx
import pytest
import requests

from bot.case_id import is_case_id
from tests.contract.intake_running import API_KEY, IntakeProcess, free_port, intake_settings
from tests.unit.intake.sample_files import jpeg_with_place

# It was written for Python 2, where this name was in itertools; nothing else of it is changed.
if not hasattr(itertools, "ifilter"):
    itertools.ifilter = filter  # type: ignore[attr-defined]
import three

JURISDICTION = "foshan.gov.cn"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: pathlib.Path = tmp_path_factory.mktemp("clients")
    running = IntakeProcess(intake_settings(home, free_port()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield f"{running.url}/open311/v2"
    assert running.stop() == 0


@pytest.fixture(scope="module")
def city(endpoint: str) -> Any:
    """``three`` as a city's app makes it."""
    return three.Three(endpoint, api_key=API_KEY, jurisdiction=JURISDICTION)


def file(city: Any, **fields: Any) -> str:
    (posted,) = city.post("water", description="河涌发臭", **fields)
    return posted["service_request_id"]


def test_three_goes_the_whole_way(city: Any):
    (found,) = city.discovery()["endpoints"]
    assert found["specification"].endswith("GeoReport_v2")
    service = next(row for row in city.services() if row["service_name"] == "水利局")
    definition = city.services(service["service_code"])
    codes = [attribute["code"] for attribute in definition["attributes"]]
    assert service["metadata"] and "appeal_type" in codes
    case_id = file(
        city,
        address="南海区桂城街道平东村",
        lat="23.0361",
        long="113.1583",
        name="Daai Chan",
        phone="13812345678",
        email="chan@example.cn",
        media_url="https://example.cn/1.jpg",
        **{"attribute[appeal_type]": "complaint"},
    )
    assert is_case_id(case_id)
    assert city.token(case_id) == [{"service_request_id": case_id, "token": case_id}]
    (one,) = city.request(case_id, api_key=API_KEY, extensions="true")
    assert (one["service_code"], one["status"]) == ("water", "open")
    assert (one["address"], one["lat"]) == ("南海区桂城街道平东村", 23.0361)
    assert one["media_url"] == "https://example.cn/1.jpg"
    assert one["extended_attributes"]["appeal_type"] == "complaint"
    assert "13812345678" not in str(one) and "Chan" not in str(one)
    today = dt.datetime.now(dt.timezone.utc).date()
    soon, past = (today + dt.timedelta(days=days) for days in (1, -10))
    between = (past.strftime("%m-%d-%Y"), soon.strftime("%m-%d-%Y"))
    listed = city.requests("water", between=between, status="open", count=10)
    assert case_id in [row["service_request_id"] for row in listed]


def test_three_files_with_a_picture(city: Any, endpoint: str, tmp_path: pathlib.Path):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg_with_place())
    with photo.open("rb") as media:
        case_id = file(city, address="平东大道 8 号", phone="13800138000", media=media)
    base = endpoint.removesuffix("/open311/v2")
    found = httpx.get(
        f"{base}/api/v1/cases/{case_id}/attachments",
        params={"phone_last4": "8000"},
        headers={"Authorization": f"Bearer {API_KEY}"},
        trust_env=False,
    ).json()["attachments"]
    assert [(item["name"], item["content_type"]) for item in found] == [("photo.jpg", "image/jpeg")]


def test_three_is_told_what_is_wrong(city: Any, endpoint: str):
    (error,) = city.post("nothing", description="x")
    assert (error["code"], "service_code" in error["description"]) == (404, True)
    (error,) = three.Three(endpoint, api_key="wrong").post("water", description="x")
    assert error["code"] == 403
    (error,) = three.Three(endpoint, jurisdiction="boston.gov").services()
    assert (error["code"], "jurisdiction_id" in error["description"]) == (404, True)


@pytest.mark.parametrize("format", ["json", "xml"])
def test_georeport_reads(city: Any, endpoint: str, format: str):
    case_id = file(city, address="平东大道 8 号")
    other = file(city, address="平东大道 9 号")
    client = georeport.GeoReport(endpoint, jurisdiction=JURISDICTION, output_format=format)
    services = client.get_service_list()
    assert {"water", "fire"} <= {row["service_code"] for row in services}
    definition = client.get_service_definition("water")
    assert definition["service_code"] == "water" and definition["attributes"]
    rows = client.get_service_requests(service_code="water", status="open")
    assert {case_id, other} <= {row["service_request_id"] for row in rows}
    both = client.get_service_requests(service_request_id=f"{case_id},{other}")
    assert {row["service_request_id"] for row in both} == {case_id, other}
    one = client.get_service_request(case_id)
    row = one[0] if isinstance(one, list) else one
    assert row["service_request_id"] == case_id and row["description"] is None
    with pytest.raises(requests.HTTPError, match="404"):
        georeport.GeoReport(endpoint, jurisdiction="boston.gov").get_service_list()
    with pytest.raises(requests.HTTPError, match="400"):
        client.get_service_requests(status="nonsense")
