"""The routes of Open311 GeoReport v2, each as ``.json``, ``.xml`` and, for JSON, without suffix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.bodies import (
    Unreadable,
    bearer,
    content_type,
    form_body,
    idempotency_key,
    json_body,
    query_arguments,
)
from intake.open311 import documents
from intake.open311.documents import Document, Open311Error
from intake.open311.posts import parse_post
from intake.open311.queries import case_id_of, parse_requests_query, wants_extensions
from intake.open311.rendering import respond
from intake.service import IntakeService
from intake.store import CaseQuery

_SUFFIXES = ("", ".json", ".xml")
_CHANGESET = "2026-11-01T00:00:00+08:00"
_FORM = "application/x-www-form-urlencoded"


def open311_api(service: IntakeService) -> Blueprint:
    """The routes of ``/open311/v2`` on ``service``."""
    routes = Blueprint("open311", url_prefix="/open311/v2")

    async def discovery(request: Request) -> HTTPResponse:
        base = f"{request.scheme}://{request.host}/open311/v2/"
        return _answer(request, documents.discovery_document(base, _CHANGESET))

    async def services(request: Request) -> HTTPResponse:
        return _answer(request, documents.services_document())

    async def requests(request: Request) -> HTTPResponse:
        arguments = query_arguments(request)
        wanted = parse_requests_query(arguments, service.now())
        offset = (wanted.page - 1) * wanted.page_size
        cases = await service.run(service.store.search, wanted.query, wanted.page_size, offset)
        document = documents.requests_document(
            cases, _has_key(service, request, arguments), wants_extensions(arguments)
        )
        return _answer(request, document)

    async def file_request(request: Request) -> HTTPResponse:
        fields = _fields(request)
        key_name = service.key_name(_api_key(request, fields))
        if key_name is None:
            raise Open311Error(403, "api_key 缺少或不对，不能提交诉求")
        new = parse_post(fields)
        case, is_new = await service.run(service.file, new, key_name, _idempotency_key(request))
        return _answer(request, documents.filed_document(case), 201 if is_new else 200)

    for suffix in _SUFFIXES:
        name = suffix.lstrip(".") or "plain"
        routes.add_route(discovery, f"/discovery{suffix}", name=f"discovery_{name}")
        routes.add_route(services, f"/services{suffix}", name=f"services_{name}")
        routes.add_route(requests, f"/requests{suffix}", name=f"requests_{name}")
        routes.add_route(file_request, f"/requests{suffix}", ["POST"], name=f"file_{name}")

    @routes.get("/services/<name:str>")
    async def definition(request: Request, name: str) -> HTTPResponse:
        department = vocabulary.departments().get(_without_suffix(name))
        if department is None:
            raise Open311Error(404, "没有这个 service_code，请从 services 里选择")
        return _answer(request, documents.definition_document(department))

    @routes.get("/requests/<name:str>")
    async def one_request(request: Request, name: str) -> HTTPResponse:
        arguments = query_arguments(request)
        query = CaseQuery(case_ids=(case_id_of(_without_suffix(name)),))
        cases = await service.run(service.store.search, query, 1)
        if not cases:
            raise Open311Error(404, "没有找到这个 service_request_id")
        document = documents.requests_document(
            cases, _has_key(service, request, arguments), wants_extensions(arguments)
        )
        return _answer(request, document)

    return routes


def _answer(request: Request, document: Document, status: int = 200) -> HTTPResponse:
    return respond(document, documents.format_of(request.path), status)


def _without_suffix(name: str) -> str:
    return unquote(name).removesuffix(".json").removesuffix(".xml")


def _fields(request: Request) -> Mapping[str, Any]:
    kind = content_type(request)
    try:
        if kind == "application/json":
            body = json_body(request)
            if not isinstance(body, dict):
                raise Open311Error(400, "请求内容应为一个 JSON 对象")
            return body
        if kind in ("", _FORM):
            return form_body(request)
    except Unreadable as error:
        raise Open311Error(400, str(error)) from error
    raise Open311Error(415, f"请用 {_FORM} 或 application/json 提交")


def _api_key(request: Request, fields: Mapping[str, Any]) -> str | None:
    given = fields.get("api_key") or query_arguments(request).get("api_key") or bearer(request)
    return given if isinstance(given, str) else None


def _has_key(service: IntakeService, request: Request, arguments: Mapping[str, str]) -> bool:
    return service.key_name(_api_key(request, arguments)) is not None


def _idempotency_key(request: Request) -> str | None:
    try:
        return idempotency_key(request)
    except Unreadable as error:
        raise Open311Error(400, f"Idempotency-Key：{error}") from error
