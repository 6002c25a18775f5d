"""Work on a case: steps, replies, notes, supplements, urges, evaluation, assignment.

People inside act for themselves. A system such as the bot acts for the citizen, who is the one who
filed the case or knows the last four digits of its phone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.api.access import Caller, caller_of, person_of
from intake.api.describe import (
    LAST4,
    answer,
    asked,
    codes,
    errors,
    in_path,
    json_body,
    longest,
    ref,
)
from intake.api.reading import case_id_of, checker, in_json, no_such_case, refuse
from intake.api.refusals import as_answers
from intake.cases import Case
from intake.casework import Move
from intake.errors import ApiError
from intake.personal import last4
from intake.roles import CITIZEN, Actor
from intake.service import IntakeService
from intake.steps import SATISFACTION, Dispatch
from intake.validation import MAX_SHORT, Checker
from intake.views import view_for

MAX_TEXT = 4000


def routes(service: IntakeService) -> Blueprint:
    """The routes of ``/api/v1/cases/{case_id}/…`` that change a case."""
    api = Blueprint("work", url_prefix="/api/v1/cases")
    work = service.work

    async def done(
        caller: Caller, act: Callable[..., Case], *arguments: Any, status: int = 200
    ) -> HTTPResponse:
        with as_answers():
            case = await service.run(act, *arguments)
        return in_json(view_for(caller.actor.is_person_inside, case), status)

    async def for_citizen(
        request: Request,
        case_id: str,
        read: Callable[[Checker], tuple[Any, ...]],
        act: Callable[..., Case],
        status: int = 201,
    ) -> HTTPResponse:
        """What a citizen may do through a system, and people inside for themselves."""
        caller = await caller_of(service, request)
        fields = checker(request)
        given = read(fields)
        case_id = case_id_of(case_id)
        actor = await _actor(service, caller, case_id, fields)
        refuse(fields.problems)
        return await done(caller, act, actor, case_id, *given, status=status)

    @api.post("/<case_id:str>/transitions")
    async def move(request: Request, case_id: str) -> HTTPResponse:
        return await for_citizen(request, case_id, _move, work.move, status=200)

    @api.post("/<case_id:str>/supplements")
    async def supplement(request: Request, case_id: str) -> HTTPResponse:
        return await for_citizen(request, case_id, _supplement, work.supplement)

    @api.post("/<case_id:str>/urges")
    async def urge(request: Request, case_id: str) -> HTTPResponse:
        return await for_citizen(request, case_id, _urge, work.urge)

    @api.post("/<case_id:str>/evaluation")
    async def evaluate(request: Request, case_id: str) -> HTTPResponse:
        return await for_citizen(request, case_id, _evaluation, work.evaluate)

    @api.post("/<case_id:str>/notes")
    async def note(request: Request, case_id: str) -> HTTPResponse:
        return await _by_person(request, case_id, "备注", work.note)

    @api.post("/<case_id:str>/replies")
    async def reply(request: Request, case_id: str) -> HTTPResponse:
        return await _by_person(request, case_id, "给市民的答复", work.reply)

    async def _by_person(
        request: Request, case_id: str, label: str, act: Callable[..., Case]
    ) -> HTTPResponse:
        caller = await person_of(service, request)
        fields = checker(request)
        text = fields.text("text", label, MAX_TEXT, required=True)
        refuse(fields.problems)
        return await done(caller, act, caller.actor, case_id_of(case_id), text, status=201)

    @api.put("/<case_id:str>/assignment")
    async def assign(request: Request, case_id: str) -> HTTPResponse:
        caller = await person_of(service, request)
        fields = checker(request)
        assignee = fields.text("assignee", "经办人", 40)
        refuse(fields.problems)
        return await done(caller, work.assign, caller.actor, case_id_of(case_id), assignee)

    return api


async def _actor(service: IntakeService, caller: Caller, case_id: str, fields: Checker) -> Actor:
    """Whose step it is.

    Raises:
        ApiError: 403 for a system that speaks for somebody whose case it is not, or for a source.
    """
    citizen = fields.text("citizen", "市民标识", MAX_SHORT)
    digits = fields.text("phone_last4", "联系电话后四位", 8)
    if digits is not None and last4(digits) is None:
        fields.wrong("phone_last4", "请给出联系电话的最后四位数字")
    if caller.actor.is_person_inside:
        return caller.actor
    if not caller.is_system:
        raise ApiError(403, "forbidden", "这个密钥只能提交诉求")
    refuse(fields.problems)
    given = last4(digits) if digits else None
    found = await service.run(service.look_up, case_id, citizen, given)
    if found is None:
        raise no_such_case()
    if not found.authorized:
        raise ApiError(403, "not_yours", "只有提交诉求的人，或者答对联系电话后四位的人可以操作")
    return CITIZEN


def _supplement(fields: Checker) -> tuple[str | None]:
    return (fields.text("text", "补充的内容", MAX_TEXT, required=True),)


def _urge(fields: Checker) -> tuple[str | None]:
    return (fields.text("text", "催办的话", MAX_TEXT),)


def _evaluation(fields: Checker) -> tuple[int, str | None]:
    satisfaction = fields.data.get("satisfaction")
    if type(satisfaction) is not int or satisfaction not in SATISFACTION:
        fields.wrong("satisfaction", "满意度应为 5（非常满意）到 1（非常不满意）")
        satisfaction = 0
    return satisfaction, fields.text("text", "评价的话", MAX_TEXT)


def _move(fields: Checker) -> tuple[Move]:
    to_state = fields.code("to_state", "状态", vocabulary.case_states())
    known = vocabulary.departments()
    code = fields.code("department", "部门", known, default="")
    mode = fields.code("handling_mode", "办理方式", vocabulary.handling_modes(), default="")
    others = fields.codes("co_departments", "协办部门", known)
    dispatch = None
    if code:
        others = tuple(other for other in others if other != code)
        dispatch = Dispatch(code, others, handling_mode=mode)
    expected = fields.code("expected_state", "原来的状态", vocabulary.case_states(), default="")
    move = Move(
        to_state=to_state or "",
        note=fields.text("note", "给市民的话", MAX_TEXT),
        remark=fields.text("remark", "内部说明", MAX_TEXT),
        dispatch=dispatch,
        expected_state=expected,
    )
    return (move,)


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    words = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": r"\S"}
    text = {"text": words}
    states = codes(vocabulary.case_states())
    departments = codes(vocabulary.departments())
    transition = {
        "to_state": states,
        "expected_state": {**states, "type": ["string", "null"], "enum": [*states["enum"], None]},
        "note": longest(MAX_TEXT),
        "remark": longest(MAX_TEXT),
        "department": {"type": ["string", "null"], "enum": [*departments["enum"], None]},
        "co_departments": {"type": ["array", "null"], "items": departments},
        "handling_mode": {
            "type": ["string", "null"],
            "enum": [*vocabulary.handling_modes(), None],
        },
    }
    satisfaction = {"type": "integer", "minimum": 1, "maximum": 5}
    return {
        "/cases/{case_id}/transitions": {
            "post": _describe(
                "moveCase", "改变状态", {**transition, **_FOR_CITIZEN}, ("to_state",), 200
            )
        },
        "/cases/{case_id}/supplements": {
            "post": _describe(
                "supplementCase", "市民补充情况", {**text, **_FOR_CITIZEN}, ("text",), 201
            )
        },
        "/cases/{case_id}/urges": {
            "post": _describe(
                "urgeCase", "催办", {"text": longest(MAX_TEXT), **_FOR_CITIZEN}, (), 201
            )
        },
        "/cases/{case_id}/evaluation": {
            "post": _describe(
                "evaluateCase",
                "评价：5 非常满意，1 非常不满意",
                {"satisfaction": satisfaction, "text": longest(MAX_TEXT), **_FOR_CITIZEN},
                ("satisfaction",),
                201,
            )
        },
        "/cases/{case_id}/notes": {"post": _describe("noteCase", "内部备注", text, ("text",), 201)},
        "/cases/{case_id}/replies": {
            "post": _describe("replyCase", "答复市民", text, ("text",), 201)
        },
        "/cases/{case_id}/assignment": {
            "put": _describe("assignCase", "交给经办人", {"assignee": longest(40)}, (), 200)
        },
    }


_FOR_CITIZEN = {
    "citizen": {**longest(MAX_SHORT), "description": "系统代市民操作时：提交时的市民标识"},
    "phone_last4": {
        "type": ["string", "null"],
        "pattern": LAST4,
        "description": "系统代市民操作时：或者联系电话后四位",
    },
}


def _describe(
    operation: str, summary: str, fields: dict[str, Any], required: tuple[str, ...], status: int
) -> dict[str, Any]:
    shape = {"anyOf": [ref("StaffCase"), ref("Case")]}
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": [in_path("case_id", "诉求编号")],
        "requestBody": json_body(asked(fields, required)),
        "responses": {
            str(status): answer("改变以后的诉求", shape),
            **errors(400, 401, 403, 404, 409, 413, 500, 503),
        },
    }
