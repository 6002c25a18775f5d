"""The OpenAPI 3.1 document of the native API, put together from its topics.

True to the routes: tests hold answers against it.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from intake.api import (
    accounts,
    alarms,
    attachments,
    cases,
    children,
    citizens,
    corrections,
    notices,
    reports,
    rules,
    similar,
    supervision,
    work,
)
from intake.api.describe import TEXT, answer, shown
from intake.api.schemas import case_schemas

VERSION = "1.1.0"
# Each has ``routes(service)``, a blueprint, and ``paths()``, its part of the document.
TOPICS: tuple[ModuleType, ...] = (
    cases,
    work,
    attachments,
    alarms,
    accounts,
    supervision,
    notices,
    reports,
    rules,
    similar,
    children,
    corrections,
    citizens,
)


@cache
def openapi_document() -> dict[str, Any]:
    """The whole document, as served at ``/api/v1/openapi.json``."""
    paths: dict[str, Any] = {"/openapi.json": {"get": _document()}}
    schemas: dict[str, Any] = {**case_schemas(), "Error": _error()}
    for topic in TOPICS:
        paths |= topic.paths()
        schemas |= getattr(topic, "schemas", dict)()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "诉求通受理平台",
            "version": VERSION,
            "description": "提交、办理、督办、评价诉求。时间为北京时间，文字为 UTF-8。",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "接口密钥"},
                "session": {"type": "apiKey", "in": "cookie", "name": "suqiu_session"},
            },
            "schemas": schemas,
        },
    }


def _document() -> dict[str, Any]:
    return {
        "operationId": "openapi",
        "summary": "本文档",
        "security": [],
        "responses": {"200": answer("OpenAPI 文档", {"type": "object"})},
    }


def _error() -> dict[str, Any]:
    detail = shown({"field": TEXT, "message": TEXT})
    error = shown(
        {
            "code": {**TEXT, "description": "给程序看，不会改"},
            "message": {**TEXT, "description": "给人看"},
            "details": {"type": "array", "items": detail},
        }
    )
    return shown({"error": error})
