"""A plain Open311 client, in JSON and in XML, goes the standard's whole way on a real process."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest
import xmltodict

from bot.case_id import is_case_id
from tests.contract.intake_running import API_KEY, IntakeProcess, free_port, intake_settings

# urllib on purpose: another client library than the one the project uses.
OPENER = build_opener(ProxyHandler({}))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: pathlib.Path = tmp_path_factory.mktemp("standard")
    running = IntakeProcess(intake_settings(home, free_port()))
    yield f"{running.url}/open311/v2"
    assert running.stop() == 0


def fetch(url: str, fields: dict[str, str] | None = None) -> bytes:
    data = None if fields is None else urlencode(fields).encode()
    with OPENER.open(Request(url, data), timeout=10) as response:
        return response.read()


def rows(body: bytes, format: str, root: str, item: str) -> list[dict[str, Any]]:
    if format == "xml":
        return xmltodict.parse(body, force_list=(item,))[root][item]
    return json.loads(body)


@pytest.mark.parametrize("format", ["json", "xml"])
def test_whole_way(endpoint: str, format: str):
    services = rows(fetch(f"{endpoint}/services.{format}"), format, "services", "service")
    service = next(row for row in services if row["service_name"] == "水利局")
    code = service["service_code"]
    assert code.encode() in fetch(f"{endpoint}/services/{code}.{format}")
    fields = {
        "api_key": API_KEY,
        "service_code": code,
        "description": '河涌 <发臭> & "变黑"，请打 13912345678',
        "address_string": "南海区桂城街道平东村",
        "lat": "23.0361",
        "long": "113.1583",
        "attribute[appeal_type]": "complaint",
        "attribute[district]": "南海区",
        "attribute[town]": "桂城街道",
    }
    (posted,) = rows(
        fetch(f"{endpoint}/requests.{format}", fields), format, "service_requests", "request"
    )
    case_id = posted["service_request_id"]
    assert is_case_id(case_id)
    url = f"{endpoint}/requests/{case_id}.{format}?extensions=true&api_key={API_KEY}"
    (one,) = rows(fetch(url), format, "service_requests", "request")
    assert one["description"] == '河涌 <发臭> & "变黑"，请打 139****5678'
    assert one["address"] == "南海区桂城街道平东村"
    assert (float(one["lat"]), float(one["long"])) == (23.0361, 113.1583)
    assert one["extended_attributes"]["appeal_type"] == "complaint"
    assert (one["status"], one["status_notes"]) == ("open", "办理中")
    listed = rows(
        fetch(f"{endpoint}/requests.{format}?service_code={code}&status=open"),
        format,
        "service_requests",
        "request",
    )
    assert case_id in [row["service_request_id"] for row in listed]
    assert all(row["description"] is None for row in listed)
