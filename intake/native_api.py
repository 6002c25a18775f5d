"""The native API ``/api/v1``: JSON in, JSON out. Described in full by :mod:`intake.openapi`."""

from __future__ import annotations

from urllib.parse import unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.case_id import canonical
from intake.bodies import Unreadable, bearer, idempotency_key, json_body, query_arguments
from intake.cases import NewCase
from intake.errors import ApiError
from intake.openapi import openapi_document
from intake.personal import last4
from intake.service import IntakeService
from intake.validation import MAX_SHORT, InvalidCase, parse_new_case
from intake.views import bare_status, citizen_view

MAX_PAGE = 100
MAX_OFFSET = 1_000_000


def native_api(service: IntakeService) -> Blueprint:
    """The routes of ``/api/v1`` on ``service``."""
    routes = Blueprint("native_api", url_prefix="/api/v1")

    @routes.get("/openapi.json")
    async def openapi(request: Request) -> HTTPResponse:
        return _json(openapi_document())

    @routes.post("/cases")
    async def file_case(request: Request) -> HTTPResponse:
        key_name = _authenticated(service, request)
        key = _idempotency_key(request)
        case, is_new = await service.run(service.file, _new_case(request), key_name, key)
        return _json(citizen_view(case), 201 if is_new else 200)

    @routes.get("/cases")
    async def list_cases(request: Request) -> HTTPResponse:
        _authenticated(service, request)
        arguments = query_arguments(request)
        citizen = _citizen(arguments)
        if citizen is None:
            raise ApiError(400, "citizen_missing", "请用参数 citizen 指明是哪位市民")
        limit = _whole_number(arguments, "limit", 10, 1, MAX_PAGE)
        offset = _whole_number(arguments, "offset", 0, 0, MAX_OFFSET)
        cases, total = await service.run(service.list_of, citizen, limit, offset)
        views = [citizen_view(case) for case in cases]
        return _json({"cases": views, "total": total, "limit": limit, "offset": offset})

    @routes.get("/cases/<case_id:str>")
    async def get_case(request: Request, case_id: str) -> HTTPResponse:
        _authenticated(service, request)
        arguments = query_arguments(request)
        wanted = canonical(unquote(case_id))
        if wanted is None:
            raise ApiError(400, "mistyped_case_id", "编号好像输错了，请核对后再试")
        found = await service.run(
            service.look_up, wanted, _citizen(arguments), _phone_last4(arguments)
        )
        if found is None:
            raise ApiError(404, "case_not_found", "没有找到这个编号的诉求")
        if found.authorized:
            return _json(citizen_view(found.case))
        return _json(bare_status(found.case, found.locked))

    return routes


def _idempotency_key(request: Request) -> str:
    try:
        key = idempotency_key(request)
    except Unreadable as error:
        raise ApiError(400, "idempotency_key_invalid", str(error)) from error
    if key is None:
        raise ApiError(400, "idempotency_key_missing", "请在请求头 Idempotency-Key 里给出幂等键")
    return key


def _authenticated(service: IntakeService, request: Request) -> str:
    name = service.key_name(bearer(request))
    if name is None:
        raise ApiError(401, "unauthorized", "接口密钥不对，请用请求头 Authorization: Bearer 给出")
    return name


def _new_case(request: Request) -> NewCase:
    try:
        return parse_new_case(json_body(request))
    except Unreadable as error:
        raise ApiError(400, "bad_json", str(error)) from error
    except InvalidCase as error:
        details = [{"field": item.field, "message": item.message} for item in error.problems]
        raise ApiError(400, "invalid_case", str(error), details) from error


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


def _whole_number(arguments: dict[str, str], name: str, default: int, low: int, high: int) -> int:
    text = arguments.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise ApiError(400, f"invalid_{name}", f"参数 {name} 应为 {low} 到 {high} 的整数")
    return int(text)


def _json(body: object, status: int = 200) -> HTTPResponse:
    return json(body, status=status, ensure_ascii=False)
