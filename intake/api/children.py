"""The children of a case that holds several matters. They are filed with ``parent_id``."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.api.access import caller_of
from intake.api.describe import TEXT, TIME, answer, codes, errors, in_path, listed, query, shown
from intake.api.reading import asked_citizen, case_id_of, in_json, no_such_case
from intake.api.refusals import as_answers
from intake.bodies import query_arguments
from intake.cases import Case
from intake.errors import ApiError
from intake.roles import may_see
from intake.service import IntakeService
from intake.validation import MAX_SHORT
from intake.views import iso


def routes(service: IntakeService) -> Blueprint:
    """The route of the children on ``service``."""
    api = Blueprint("children", url_prefix="/api/v1")

    @api.get("/cases/<case_id:str>/children")
    async def children(request: Request, case_id: str) -> HTTPResponse:
        caller = await caller_of(service, request)
        wanted = case_id_of(case_id)
        citizen = asked_citizen(query_arguments(request))
        if caller.actor.is_person_inside:
            with as_answers():
                await service.run(service.work.case_for, caller.actor, wanted)
        elif caller.is_system:
            found = await service.run(service.look_up, wanted, citizen, None)
            if found is None:
                raise no_such_case()
            if not found.authorized:
                raise ApiError(403, "not_yours", "请用参数 citizen 说明是提交这件诉求的市民")
        else:
            raise ApiError(403, "forbidden", "这个密钥只能提交诉求")
        cases = await service.run(service.families.children, wanted)
        views = [
            _view(case)
            for case in cases
            if may_see(caller.actor, case.department, case.co_departments)
        ]
        return in_json({"children": views})

    return api


def _view(case: Case) -> dict[str, Any]:
    state = vocabulary.case_states()[case.state]
    return {
        "case_id": case.case_id,
        "state": state.code,
        "state_name": state.name,
        "public_state": state.public,
        "department": case.department,
        "department_name": vocabulary.departments()[case.department].name,
        "description": case.description,
        "submitted_at": iso(case.submitted_at),
        "due_at": iso(case.due_at),
    }


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    citizen = {"type": "string", "maxLength": MAX_SHORT}
    return {
        "/cases/{case_id}/children": {
            "get": {
                "operationId": "listChildren",
                "summary": "一件诉求分出的子诉求，新的在前；都办结以后主诉求才能办结",
                "parameters": [
                    in_path("case_id", "主诉求的编号"),
                    query("citizen", "提交时的市民标识（系统必填）", citizen),
                ],
                "responses": {
                    "200": answer("子诉求", shown({"children": listed("Child")})),
                    **errors(400, 401, 403, 404, 500, 503),
                },
            }
        }
    }


def schemas() -> dict[str, Any]:
    return {
        "Child": shown(
            {
                "case_id": TEXT,
                "state": codes(vocabulary.case_states()),
                "state_name": TEXT,
                "public_state": TEXT,
                "department": codes(vocabulary.departments()),
                "department_name": TEXT,
                "description": {**TEXT, "description": "号码已遮盖"},
                "submitted_at": TIME,
                "due_at": {"type": ["string", "null"], "format": "date-time"},
            }
        )
    }
