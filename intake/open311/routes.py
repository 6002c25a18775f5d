"""The routes of Open311 GeoReport v2, each as ``.json``, ``.xml`` and, for JSON, without suffix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlencode

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.api.access import Caller, holder_of_key
from intake.attachments import MAX_BYTES, Upload, checked
from intake.bodies import (
    Unreadable,
    bearer,
    content_type,
    form_body,
    idempotency_key,
    json_body,
    query_arguments,
)
from intake.cases import Case
from intake.media import Unusable
from intake.open311 import documents
from intake.open311.documents import Document, Open311Error
from intake.open311.posts import OPEN311, form_fields, parse_post
from intake.open311.queries import (
    RequestList,
    case_id_of,
    check_jurisdiction,
    parse_requests_query,
    wants_extensions,
)
from intake.open311.rendering import respond
from intake.roles import CITIZEN
from intake.service import API_KEY_NAME, IntakeService
from intake.store import CaseQuery
from intake.uploads import FORM_BYTES, MULTIPART, SentFile, TooLarge, multipart, read_body

_SUFFIXES = ("", ".json", ".xml")
_CHANGESET = "2026-11-24T00:00:00+08:00"
_FORM = "application/x-www-form-urlencoded"
_MAX_BODY = 1024 * 1024
_MAX_FILES = 5


def open311_api(service: IntakeService, jurisdiction: str) -> Blueprint:
    """The routes of ``/open311/v2`` on ``service``, which serves one ``jurisdiction``."""
    routes = Blueprint("open311", url_prefix="/open311/v2")

    def arguments_of(request: Request) -> dict[str, str]:
        arguments = query_arguments(request)
        check_jurisdiction(arguments.get("jurisdiction_id"), jurisdiction)
        return arguments

    async def caller_of(key: str | None) -> Caller | None:
        return await service.run(holder_of_key, service, key) if key else None

    async def shown(request: Request, arguments: Mapping[str, str], cases: list[Case]) -> Document:
        """Words and places are for systems; a source that only files sees what everybody sees."""
        caller = await caller_of(_api_key(request, arguments))
        sees_words = caller is not None and caller.is_system
        return documents.requests_document(cases, sees_words, wants_extensions(arguments))

    async def discovery(request: Request) -> HTTPResponse:
        base = f"{request.scheme}://{request.host}/open311/v2/"
        return _answer(request, documents.discovery_document(base, _CHANGESET))

    async def services(request: Request) -> HTTPResponse:
        arguments_of(request)
        return _answer(request, documents.services_document())

    async def requests(request: Request) -> HTTPResponse:
        arguments = arguments_of(request)
        wanted = parse_requests_query(arguments, service.now())
        offset = (wanted.page - 1) * wanted.page_size
        # One more than shown tells whether there is a next page.
        found = await service.run(service.store.search, wanted.query, wanted.page_size + 1, offset)
        document = await shown(request, arguments, found[: wanted.page_size])
        links = _links(request, arguments, wanted, len(found) > wanted.page_size)
        return _answer(request, document, headers={"Link": links} if links else {})

    async def file_request(request: Request) -> HTTPResponse:
        fields, files = await _sent(request)
        check_jurisdiction(fields.get("jurisdiction_id"), jurisdiction)
        arguments_of(request)
        caller = await caller_of(_api_key(request, fields))
        if caller is None:
            raise Open311Error(403, "api_key 缺少或不对，不能提交诉求")
        owner = OPEN311 if caller.name == API_KEY_NAME else caller.name
        new = parse_post(fields, caller.channel or OPEN311, owner)
        key = _idempotency_key(request)
        uploads = [await service.run(_checked, file) for file in files]
        case, is_new = await service.run(service.file, new, caller.name, key)
        for upload in uploads:
            now = service.now()
            await service.run(service.attachments.add, case.case_id, upload, CITIZEN, now)
        return _answer(request, documents.filed_document(case), 201 if is_new else 200)

    for suffix in _SUFFIXES:
        name = suffix.lstrip(".") or "plain"
        routes.add_route(discovery, f"/discovery{suffix}", name=f"discovery_{name}")
        routes.add_route(services, f"/services{suffix}", name=f"services_{name}")
        routes.add_route(requests, f"/requests{suffix}", name=f"requests_{name}")
        routes.add_route(
            file_request, f"/requests{suffix}", ["POST"], name=f"file_{name}", stream=True
        )

    @routes.get("/services/<name:str>")
    async def definition(request: Request, name: str) -> HTTPResponse:
        arguments_of(request)
        department = vocabulary.departments().get(_without_suffix(name))
        if department is None:
            raise Open311Error(404, "没有这个 service_code，请从 services 里选择")
        return _answer(request, documents.definition_document(department))

    async def case_named(name: str, what: str) -> Case:
        query = CaseQuery(case_ids=(case_id_of(_without_suffix(name)),))
        cases = await service.run(service.store.search, query, 1)
        if not cases:
            raise Open311Error(404, f"没有找到这个 {what}")
        return cases[0]

    @routes.get("/requests/<name:str>")
    async def one_request(request: Request, name: str) -> HTTPResponse:
        arguments = arguments_of(request)
        case = await case_named(name, "service_request_id")
        return _answer(request, await shown(request, arguments, [case]))

    @routes.get("/tokens/<name:str>")
    async def token(request: Request, name: str) -> HTTPResponse:
        arguments_of(request)
        case = await case_named(name, "token")
        return _answer(request, documents.token_document(case.case_id))

    return routes


def _answer(
    request: Request,
    document: Document,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTTPResponse:
    return respond(document, documents.format_of(request.path), status, headers)


def _links(
    request: Request, arguments: Mapping[str, str], wanted: RequestList, more: bool
) -> str | None:
    """The pages before and after as a ``Link`` header (RFC 8288), without the caller's key."""
    pages = {"prev": wanted.page - 1, "next": wanted.page + 1 if more else 0}
    links = []
    for relation, page in pages.items():
        if page > 0:
            kept = {name: text for name, text in arguments.items() if name != "api_key"}
            kept |= {"page": str(page), "page_size": str(wanted.page_size)}
            address = f"{request.scheme}://{request.host}{request.path}?{urlencode(kept)}"
            links.append(f'<{address}>; rel="{relation}"')
    return ", ".join(links) or None


