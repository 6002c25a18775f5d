"""What Open311 GeoReport v2 shows, as plain data that JSON and XML are written from.

Every field is as in https://wiki.open311.org/GeoReport_v2/. Never in any document: phone, name,
e-mail, ID numbers. Only for holders of an API key: the (masked) words, place and picture.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot import vocabulary
from bot.vocabulary import Department
from intake.cases import Case
from intake.deadlines import SHANGHAI
from intake.views import iso

_FOR_KEY_HOLDERS = "诉求内容和地点只向持有接口密钥的系统展示。"
_NO_PLACE = "事情有具体地点时请填写经纬度或地址；没有具体地点（如政策咨询）时可以不填。"


class Open311Error(Exception):
    """An answer that is no success: HTTP status and one or more Chinese descriptions."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(f"open311 {status}")
        self.status = status
        self.messages = messages


@dataclass(frozen=True)
class Document:
    """``body`` is the JSON; the XML has the root element ``root``."""

    root: str
    body: list[dict[str, Any]] | dict[str, Any]


def format_of(path: str) -> str:
    """``xml`` or ``json`` by the suffix of the path; JSON without one."""
    return "xml" if path.endswith(".xml") else "json"


def error_document(errors: Sequence[tuple[int, str]]) -> Document:
    """Errors in the standard's shape: ``[{"code", "description"}]``."""
    return Document("errors", [{"code": code, "description": text} for code, text in errors])


def discovery_document(base_url: str, changeset: str) -> Document:
    """https://wiki.open311.org/Service_Discovery/ for the endpoint at ``base_url``."""
    endpoint = {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": base_url,
        "changeset": changeset,
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    return Document(
        "discovery",
        {
            "changeset": changeset,
            "contact": "佛山市群众诉求服务平台，电话 12345",
            "key_service": "提交诉求、查看诉求内容需要接口密钥，请向平台管理员申请。",
            "endpoints": [endpoint],
        },
    )


def services_document() -> Document:
    """One service a department."""
    return Document("services", [_service(item) for item in vocabulary.departments().values()])


def definition_document(department: Department) -> Document:
    """The attributes that ``attribute[...]`` of a POST may carry; none is required."""
    attributes = [
        _attribute("place_note", "string", _NO_PLACE, variable=False),
        _attribute("appeal_type", "singlevaluelist", "诉求类型", vocabulary.appeal_types()),
        _attribute("urgent", "singlevaluelist", "是否紧急", {"false": "不紧急", "true": "紧急"}),
        _attribute("handling_mode", "singlevaluelist", "办理方式", vocabulary.handling_modes()),
        _attribute("district", "string", "区"),
        _attribute("town", "string", "镇或街道"),
        _attribute("community", "string", "村或社区"),
        _attribute("grid", "string", "网格"),
        _attribute("detail", "string", "详细地址，不填则用 address_string"),
        _attribute("occurred", "string", "什么时候发生的"),
        _attribute("co_departments", "multivaluelist", "协办部门", _names_of_departments()),
    ]
    for order, attribute in enumerate(attributes, 1):
        attribute["order"] = order
    return Document(
        "service_definition", {"service_code": department.code, "attributes": attributes}
    )


def filed_document(case: Case) -> Document:
    """The answer to a POST."""
    department = vocabulary.departments()[case.department]
    due = "" if case.due_at is None else f"，办理期限 {_day(case.due_at)}"
    row = {
        "service_request_id": case.case_id,
        "service_notice": f"已受理，由{department.name}办理{due}。",
        "account_id": None,
    }
    return Document("service_requests", [row])


def token_document(case_id: str) -> Document:
    """The answer for a token. We give the ID at once; who takes it for a token finds it too."""
    return Document("service_requests", [{"service_request_id": case_id, "token": case_id}])


def requests_document(cases: Sequence[Case], has_key: bool, extensions: bool) -> Document:
    """Cases as service requests."""
    return Document("service_requests", [_request(case, has_key, extensions) for case in cases])


def _day(at: dt.datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"


def _service(department: Department) -> dict[str, Any]:
    return {
        "service_code": department.code,
        "service_name": department.short,
        "description": department.scope,
        "metadata": True,
        "type": "realtime",
        # YAML reads an alias such as 12345 as a number.
        "keywords": ",".join(map(str, department.aliases)),
        "group": vocabulary.platforms()[department.platform],
    }


def _attribute(
    code: str, datatype: str, description: str, values: Any = None, variable: bool = True
) -> dict[str, Any]:
    return {
        "variable": variable,
        "code": code,
        "datatype": datatype,
        "required": False,
        "datatype_description": None,
        "order": 0,
        "description": description,
        "values": [{"key": key, "name": name} for key, name in (values or {}).items()],
    }


def _request(case: Case, has_key: bool, extensions: bool) -> dict[str, Any]:
    department = vocabulary.departments()[case.department]
    note = case.last_move.note if has_key else None
    public = vocabulary.case_states()[case.state].public
    row: dict[str, Any] = {
        "service_request_id": case.case_id,
        "status": "closed" if case.closed else "open",
        "status_notes": f"{public}：{note}" if note else public,
        "service_name": department.short,
        "service_code": department.code,
        "description": case.description if has_key else None,
        "agency_responsible": department.name,
        "service_notice": None if has_key else _FOR_KEY_HOLDERS,
        "requested_datetime": iso(case.submitted_at),
        "updated_datetime": iso(case.updated_at),
        "expected_datetime": iso(case.due_at),
        "address": case.address.in_words() if has_key else None,
        "address_id": _address_id(case) if has_key else None,
        "zipcode": None,
        "lat": case.lat if has_key else None,
        "long": case.long if has_key else None,
        "media_url": next(iter(case.media_urls), None) if has_key else None,
    }
    if extensions:
        row["extended_attributes"] = {
            "state": case.state,
            "appeal_type": case.appeal_type,
            "handling_mode": case.handling_mode,
            "platform": case.platform,
            "district": case.address.district,
            "town": case.address.town,
            "community": case.address.community,
            "grid": case.address.grid,
            "channel": case.channel,
            "due_datetime": iso(case.due_at),
            "cards": [card.colour for card in case.cards],
            "co_departments": list(case.co_departments),
            "media_urls": list(case.media_urls) if has_key else [],
        }
    return row


def _address_id(case: Case) -> str | None:
    """The name of the community, which a POST takes as ``address_id`` too."""
    levels = (case.address.district, case.address.town, case.address.community)
    return "".join(map(str, levels)) if all(levels) else None


def _names_of_departments() -> dict[str, str]:
    return {item.code: item.name for item in vocabulary.departments().values()}
