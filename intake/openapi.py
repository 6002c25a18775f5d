"""The OpenAPI 3.1 document of the native API, true to the routes: tests hold answers against it."""

from __future__ import annotations

from functools import cache
from typing import Any

from bot import vocabulary
from intake.validation import (
    CHANNELS,
    MAX_DESCRIPTION,
    MAX_DETAIL,
    MAX_REDACTIONS,
    MAX_SHORT,
)

VERSION = "1.0.0"
_TEXT = {"type": "string"}
_OPTIONAL_TEXT = {"type": ["string", "null"]}
_TIME = {"type": "string", "format": "date-time", "description": "ISO 8601，+08:00"}
_OPTIONAL_TIME = {"type": ["string", "null"], "format": "date-time"}


@cache
def openapi_document() -> dict[str, Any]:
    """The whole document, as served at ``/api/v1/openapi.json``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "诉求通受理平台",
            "version": VERSION,
            "description": "提交诉求、查询办理情况。时间一律为北京时间，文字一律为 UTF-8。",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "paths": {
            "/cases": {"post": _file_case(), "get": _list_cases()},
            "/cases/{case_id}": {"get": _get_case()},
            "/openapi.json": {"get": _document()},
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "接口密钥"}
            },
            "schemas": {
                "NewCase": _new_case(),
                "Case": _case(),
                "Step": _step(),
                "Address": _address({"type": ["string", "null"]}),
                "BareStatus": _bare_status(),
                "CaseList": _case_list(),
                "Error": _error(),
            },
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _errors(*statuses: int) -> dict[str, Any]:
    words = {
        400: "请求不对，code 和 details 说明哪里不对",
        401: "接口密钥不对",
        404: "没有这个编号的诉求（case_not_found）",
        413: "请求内容超过 1 MiB",
        500: "平台出错",
        503: "数据库暂时不能用，稍后重试",
    }
    return {str(status): _answer(words[status], _ref("Error")) for status in statuses}


def _query(name: str, description: str, schema: dict[str, Any], required: bool = False) -> Any:
    parameter = {"name": name, "in": "query", "description": description, "schema": schema}
    return {**parameter, "required": required}


def _citizen(required: bool) -> Any:
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_SHORT}
    return _query("citizen", "提交时的市民标识，如 wechat:<openid>", schema, required)


def _file_case() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "幂等键：同一个键只会产生一件诉求，重发得到原来的那一件",
        "schema": {"type": "string", "pattern": "^[ -~]{8,200}$"},
    }
    body = {"required": True, "content": {"application/json": {"schema": _ref("NewCase")}}}
    return {
        "operationId": "fileCase",
        "summary": "提交诉求",
        "parameters": [key],
        "requestBody": body,
        "responses": {
            "201": _answer("新提交的诉求", _ref("Case")),
            "200": _answer("这个幂等键以前提交过的诉求", _ref("Case")),
            **_errors(400, 401, 413, 500, 503),
        },
    }


def _list_cases() -> dict[str, Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": 100, "default": 10}
    offset = {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 0}
    return {
        "operationId": "listCases",
        "summary": "一位市民的诉求，新的在前",
        "parameters": [
            _citizen(required=True),
            _query("limit", "一页几件", limit),
            _query("offset", "跳过几件", offset),
        ],
        "responses": {
            "200": _answer("一页诉求", _ref("CaseList")),
            **_errors(400, 401, 500, 503),
        },
    }


def _get_case() -> dict[str, Any]:
    case_id = {
        "name": "case_id",
        "in": "path",
        "required": True,
        "description": "诉求编号，大小写、全角、空格都可以；校验位不对返回 mistyped_case_id",
        "schema": {"type": "string", "minLength": 1},
    }
    return {
        "operationId": "getCase",
        "summary": "一件诉求：本人或答对电话后四位的人看全部，其他人只看状态",
        "parameters": [
            case_id,
            _citizen(required=False),
            _query(
                "phone_last4",
                "联系电话后四位。每件每人每天最多答错 5 次（所有人合计 20 次）",
                {"type": "string", "pattern": "^[0-9]{4}$"},
            ),
        ],
        "responses": {
            "200": _answer("诉求，或者只有状态", {"oneOf": [_ref("Case"), _ref("BareStatus")]}),
            **_errors(400, 401, 404, 500, 503),
        },
    }


def _document() -> dict[str, Any]:
    return {
        "operationId": "openapi",
        "summary": "本文档",
        "security": [],
        "responses": {"200": _answer("OpenAPI 文档", {"type": "object"})},
    }


def _codes(known: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(known)}


def _codes_or_null(known: Any) -> dict[str, Any]:
    return {"type": ["string", "null"], "enum": [*known, None]}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An answer's object: every property is always there."""
    return {"type": "object", "required": list(properties), "properties": properties, **more}


