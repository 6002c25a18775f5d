"""Whatever is sent, the answer is one that is documented: never a 500, never a stack trace."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import vocabulary
from tests.contract.intake_running import API_KEY

FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KNOWN_WORDS = st.sampled_from(
    ["water", "fire", "complaint", "help", "urgent", "true", "rest", "23"]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), KNOWN_WORDS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
)
NATIVE_FIELDS = [
    "description",
    "department",
    "appeal_type",
    "urgent",
    "handling_mode",
    "address",
    "lat",
    "long",
    "channel",
    "citizen",
    "contact_phone",
    "redactions",
    "occurred",
    "co_departments",
    "media_url",
    "contact_name",
    "contact_email",
]
OPEN311_FIELDS = [
    "service_code",
    "description",
    "lat",
    "long",
    "address_string",
    "address_id",
    "email",
    "device_id",
    "account_id",
    "first_name",
    "last_name",
    "phone",
    "media_url",
    "attribute",
    "attribute[appeal_type]",
    "attribute[urgent]",
    "attribute[district]",
    "attribute[co_departments]",
    "attribute[handling_mode]",
    "attribute[",
    "jurisdiction_id",
]


def objects(names: list[str], **likely: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the known fields, often with a value that is right."""
    fields = {name: st.one_of(VALUES, likely[name]) if name in likely else VALUES for name in names}
    return st.fixed_dictionaries({}, optional=fields)


NATIVE = objects(
    NATIVE_FIELDS,
    description=st.text(min_size=1),
    department=st.just("water"),
    appeal_type=st.just("help"),
    channel=st.just("rest"),
)
OPEN311 = objects(OPEN311_FIELDS, service_code=st.just("water"), description=st.text(min_size=1))


def is_plain(response: httpx.Response, statuses: set[int]) -> None:
    assert response.status_code in statuses, (response.status_code, response.text)
    assert "Traceback" not in response.text and ".py" not in response.text


@FUZZ
@given(body=NATIVE, key=st.integers())
def test_native_post(bot: httpx.Client, body: dict, key: int):
    headers = {"Idempotency-Key": f"fuzz-{key:020}"[:200], "Content-Type": "application/json"}
    is_plain(
        bot.post("/api/v1/cases", content=json.dumps(body).encode(), headers=headers),
        {200, 201, 400},
    )


@FUZZ
@given(body=st.binary(max_size=300))
def test_native_post_of_bytes(bot: httpx.Client, body: bytes):
    headers = {"Idempotency-Key": "fuzz-of-bytes"}
    is_plain(bot.post("/api/v1/cases", content=body, headers=headers), {400})


@FUZZ
@given(body=OPEN311, xml=st.booleans())
def test_open311_json_post(bot: httpx.Client, body: dict, xml: bool):
    path = f"/open311/v2/requests.{'xml' if xml else 'json'}"
    headers = {"Content-Type": "application/json"}
    is_plain(bot.post(path, content=json.dumps(body).encode(), headers=headers), {201, 400, 404})


@FUZZ
@given(
    fields=st.dictionaries(
        st.one_of(st.sampled_from(OPEN311_FIELDS), st.text(max_size=10)),
        st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), KNOWN_WORDS),
    ),
    valid=st.booleans(),
)
def test_open311_form_post(anyone: httpx.Client, fields: dict, valid: bool):
    fields = {name.encode("utf-8", "replace").decode(): value for name, value in fields.items()}
    data = {**fields, "api_key": API_KEY}
    if valid:
        data |= {"service_code": "water", "description": "x"}
    is_plain(anyone.post("/open311/v2/requests.xml", data=data), {201, 400, 404})


@FUZZ
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        [
            "",
            "application/json",
            "text/xml",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
        ]
    ),
)
def test_open311_post_of_bytes(anyone: httpx.Client, body: bytes, kind: str):
    response = anyone.post(
        "/open311/v2/requests.json", content=body, headers={"Content-Type": kind}
    )
    is_plain(response, {400, 403, 415})
    assert isinstance(response.json(), list)


QUERY_NAMES = st.sampled_from(
    [
        "service_request_id",
        "service_code",
        "start_date",
        "end_date",
        "status",
        "page",
        "page_size",
        "extensions",
        "api_key",
        "citizen",
        "limit",
        "offset",
        "phone_last4",
    ]
)
QUERY_VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.datetimes().map(lambda time: time.isoformat()),
    st.integers().map(str),
    KNOWN_WORDS,
)


@FUZZ
@given(arguments=st.dictionaries(QUERY_NAMES, QUERY_VALUES))
def test_queries(bot: httpx.Client, arguments: dict):
    is_plain(bot.get("/open311/v2/requests.json", params=arguments), {200, 400, 404})
    is_plain(bot.get("/api/v1/cases", params=arguments), {200, 400})
    is_plain(bot.get("/api/v1/cases/FS202611230042174", params=arguments), {400, 404})


@FUZZ
@given(path=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_paths(bot: httpx.Client, path: str):
    for prefix in ("/api/v1/cases/", "/open311/v2/requests/", "/open311/v2/services/"):
        # What is drawn can be the code of a department.
        found = {200} if path.removesuffix(".json") in vocabulary.departments() else set()
        is_plain(bot.get(prefix + quote(path, safe="")), {400, 404} | found)