def _without_suffix(name: str) -> str:
    return unquote(name).removesuffix(".json").removesuffix(".xml")


async def _sent(request: Request) -> tuple[Mapping[str, Any], list[SentFile]]:
    """The fields of a POST, and the pictures that came with a multipart form as ``media``."""
    kind = content_type(request)
    most = MAX_BYTES + FORM_BYTES if kind == MULTIPART else _MAX_BODY
    try:
        request.body = await read_body(request, most)
        if kind == MULTIPART:
            form = multipart(request, request.body)
            files = [*form.files.get("media", []), *form.files.get("media[]", [])]
            if len(files) > _MAX_FILES:
                raise Open311Error(400, f"media 一次最多 {_MAX_FILES} 个文件")
            return form_fields(form.fields), [file for file in files if file.content]
        if kind == "application/json":
            body = json_body(request)
            if not isinstance(body, dict):
                raise Open311Error(400, "请求内容应为一个 JSON 对象")
            return body, []
        if kind in ("", _FORM):
            return form_fields(form_body(request)), []
    except Unreadable as error:
        raise Open311Error(400, str(error)) from error
    except TooLarge as error:
        raise Open311Error(413, f"请求太大，最多 {most // 1024 // 1024} MiB") from error
    raise Open311Error(415, f"请用 {_FORM}、{MULTIPART} 或 application/json 提交")


def _checked(file: SentFile) -> Upload:
    try:
        return checked(file.name, file.content)
    except Unusable as error:
        raise Open311Error(400, f"media：{error}") from error


def _api_key(request: Request, fields: Mapping[str, Any]) -> str | None:
    given = fields.get("api_key") or query_arguments(request).get("api_key") or bearer(request)
    return given if isinstance(given, str) else None


def _idempotency_key(request: Request) -> str | None:
    try:
        return idempotency_key(request)
    except Unreadable as error:
        raise Open311Error(400, f"Idempotency-Key：{error}") from error
