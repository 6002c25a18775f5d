"""Notices: what was told to whom, sending again what was given up, and who wants none."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from intake import notice_texts
from intake.api.access import person_of, system_of
from intake.api.describe import (
    COUNT,
    FLAG,
    OPTIONAL_TEXT,
    OPTIONAL_TIME,
    TEXT,
    TIME,
    answer,
    asked,
    codes,
    errors,
    in_path,
    json_body,
    listed,
    query,
    ref,
    shown,
)
from intake.api.reading import case_id_of, checker, in_json, no_such_case, refuse, whole_number
from intake.bodies import query_arguments
from intake.errors import ApiError
from intake.notices import SUPERVISION, KeptNotice, department_of, is_office
from intake.outbox import OPEN_STATES, STATES, NoticeQuery, NotRetriable
from intake.service import IntakeService
from intake.validation import MAX_SHORT
from intake.views import iso

_MOST = 100
_LARGEST = 2_147_483_647
_TO = ("citizen", "department", "supervision")


def routes(service: IntakeService) -> Blueprint:
    """The routes ``/notices``, ``/cases/{case_id}/notices`` and ``/citizens/{citizen}/notices``."""
    api = Blueprint("notices", url_prefix="/api/v1")
    outbox = service.outbox

    @api.get("/notices")
    async def list_notices(request: Request) -> HTTPResponse:
        actor = (await person_of(service, request)).actor
        arguments = query_arguments(request)
        state = arguments.get("state")
        if state is not None and state not in STATES:
            raise ApiError(400, "invalid_state", "没有这种通知状态")
        given = arguments.get("case_id")
        wanted = NoticeQuery(
            case_id=None if given is None else case_id_of(given),
            state=state,
            involved=actor.department if actor.role == "department" else None,
        )
        limit = whole_number(arguments, "limit", 50, 1, _MOST)
        before = whole_number(arguments, "before", 0, 0, _LARGEST) or None
        found = await service.run(outbox.search, wanted, limit, before)
        more = found[-1].notice_id if len(found) == limit else None
        return in_json({"notices": [notice_view(one) for one in found], "next": more})

    @api.get("/cases/<case_id:str>/notices")
    async def of_case(request: Request, case_id: str) -> HTTPResponse:
        actor = (await person_of(service, request)).actor
        wanted = case_id_of(case_id)
        try:
            await service.run(service.work.case_for, actor, wanted)
        except LookupError as error:
            raise no_such_case() from error
        found = await service.run(outbox.search, NoticeQuery(case_id=wanted), _MOST)
        return in_json({"notices": [notice_view(one) for one in found]})

    @api.post("/notices/<notice_id:str>/retry")
    async def retry(request: Request, notice_id: str) -> HTTPResponse:
        await person_of(service, request, "admin")
        wanted = whole_number({"notice_id": notice_id}, "notice_id", 0, 0, _LARGEST)
        try:
            notice = await service.run(outbox.retry, wanted, service.now())
        except LookupError as error:
            raise ApiError(404, "notice_not_found", "没有这条通知") from error
        except NotRetriable as error:
            words = f"这条通知{STATES[str(error)]}，不用再发"
            raise ApiError(409, "not_retriable", words) from error
        return in_json(notice_view(notice))

    @api.get("/citizens/<citizen:str>/notices")
    async def is_wanted(request: Request, citizen: str) -> HTTPResponse:
        await system_of(service, request)
        wanted = await service.run(outbox.wants_notices, _citizen(citizen))
        return in_json({"wanted": wanted})

    @api.put("/citizens/<citizen:str>/notices")
    async def set_wanted(request: Request, citizen: str) -> HTTPResponse:
        await system_of(service, request)
        name = _citizen(citizen)
        fields = checker(request)
        wanted = fields.data.get("wanted")
        if not isinstance(wanted, bool):
            fields.wrong("wanted", "wanted 应为 true（要通知）或 false（不要）")
        refuse(fields.problems)
        await service.run(outbox.set_wanted, name, wanted, service.now())
        return in_json({"wanted": wanted})

    return api


def notice_view(notice: KeptNotice) -> dict[str, Any]:
    """A notice for people inside, in the words in which it is told."""
    code = department_of(notice.recipient)
    to = "citizen" if not is_office(notice.recipient) else "department" if code else SUPERVISION
    try:
        text = notice_texts.compose(
            notice.recipient, notice.kind, notice.case_id, notice.content
        ).text
    except KeyError:  # of a kind that is no longer told
        text = ""
    waits = notice.state in OPEN_STATES
    return {
        "notice_id": notice.notice_id,
        "case_id": notice.case_id,
        "to": to,
        "department": code,
        "kind": notice.kind,
        "kind_name": notice_texts.name_of(notice.recipient, notice.kind),
        "text": text,
        "state": notice.state,
        "state_name": STATES[notice.state],
        "channel": notice.channel,
        "attempts": notice.attempts,
        "error": notice.last_error,
        "created_at": iso(notice.created_at),
        "next_at": iso(notice.not_before) if waits else None,
        "ended_at": iso(notice.ended_at),
    }


def _citizen(text: str) -> str:
    citizen = unquote(text)
    if len(citizen) > MAX_SHORT:
        raise ApiError(400, "invalid_citizen", f"市民标识最多 {MAX_SHORT} 个字符")
    if not citizen.strip() or not citizen.isprintable():
        # Nobody can have filed under such a name.
        raise ApiError(404, "citizen_not_found", "没有这样的市民标识")
    return citizen


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    return {
        "/notices": {"get": _list()},
        "/cases/{case_id}/notices": {"get": _of_case()},
        "/notices/{notice_id}/retry": {"post": _retry()},
        "/citizens/{citizen}/notices": {"get": _is_wanted(), "put": _set_wanted()},
    }


def schemas() -> dict[str, Any]:
    """``Notice`` and ``Wanted``."""
    return {
        "Notice": shown(
            {
                "notice_id": COUNT,
                "case_id": TEXT,
                "to": codes(_TO),
                "department": OPTIONAL_TEXT,
                "kind": TEXT,
                "kind_name": TEXT,
                "text": {**TEXT, "description": "给对方看的话"},
                "state": codes(STATES),
                "state_name": TEXT,
                "channel": {
                    **OPTIONAL_TEXT,
                    "description": "conversation、template、sms 或 webhook",
                },
                "attempts": COUNT,
                "error": {**OPTIONAL_TEXT, "description": "上一次为什么没有发出"},
                "created_at": TIME,
                "next_at": {**OPTIONAL_TIME, "description": "最早什么时候再发"},
                "ended_at": OPTIONAL_TIME,
            }
        ),
        "Wanted": shown({"wanted": FLAG}),
    }


def _list() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0, "maximum": _LARGEST}
    page = shown({"notices": listed("Notice"), "next": {"type": ["integer", "null"], "minimum": 0}})
    return {
        "operationId": "listNotices",
        "summary": "通知，新的在前；部门用户只看到自己承办的",
        "parameters": [
            query("case_id", "诉求编号", {"type": "string", "minLength": 1}),
            query("state", "状态", codes(STATES)),
            query("limit", "一页几条", {"type": "integer", "minimum": 1, "maximum": _MOST}),
            query("before", "上一页的 next", number),
        ],
        "responses": {"200": answer("一页通知", page), **errors(400, 401, 403, 500, 503)},
    }


def _of_case() -> dict[str, Any]:
    found = shown({"notices": listed("Notice")})
    return {
        "operationId": "listNoticesOfCase",
        "summary": f"一件诉求的通知，新的在前，最多 {_MOST} 条",
        "parameters": [in_path("case_id", "诉求编号")],
        "responses": {"200": answer("通知", found), **errors(400, 401, 403, 404, 500, 503)},
    }


def _retry() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0, "maximum": _LARGEST}
    return {
        "operationId": "retryNotice",
        "summary": "放弃了的或没有联系方式的通知再发一次",
        "parameters": [in_path("notice_id", "通知编号", number)],
        "responses": {
            "200": answer("等待发送的通知", ref("Notice")),
            **errors(400, 401, 403, 404, 409, 500, 503),
        },
    }


def _citizen_in_path() -> Any:
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_SHORT}
    return in_path("citizen", "市民标识，如 wechat:<openid>", schema)


def _is_wanted() -> dict[str, Any]:
    return {
        "operationId": "areNoticesWanted",
        "summary": "市民要不要通知",
        "parameters": [_citizen_in_path()],
        "responses": {
            "200": answer("要不要", ref("Wanted")),
            **errors(400, 401, 403, 404, 500, 503),
        },
    }


def _set_wanted() -> dict[str, Any]:
    return {
        "operationId": "setNoticesWanted",
        "summary": "记下市民要不要通知；已在等待的也照办",
        "parameters": [_citizen_in_path()],
        "requestBody": json_body(asked({"wanted": FLAG}, ("wanted",))),
        "responses": {
            "200": answer("要不要", ref("Wanted")),
            **errors(400, 401, 403, 404, 413, 500, 503),
        },
    }
