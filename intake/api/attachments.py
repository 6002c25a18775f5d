"""Files of a case: pictures, recordings, papers. Sent as a form or as a body of their own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from intake.api.access import Caller, caller_of
from intake.api.describe import (
    COUNT,
    LAST4,
    TEXT,
    TIME,
    answer,
    codes,
    errors,
    in_path,
    query,
    ref,
    shown,
)
from intake.api.reading import asked_citizen, asked_last4, case_id_of, in_json, no_such_case
from intake.api.refusals import as_answers
from intake.attachments import MAX_BYTES, MAX_FILES, MAX_NAME, Attachment, checked
from intake.bodies import Unreadable, content_type, query_arguments
from intake.cases import Case
from intake.errors import ApiError
from intake.media import KINDS, Unusable
from intake.roles import CITIZEN, Actor, may_see
from intake.service import IntakeService
from intake.uploads import (
    FORM_BYTES,
    MULTIPART,
    SentFile,
    TooLarge,
    multipart,
    raw_name,
    read_body,
)
from intake.validation import MAX_SHORT
from intake.views import iso

FIELD = "file"
_MOST = f"{MAX_BYTES // 1024 // 1024} MiB"
# Whatever else a browser thinks of a file: it shows it or keeps it, and runs nothing in it.
_HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


def routes(service: IntakeService) -> Blueprint:
    """The routes of ``/api/v1/cases/{case_id}/attachments``."""
    api = Blueprint("attachments", url_prefix="/api/v1/cases")

    @api.post("/<case_id:str>/attachments", stream=True)
    async def add(request: Request, case_id: str) -> HTTPResponse:
        caller = await caller_of(service, request)
        case_id = case_id_of(case_id)
        actor = await _actor(service, caller, request, case_id)
        sent = await _sent(request)
        try:
            upload = await service.run(checked, sent.name, sent.content)
        except Unusable as error:
            raise ApiError(415, "unusable_file", str(error)) from error

        def allowed(case: Case) -> None:
            if not may_see(actor, case.department, case.co_departments):
                raise LookupError(case_id)

        with as_answers():
            kept, is_new = await service.run(
                service.attachments.add, case_id, upload, actor, service.now(), allowed
            )
        return in_json(_view(kept), 201 if is_new else 200)

    @api.get("/<case_id:str>/attachments")
    async def list_them(request: Request, case_id: str) -> HTTPResponse:
        caller = await caller_of(service, request)
        case_id = case_id_of(case_id)
        await _actor(service, caller, request, case_id)
        found = await service.run(service.attachments.of_case, case_id)
        return in_json({"attachments": [_view(each) for each in found]})

    @api.get("/<case_id:str>/attachments/<attachment_id:str>")
    async def get(request: Request, case_id: str, attachment_id: str) -> HTTPResponse:
        caller = await caller_of(service, request)
        case_id = case_id_of(case_id)
        actor = await _actor(service, caller, request, case_id)
        try:
            found, content = await service.run(service.attachments.read, case_id, attachment_id)
        except LookupError as error:
            raise ApiError(404, "attachment_not_found", "没有这个附件") from error
        if actor.is_person_inside:
            look = (service.now(), str(actor), "attachment", case_id, None)
            await service.run(service.store.record_look, *look)
        return HTTPResponse(
            content,
            headers={**_HARMLESS, "Content-Disposition": _disposition(found)},
            content_type=found.content_type,
        )

    return api


async def _actor(service: IntakeService, caller: Caller, request: Request, case_id: str) -> Actor:
    """Whose look or file it is.

    Raises:
        ApiError: 404 for a case that is not there or not to be seen; 403 for a system that speaks
            for somebody whose case it is not, or for a source that did not file it.
    """
    arguments = query_arguments(request)
    citizen, digits = asked_citizen(arguments), asked_last4(arguments)
    if caller.actor.is_person_inside:
        with as_answers():
            await service.run(service.work.case_for, caller.actor, case_id)
        return caller.actor
    if not caller.is_system:
        case = await service.run(service.store.get, case_id)
        if case is None:
            raise no_such_case()
        if case.source != caller.name:
            raise ApiError(403, "not_yours", "这件诉求不是用这个密钥提交的")
        return caller.actor
    found = await service.run(service.look_up, case_id, citizen, digits)
    if found is None:
        raise no_such_case()
    if not found.authorized:
        raise ApiError(403, "not_yours", "只有提交诉求的人，或者答对联系电话后四位的人可以操作")
    return CITIZEN


async def _sent(request: Request) -> SentFile:
    try:
        body = await read_body(request, MAX_BYTES + FORM_BYTES)
        if content_type(request) == MULTIPART:
            files = multipart(request, body).files.get(FIELD, [])
            if len(files) != 1:
                raise ApiError(400, "file_missing", f"请在表单的 {FIELD} 里上传一个文件")
            sent = files[0]
        else:
            sent = SentFile(raw_name(request), body)
    except Unreadable as error:
        raise ApiError(400, "bad_form", str(error)) from error
    except TooLarge as error:
        raise ApiError(413, "body_too_large", f"附件太大，最大 {_MOST}") from error
    if not sent.content:
        raise ApiError(400, "file_missing", "附件是空的")
    if len(sent.content) > MAX_BYTES:
        raise ApiError(413, "body_too_large", f"附件太大，最大 {_MOST}")
    return sent


def _view(attachment: Attachment) -> dict[str, Any]:
    return {**asdict(attachment), "added_at": iso(attachment.added_at)}


def _disposition(attachment: Attachment) -> str:
    """Pictures and recordings may be shown in the page, papers are always downloads (RFC 6266)."""
    kind = "attachment" if attachment.content_type == "application/pdf" else "inline"
    return f"{kind}; filename*=UTF-8''{quote(attachment.name, safe='')}"


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    case_id = in_path("case_id", "诉求编号")
    file_id = in_path("attachment_id", "附件编号")
    return {
        "/cases/{case_id}/attachments": {
            "post": {
                "operationId": "addAttachment",
                "summary": f"上传附件，每个最大 {_MOST}，每件诉求最多 {MAX_FILES} 个",
                "parameters": [case_id, *_for_citizen(), _name()],
                "requestBody": _body(),
                "responses": {
                    "201": answer("新的附件", ref("Attachment")),
                    "200": answer("以前上传过的同一个文件", ref("Attachment")),
                    **errors(400, 401, 403, 404, 409, 413, 415, 500, 503),
                },
            },
            "get": {
                "operationId": "listAttachments",
                "summary": "附件清单，先上传的在前",
                "parameters": [case_id, *_for_citizen()],
                "responses": {
                    "200": answer("附件清单", ref("Attachments")),
                    **errors(400, 401, 403, 404, 500, 503),
                },
            },
        },
        "/cases/{case_id}/attachments/{attachment_id}": {
            "get": {
                "operationId": "getAttachment",
                "summary": "一个附件；照片里的拍摄地点已去掉，工作人员每次查看都留下记录",
                "parameters": [case_id, file_id, *_for_citizen()],
                "responses": {
                    "200": {
                        "description": "文件内容",
                        "content": {kind: {"schema": {}} for kind in KINDS},
                    },
                    **errors(400, 401, 403, 404, 500, 503),
                },
            }
        },
    }


def schemas() -> dict[str, Any]:
    """What the paths refer to."""
    sha256 = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "上传的内容的 SHA-256"}
    return {
        "Attachment": shown(
            {
                "attachment_id": TEXT,
                "case_id": TEXT,
                "name": {**TEXT, "description": "号码已遮盖"},
                "content_type": codes(KINDS),
                "size": {**COUNT, "description": "保存的字节数"},
                "sha256": sha256,
                "added_by": TEXT,
                "added_at": TIME,
            }
        ),
        "Attachments": shown(
            {
                "attachments": {
                    "type": "array",
                    "maxItems": MAX_FILES,
                    "items": ref("Attachment"),
                }
            }
        ),
    }


def _name() -> dict[str, Any]:
    return {
        "name": "Content-Disposition",
        "in": "header",
        "required": False,
        "description": f"正文就是文件时：filename*=UTF-8''…，文件名最多 {MAX_NAME} 个字",
        "schema": {"type": "string"},
    }


def _for_citizen() -> list[Any]:
    citizen = {"type": "string", "maxLength": MAX_SHORT}
    digits = {"type": "string", "pattern": LAST4}
    return [
        query("citizen", "系统代市民操作时：提交时的市民标识", citizen),
        query("phone_last4", "系统代市民操作时：或者联系电话后四位", digits),
    ]


def _body() -> dict[str, Any]:
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    form = {"type": "object", "required": [FIELD], "properties": {FIELD: binary}}
    raw = {kind: {"schema": binary} for kind in KINDS}
    return {"required": True, "content": {MULTIPART: {"schema": form}, **raw}}