def _address(level: dict[str, Any]) -> dict[str, Any]:
    names = ("district", "town", "community", "grid", "detail")
    return _object({name: dict(level) for name in names})


def _longest(length: int) -> dict[str, Any]:
    return {"type": ["string", "null"], "maxLength": length}


def _new_case() -> dict[str, Any]:
    short = _longest(MAX_SHORT)
    levels = {name: short for name in ("district", "town", "community", "grid")}
    pair = {
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "items": {"type": "string", "minLength": 1, "maxLength": MAX_SHORT},
    }
    return {
        "type": "object",
        "required": ["description", "department", "appeal_type", "channel"],
        "properties": {
            "description": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_DESCRIPTION,
                "pattern": r"\S",
            },
            "department": _codes(vocabulary.departments()),
            "appeal_type": _codes(vocabulary.appeal_types()),
            "urgent": {"type": "boolean", "default": False},
            "handling_mode": _codes_or_null(vocabulary.handling_modes()),
            "address": {
                "type": ["object", "null"],
                "properties": {**levels, "detail": _longest(MAX_DETAIL)},
            },
            "lat": {"type": ["number", "null"], "minimum": -90, "maximum": 90},
            "long": {
                "type": ["number", "null"],
                "minimum": -180,
                "maximum": 180,
                "description": "经度和纬度要一起填写",
            },
            "channel": _codes(CHANNELS),
            "citizen": {**short, "description": "市民标识，如 wechat:<openid>"},
            "contact_phone": {**short, "maxLength": 40, "description": "加密保存，从不返回"},
            "contact_name": {**short, "description": "加密保存，从不返回"},
            "contact_email": {**short, "description": "加密保存，从不返回"},
            "redactions": {
                "type": ["array", "null"],
                "maxItems": MAX_REDACTIONS,
                "items": pair,
                "description": "[遮盖后, 原文]，加密保存，从不返回",
            },
            "occurred": short,
            "co_departments": {
                "type": ["array", "null"],
                "items": _codes(vocabulary.departments()),
            },
            "media_url": {**_longest(2000), "pattern": r"^\s*https?://\S+\s*$"},
        },
    }


def _case() -> dict[str, Any]:
    states = vocabulary.case_states()
    number = {"type": ["number", "null"]}
    return _object(
        {
            "case_id": {"type": "string", "pattern": "^FS[0-9]{14}[0-9A-Z]$"},
            "state": _codes(states),
            "state_name": _TEXT,
            "public_state": _codes(dict.fromkeys(state.public for state in states.values())),
            "department": _codes(vocabulary.departments()),
            "department_name": _TEXT,
            "department_short": _TEXT,
            "platform": _codes(vocabulary.platforms()),
            "appeal_type": _codes(vocabulary.appeal_types()),
            "appeal_type_name": _TEXT,
            "urgent": {"type": "boolean"},
            "handling_mode": _codes(vocabulary.handling_modes()),
            "description": {**_TEXT, "description": "号码已遮盖"},
            "address": _ref("Address"),
            "lat": number,
            "long": number,
            "occurred": _OPTIONAL_TEXT,
            "co_departments": {"type": "array", "items": _codes(vocabulary.departments())},
            "channel": _codes(CHANNELS),
            "submitted_at": _TIME,
            "accept_due_at": _OPTIONAL_TIME,
            "first_response_due_at": {
                **_OPTIONAL_TIME,
                "description": "只有紧急诉求才有",
            },
            "due_at": _OPTIONAL_TIME,
            "last_step": _ref("Step"),
            "history": {"type": "array", "minItems": 1, "items": _ref("Step")},
            "authorized": {"const": True},
        }
    )


def _step() -> dict[str, Any]:
    return _object(
        {
            "at": _TIME,
            "state": _codes(vocabulary.case_states()),
            "state_name": _TEXT,
            "public_state": _TEXT,
            "note": {**_OPTIONAL_TEXT, "description": "给市民的话"},
        }
    )


def _bare_status() -> dict[str, Any]:
    return _object(
        {
            "case_id": _TEXT,
            "public_state": _TEXT,
            "authorized": {"const": False},
            "locked": {"type": "boolean", "description": "今天答错太多次，不能再试"},
        }
    )


def _case_list() -> dict[str, Any]:
    return _object(
        {
            "cases": {"type": "array", "items": _ref("Case")},
            "total": {"type": "integer", "minimum": 0},
            "limit": {"type": "integer"},
            "offset": {"type": "integer"},
        }
    )


def _error() -> dict[str, Any]:
    detail = _object({"field": _TEXT, "message": _TEXT})
    error = _object(
        {
            "code": {**_TEXT, "description": "给程序看，不会改"},
            "message": {**_TEXT, "description": "给人看"},
            "details": {"type": "array", "items": detail},
        }
    )
    return _object({"error": error})
