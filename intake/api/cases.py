"""The native API ``/api/v1``: JSON in, JSON out. Described in full by :mod:`intake.api.openapi`."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from intake.api.access import Caller, caller_of, person_of
from intake.api.alarms import alarm_view
from intake.api.case_list import MAX_PAGE, list_page
from intake.api.case_list import parameters as list_parameters
from intake.api.describe import (
    LAST4,
    OPTIONAL_TEXT,
    TEXT,
    answer,
    errors,
    in_path,
    query,
    ref,
    shown,
)
from intake.api.reading import (
    asked_citizen,
    asked_last4,
    case_id_of,
    idempotency_key,
    in_json,
    json_body,
    no_such_case,
    refuse,
    whole_number,
)
from intake.api.refusals import as_answers
from intake.bodies import query_arguments
from intake.cases import NewCase
from intake.errors import ApiError
from intake.service import IntakeService
from intake.validation import MAX_SHORT, InvalidCase, parse_new_case
from intake.views import bare_status, citizen_view, staff_row, staff_view, view_for

MAX_OFFSET = 1_000_000


def routes(service: IntakeService) -> Blueprint:
    """The routes of ``/api/v1`` on ``service``."""
    api = Blueprint("cases", url_prefix="/api/v1")

    @api.post("/cases")
    async def file_case(request: Request) -> HTTPResponse:
        caller = await caller_of(service, request)
        key = idempotency_key(request)
        new = _as_filed_by(caller, _new_case(request))
        with as_answers():
            filing = service.run(service.file, new, caller.name, key, caller.actor)
            case, is_new = await filing
        view = view_for(caller.actor.is_person_inside, case)
        return in_json(view, 201 if is_new else 200)

    @api.get("/cases")
    async def list_cases(request: Request) -> HTTPResponse:
        caller = await caller_of(service, request)
        arguments = query_arguments(request)
        if caller.actor.is_person_inside:
            return in_json(await list_page(service, caller.actor, arguments, staff_row))
        citizen = asked_citizen(arguments)
        if not caller.is_system:
            raise ApiError(403, "forbidden", "这个密钥只能提交诉求")
        if citizen is None:
            raise ApiError(400, "citizen_missing", "请用参数 citizen 指明是哪位市民")
        limit = whole_number(arguments, "limit", 10, 1, MAX_PAGE)
        offset = whole_number(arguments, "offset", 0, 0, MAX_OFFSET)
        cases, total = await service.run(service.list_of, citizen, limit, offset)
        views = [citizen_view(case) for case in cases]
        return in_json({"cases": views, "total": total, "limit": limit, "offset": offset})

    @api.get("/cases/<case_id:str>")
    async def get_case(request: Request, case_id: str) -> HTTPResponse:
        caller = await caller_of(service, request)
        wanted = case_id_of(case_id)
        arguments = query_arguments(request)
        citizen, digits = asked_citizen(arguments), asked_last4(arguments)
        if caller.actor.is_person_inside:
            with as_answers():
                case = await service.run(service.work.case_for, caller.actor, wanted)
            alarms = await service.run(service.alarms.of_case, wanted)
            return in_json({**staff_view(case), "alarms": alarms and alarm_view(alarms)})
        # A source that only files learns no more than anybody else with the number.
        found = await service.run(
            service.look_up, wanted, citizen if caller.is_system else None, digits
        )
        if found is None:
            raise no_such_case()
        if found.authorized:
            return in_json(citizen_view(found.case))
        return in_json(bare_status(found.case, found.locked))

    @api.get("/cases/<case_id:str>/contact")
    async def contact(request: Request, case_id: str) -> HTTPResponse:
        caller = await person_of(service, request)
        reason = query_arguments(request).get("reason", "").strip()
        if not 2 <= len(reason) <= MAX_SHORT:
            raise ApiError(400, "reason_missing", "请用参数 reason 写明为什么要看，会留下记录")
        wanted = case_id_of(case_id)
        with as_answers():
            known, numbers = await service.run(service.work.contact, caller.actor, wanted, reason)
        return in_json({**asdict(known), "numbers": numbers})

    return api


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    return {
        "/cases": {"post": _file_case(), "get": _list_cases()},
        "/cases/{case_id}": {"get": _get_case()},
        "/cases/{case_id}/contact": {"get": _contact()},
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
    either = {"anyOf": [ref("StaffCase"), ref("Case")]}
    return {
        "operationId": "fileCase",
        "summary": "提交诉求",
        "parameters": [key],
        "requestBody": body,
        "responses": {
            "201": answer("新提交的诉求", either),
            "200": answer("这个幂等键以前提交过的诉求", either),
            **errors(400, 401, 403, 409, 413, 500, 503),
        },
    }


def _citizen_parameter(words: str) -> Any:
    schema = {"type": "string", "maxLength": MAX_SHORT}
    return query("citizen", f"提交时的市民标识，如 wechat:<openid>（{words}）", schema)


def _contact() -> dict[str, Any]:
    reason = {"type": "string", "minLength": 2, "maxLength": MAX_SHORT}
    shape = {name: OPTIONAL_TEXT for name in ("phone", "name", "email")}
    numbers = {"type": "array", "items": TEXT, "description": "诉求内容里遮盖的号码"}
    return {
        "operationId": "getContact",
        "summary": "联系方式（工作人员；每次查看都留下记录）",
        "parameters": [
            in_path("case_id", "诉求编号"),
            query("reason", "为什么要看", reason, required=True),
        ],
        "responses": {
            "200": answer("联系方式", shown({**shape, "numbers": numbers})),
            **errors(400, 401, 403, 404, 500, 503),
        },
    }


def _list_cases() -> dict[str, Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE}
    offset = {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}
    shape = {"oneOf": [ref("CaseList"), ref("StaffList")]}
    return {
        "operationId": "listCases",
        "summary": "诉求列表，新的在前：系统看一位市民的，工作人员看全部或本部门的",
        "parameters": [
            _citizen_parameter("系统必填"),
            query("limit", "一页几件", limit),
            query("offset", "跳过几件（系统）", offset),
            *list_parameters(),
        ],
        "responses": {"200": answer("一页诉求", shape), **errors(400, 401, 403, 500, 503)},
    }


def _get_case() -> dict[str, Any]:
    case_id = {
        "name": "case_id",
        "in": "path",
        "required": True,
        "description": "诉求编号，大小写、全角、空格都可以；校验位不对返回 mistyped_case_id",
        "schema": {"type": "string", "minLength": 1},
    }
    shapes = [ref("StaffCase"), ref("Case"), ref("BareStatus")]
    return {
        "operationId": "getCase",
        "summary": "一件诉求：工作人员、本人、答对电话后四位的人看全部，其他人只看状态",
        "parameters": [
            case_id,
            _citizen_parameter("系统"),
            query(
                "phone_last4",
                "联系电话后四位。每件每人每天最多答错 5 次（所有人合计 20 次）",
                {"type": "string", "pattern": LAST4},
            ),
        ],
        "responses": {
            "200": answer("诉求，或者只有状态", {"anyOf": shapes}),
            **errors(400, 401, 404, 500, 503),
        },
    }


def _as_filed_by(caller: Caller, new: NewCase) -> NewCase:
    """``new`` with what the caller may not choose himself.

    Raises:
        ApiError: 403 for a person who only handles cases.
    """
    if caller.actor.is_person_inside:
        if caller.actor.role == "department":
            raise ApiError(403, "forbidden", "承办部门的用户不能代市民提交诉求")
        channel = new.channel if new.channel in ("hotline", "counter") else "hotline"
        return replace(new, channel=channel, citizen=None)
    if caller.is_source:
        # A source cannot speak in the name of a citizen of another channel.
        channel = caller.channel or new.channel
        citizen = f"{caller.name}:{new.citizen}" if new.citizen else None
        return replace(new, channel=channel, citizen=citizen)
    return new


def _new_case(request: Request) -> NewCase:
    try:
        return parse_new_case(json_body(request))
    except InvalidCase as error:
        refuse(error.problems, "invalid_case")
        raise
