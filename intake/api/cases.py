"""The native API ``/api/v1``: JSON in, JSON out. Described in full by :mod:`intake.api.openapi`."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from intake.api.access import system_of
from intake.api.describe import answer, errors, query, ref
from intake.api.reading import (
    case_id_of,
    idempotency_key,
    in_json,
    json_body,
    no_such_case,
    refuse,
    whole_number,
)
from intake.bodies import query_arguments
from intake.cases import NewCase
from intake.errors import ApiError
from intake.personal import last4
from intake.service import IntakeService
from intake.validation import MAX_SHORT, InvalidCase, parse_new_case
from intake.views import bare_status, citizen_view

MAX_PAGE = 100
MAX_OFFSET = 1_000_000


def routes(service: IntakeService) -> Blueprint:
    """The routes of ``/api/v1`` on ``service``."""
    api = Blueprint("cases", url_prefix="/api/v1")

    @api.post("/cases")
    async def file_case(request: Request) -> HTTPResponse:
        caller = await system_of(service, request)
        key = idempotency_key(request)
        case, is_new = await service.run(service.file, _new_case(request), caller.name, key)
        return in_json(citizen_view(case), 201 if is_new else 200)

    @api.get("/cases")
    async def list_cases(request: Request) -> HTTPResponse:
        await system_of(service, request)
        arguments = query_arguments(request)
        citizen = _citizen(arguments)
        if citizen is None:
            raise ApiError(400, "citizen_missing", "请用参数 citizen 指明是哪位市民")
        limit = whole_number(arguments, "limit", 10, 1, MAX_PAGE)
        offset = whole_number(arguments, "offset", 0, 0, MAX_OFFSET)
        cases, total = await service.run(service.list_of, citizen, limit, offset)
        views = [citizen_view(case) for case in cases]
        return in_json({"cases": views, "total": total, "limit": limit, "offset": offset})

    @api.get("/cases/<case_id:str>")
    async def get_case(request: Request, case_id: str) -> HTTPResponse:
        await system_of(service, request)
        arguments = query_arguments(request)
        wanted = case_id_of(case_id)
        found = await service.run(
            service.look_up, wanted, _citizen(arguments), _phone_last4(arguments)
        )
        if found is None:
            raise no_such_case()
        if found.authorized:
            return in_json(citizen_view(found.case))
        return in_json(bare_status(found.case, found.locked))

    return api


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    return {
        "/cases": {"post": _file_case(), "get": _list_cases()},
        "/cases/{case_id}": {"get": _get_case()},
    }


def _file_case() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "幂等键：同一个键只会产生一件诉求，重发得到原来的那一件",
        "schema": {"type": "string", "pattern": "^[ -~]{8,200}$"},
    }
    body = {"required": True, "content": {"application/json": {"schema": ref("NewCase")}}}
    return {
        "operationId": "fileCase",
        "summary": "提交诉求",
        "parameters": [key],
        "requestBody": body,
        "responses": {
            "201": answer("新提交的诉求", ref("Case")),
            "200": answer("这个幂等键以前提交过的诉求", ref("Case")),
            **errors(400, 401, 413, 500, 503),
        },
    }


def _citizen_parameter(required: bool) -> Any:
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_SHORT}
    return query("citizen", "提交时的市民标识，如 wechat:<openid>", schema, required)


def _list_cases() -> dict[str, Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": 100, "default": 10}
    offset = {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 0}
    return {
        "operationId": "listCases",
        "summary": "一位市民的诉求，新的在前",
        "parameters": [
            _citizen_parameter(required=True),
            query("limit", "一页几件", limit),
            query("offset", "跳过几件", offset),
        ],
        "responses": {
            "200": answer("一页诉求", ref("CaseList")),
            **errors(400, 401, 500, 503),
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
            _citizen_parameter(required=False),
            query(
                "phone_last4",
                "联系电话后四位。每件每人每天最多答错 5 次（所有人合计 20 次）",
                {"type": "string", "pattern": "^[0-9]{4}$"},
            ),
        ],
        "responses": {
            "200": answer("诉求，或者只有状态", {"oneOf": [ref("Case"), ref("BareStatus")]}),
            **errors(400, 401, 404, 500, 503),
        },
    }


def _new_case(request: Request) -> NewCase:
    try:
        return parse_new_case(json_body(request))
    except InvalidCase as error:
        refuse(error.problems, "invalid_case")
        raise


def _citizen(arguments: dict[str, str]) -> str | None:
    citizen = arguments.get("citizen") or None
    if citizen is not None and (len(citizen) > MAX_SHORT or not citizen.isprintable()):
        raise ApiError(400, "invalid_citizen", "参数 citizen 的格式不对")
    return citizen


def _phone_last4(arguments: dict[str, str]) -> str | None:
    text = arguments.get("phone_last4") or None
    if text is None:
        return None
    digits = last4(text)
    if digits is None:
        raise ApiError(400, "invalid_phone_last4", "请给出联系电话的最后四位数字")
    return digits
