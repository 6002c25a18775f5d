"""What a citizen may ask of those who keep his data: a copy of it, and its end."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from intake.api.access import Caller, caller_of
from intake.api.describe import TEXT, answer, errors, in_path, shown
from intake.api.reading import in_json
from intake.errors import ApiError
from intake.service import IntakeService
from intake.validation import MAX_SHORT


def routes(service: IntakeService) -> Blueprint:
    """The routes ``/citizens/{citizen}/data`` of the native API."""
    api = Blueprint("citizens", url_prefix="/api/v1/citizens")

    @api.get("/<citizen:str>/data")
    async def export(request: Request, citizen: str) -> HTTPResponse:
        caller = await _may(request)
        wanted = _name(citizen)
        await service.run(_record, caller, "export")
        return in_json(await service.run(service.retention.export, wanted))

    @api.delete("/<citizen:str>/data")
    async def erase(request: Request, citizen: str) -> HTTPResponse:
        caller = await _may(request)
        wanted = _name(citizen)
        await service.run(_record, caller, "erasure")
        return in_json(asdict(await service.run(service.retention.erase, wanted, service.now())))

    async def _may(request: Request) -> Caller:
        caller = await caller_of(service, request)
        if not caller.is_system and caller.actor.role != "admin":
            raise ApiError(403, "forbidden", "只有管理员和代市民操作的系统可以做这件事")
        return caller

    def _record(caller: Caller, what: str) -> None:
        service.store.record_look(service.now(), str(caller.actor), what, None, None)

    return api


def _name(citizen: str) -> str:
    name = unquote(citizen)
    if not name.isprintable() or len(name) > MAX_SHORT:
        raise ApiError(400, "invalid_citizen", "市民标识的格式不对")
    return name


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    citizen = in_path("citizen", "市民标识，如 wechat:<openid>")
    copy = shown(
        {
            "citizen": TEXT,
            "cases": {"type": "array", "items": {"type": "object"}},
            "follows": {"type": "array", "items": {"type": "object"}},
            "no_notices_since": {"type": ["string", "null"]},
        }
    )
    ids = {"type": "array", "items": TEXT}
    erased = shown({"erased": ids, "kept_open": {**ids, "description": "还在办理，办结以后再清除"}})
    refused = errors(400, 401, 403, 500, 503)
    return {
        "/citizens/{citizen}/data": {
            "get": {
                "operationId": "exportCitizen",
                "summary": "一位市民的全部资料，明文，给他本人（会留下记录）",
                "parameters": [citizen],
                "responses": {"200": answer("全部资料", copy), **refused},
            },
            "delete": {
                "operationId": "eraseCitizen",
                "summary": "清除一位市民的资料；还在办理的诉求保留到办结",
                "parameters": [citizen],
                "responses": {"200": answer("清除了哪些", erased), **refused},
            },
        }
    }
