"""The same matter twice: look for it, follow somebody else's case, join two into one."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.api.access import person_of, system_of
from intake.api.describe import (
    COUNT,
    FLAG,
    TEXT,
    TIME,
    answer,
    asked,
    codes,
    errors,
    in_path,
    json_body,
    listed,
    longest,
    ref,
    shown,
)
from intake.api.reading import case_id_of, checker, in_json, refuse
from intake.api.reading import json_body as body_of
from intake.api.refusals import as_answers
from intake.cases import Contact
from intake.dispatch.candidates import matter_of, matter_of_new
from intake.dispatch.similar import Likeness
from intake.roles import may_see
from intake.service import IntakeService
from intake.validation import MAX_SHORT, InvalidCase, parse_new_case
from intake.views import iso, staff_row, staff_view

_FOR_STAFF, _FOR_CITIZENS = 10, 5
_MERGERS = ("staff", "supervisor", "admin")


def routes(service: IntakeService) -> Blueprint:
    """The routes about duplicates on ``service``."""
    api = Blueprint("similar", url_prefix="/api/v1")

    @api.get("/cases/<case_id:str>/similar")
    async def similar_cases(request: Request, case_id: str) -> HTTPResponse:
        caller = await person_of(service, request)
        wanted = case_id_of(case_id)
        with as_answers():
            found = await service.run(_similar_to, service, caller.actor, wanted)
        return in_json({"similar": found})

    @api.post("/similar")
    async def similar_to_new(request: Request) -> HTTPResponse:
        await system_of(service, request)
        try:
            new = service.personal.hide(parse_new_case(body_of(request)))
        except InvalidCase as error:
            refuse(error.problems, "invalid_case")
            raise
        now = service.now()
        look = service.similar_cases.to
        found = await service.run(look, matter_of_new(new, now), now, _FOR_CITIZENS)
        return in_json({"similar": [_for_citizen(item, new.citizen) for item in found]})

    @api.post("/cases/<case_id:str>/followers")
    async def follow(request: Request, case_id: str) -> HTTPResponse:
        await system_of(service, request)
        fields = checker(request)
        citizen = fields.text("citizen", "市民标识", MAX_SHORT, required=True) or ""
        if not citizen.isprintable():
            fields.wrong("citizen", "市民标识的格式不对")
        contact = Contact(phone=fields.phone("contact_phone"))
        wanted = case_id_of(case_id)
        refuse(fields.problems)
        with as_answers():
            is_new = await service.run(
                service.joining.join, wanted, citizen, contact, service.now()
            )
        return in_json({"case_id": wanted, "following": True}, 201 if is_new else 200)

    @api.post("/cases/<case_id:str>/duplicate_of")
    async def merge(request: Request, case_id: str) -> HTTPResponse:
        caller = await person_of(service, request, *_MERGERS)
        fields = checker(request)
        other = fields.text("case_id", "另一件的编号", MAX_SHORT, required=True)
        wanted = case_id_of(case_id)
        refuse(fields.problems)
        joined = case_id_of(other or "")
        with as_answers():
            case = await service.run(
                service.joining.merge, wanted, joined, caller.actor, service.now()
            )
        return in_json(staff_view(case))

    return api


def _similar_to(service: IntakeService, actor: Any, case_id: str) -> list[dict[str, Any]]:
    """Similar cases that the actor may see. Raises LookupError."""
    case = service.work.case_for(actor, case_id)
    found = service.similar_cases.to(matter_of(case), service.now(), _FOR_STAFF)
    views = []
    for item in found:
        other = service.store.get(item.matter.case_id or "")
        if other is None or not may_see(actor, other.department, other.co_departments):
            continue
        views.append(
            {
                "case": staff_row(other),
                "reason": item.reason,
                "score": item.score,
                "metres": item.metres,
                "followers": service.joining.follower_count(other.case_id),
            }
        )
    return views


def _for_citizen(item: Likeness, citizen: str | None) -> dict[str, Any]:
    """What anybody may know of another's case: no names, no numbers, a few masked words."""
    matter = item.matter
    return {
        "case_id": matter.case_id,
        "public_state": vocabulary.case_states()[matter.state or ""].public,
        "department": matter.department,
        "department_name": vocabulary.departments()[matter.department].name,
        "submitted_at": iso(matter.at),
        "excerpt": item.excerpt,
        "reason": item.reason,
        "score": item.score,
        "yours": citizen is not None and matter.citizen == citizen,
    }


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    case_id = in_path("case_id", "诉求编号")
    follower = asked(
        {
            "citizen": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_SHORT,
                "pattern": r"\S",
                "description": "市民标识，如 wechat:<openid>",
            },
            "contact_phone": {**longest(40), "description": "加密保存，从不返回"},
        },
        ("citizen",),
    )
    other = asked({"case_id": {"type": "string", "minLength": 1}}, ("case_id",))
    return {
        "/cases/{case_id}/similar": {
            "get": {
                "operationId": "similarCases",
                "summary": "可能是同一件事的其他诉求：30 天内没办结的，附理由（工作人员）",
                "parameters": [case_id],
                "responses": {
                    "200": answer("相似的诉求", shown({"similar": listed("SimilarCase")})),
                    **errors(400, 401, 403, 404, 500, 503),
                },
            }
        },
        "/similar": {
            "post": {
                "operationId": "similarToNew",
                "summary": "提交以前看看别人是否已经反映同一件事（系统）；什么也不保存",
                "requestBody": json_body(ref("NewCase")),
                "responses": {
                    "200": answer("相似的诉求", shown({"similar": listed("SimilarForCitizen")})),
                    **errors(400, 401, 403, 413, 500, 503),
                },
            }
        },
        "/cases/{case_id}/followers": {
            "post": {
                "operationId": "followCase",
                "summary": "市民加入别人已经反映的同一件事，进展同样告诉他（系统）",
                "parameters": [case_id],
                "requestBody": json_body(follower),
                "responses": {
                    "201": answer("加入了", ref("Following")),
                    "200": answer("以前就加入了", ref("Following")),
                    **errors(400, 401, 403, 404, 409, 413, 500, 503),
                },
            }
        },
        "/cases/{case_id}/duplicate_of": {
            "post": {
                "operationId": "mergeCase",
                "summary": "把刚提交的重复诉求并入另一件（受理、督办人员、管理员）",
                "description": "还没分流或退回的改为“不予受理”，已分流还没开始办的改为“已撤回”；"
                "已在办理的不能并入。市民和加入的人会收到说明，并改为跟进另一件。",
                "parameters": [case_id],
                "requestBody": json_body(other),
                "responses": {
                    "200": answer("并入以后的这一件", ref("StaffCase")),
                    **errors(400, 401, 403, 404, 409, 413, 500, 503),
                },
            }
        },
    }


def schemas() -> dict[str, Any]:
    score = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "SimilarCase": shown(
            {
                "case": ref("StaffRow"),
                "reason": TEXT,
                "score": score,
                "metres": {"type": ["integer", "null"], "minimum": 0},
                "followers": COUNT,
            }
        ),
        "SimilarForCitizen": shown(
            {
                "case_id": TEXT,
                "public_state": TEXT,
                "department": codes(vocabulary.departments()),
                "department_name": TEXT,
                "submitted_at": TIME,
                "excerpt": {**TEXT, "description": "说到这件事的几个字，号码已遮盖"},
                "reason": TEXT,
                "score": score,
                "yours": {**FLAG, "description": "是这位市民自己提交的"},
            }
        ),
        "Following": shown({"case_id": TEXT, "following": {"const": True}}),
    }
