"""Signing in, the accounts of people inside, and the keys of other systems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import vocabulary
from intake.accounts import KEY_ROLES, SESSION_LASTS, Account, AccountError, ApiKey
from intake.api.access import SESSION_COOKIE, person_of
from intake.api.describe import (
    FLAG,
    OPTIONAL_TEXT,
    OPTIONAL_TIME,
    TEXT,
    answer,
    asked,
    codes,
    codes_or_null,
    errors,
    in_path,
    json_body,
    listed,
    ref,
    shown,
)
from intake.api.reading import checker, in_json, refuse
from intake.bodies import bearer
from intake.errors import ApiError
from intake.passwords import WeakPassword
from intake.roles import ACCOUNT_ROLES
from intake.service import IntakeService
from intake.validation import CHANNELS
from intake.views import iso

_LONGEST_PASSWORD = 200


def routes(service: IntakeService) -> Blueprint:
    """The routes ``/session``, ``/accounts`` and ``/keys`` of the native API."""
    api = Blueprint("accounts", url_prefix="/api/v1")
    known = service.accounts

    @api.post("/session")
    async def sign_in(request: Request) -> HTTPResponse:
        fields = checker(request)
        name = fields.text("name", "用户名", 40, required=True)
        password = fields.text("password", "密码", _LONGEST_PASSWORD, required=True)
        refuse(fields.problems)
        found = await service.run(known.sign_in, name, password, service.now())
        if found is None:
            raise ApiError(401, "wrong_password", "用户名或密码不对；连错五次要等十五分钟")
        account, token = found
        response = in_json({**_account(account), "token": token}, 201)
        _set_cookie(response, token, int(SESSION_LASTS.total_seconds()), request.scheme)
        return response

    @api.get("/session")
    async def who_am_i(request: Request) -> HTTPResponse:
        caller = await person_of(service, request)
        accounts = await service.run(known.all)
        return in_json(next(_account(one) for one in accounts if one.name == caller.name))

    @api.delete("/session")
    async def sign_out(request: Request) -> HTTPResponse:
        await person_of(service, request)
        token = bearer(request) or request.cookies.get(SESSION_COOKIE)
        await service.run(known.sign_out, token)
        response = in_json({"signed_out": True})
        _set_cookie(response, "", 0, request.scheme)
        return response

    @api.put("/session/password")
    async def change_password(request: Request) -> HTTPResponse:
        caller = await person_of(service, request)
        fields = checker(request)
        old = fields.text("old", "原来的密码", _LONGEST_PASSWORD, required=True)
        new = fields.text("new", "新密码", _LONGEST_PASSWORD, required=True)
        refuse(fields.problems)
        if await service.run(known.sign_in, caller.name, old, service.now()) is None:
            raise ApiError(403, "wrong_password", "原来的密码不对")
        with _refusals():
            account = await service.run(known.change, caller.name, new, None, True)
        return in_json(_account(account))

    @api.get("/accounts")
    async def list_accounts(request: Request) -> HTTPResponse:
        await person_of(service, request, "admin")
        accounts = await service.run(known.all)
        return in_json({"accounts": [_account(account) for account in accounts]})

    @api.post("/accounts")
    async def create_account(request: Request) -> HTTPResponse:
        await person_of(service, request, "admin")
        fields = checker(request)
        name = fields.text("name", "用户名", 40, required=True)
        shown_as = fields.text("display_name", "姓名", 60) or ""
        role = fields.code("role", "角色", ACCOUNT_ROLES)
        department = fields.text("department", "部门", 40)
        password = fields.text("password", "密码", _LONGEST_PASSWORD, required=True)
        refuse(fields.problems)
        with _refusals():
            account = await service.run(
                known.create, name, shown_as, role, department, password, service.now()
            )
        return in_json(_account(account), 201)

    @api.patch("/accounts/<name:str>")
    async def change_account(request: Request, name: str) -> HTTPResponse:
        caller = await person_of(service, request, "admin")
        fields = checker(request)
        password = fields.text("password", "密码", _LONGEST_PASSWORD)
        active = fields.flag("active", "是否启用") if "active" in fields.data else None
        refuse(fields.problems)
        if name == caller.name and active is False:
            raise ApiError(409, "own_account", "不能停用自己的账号")
        with _refusals():
            account = await service.run(known.change, name, password, active)
        return in_json(_account(account))

    @api.get("/keys")
    async def list_keys(request: Request) -> HTTPResponse:
        await person_of(service, request, "admin")
        keys = await service.run(known.keys)
        return in_json({"keys": [_key(key) for key in keys]})

    @api.post("/keys")
    async def create_key(request: Request) -> HTTPResponse:
        await person_of(service, request, "admin")
        fields = checker(request)
        name = fields.text("name", "名称", 40, required=True)
        role = fields.code("role", "角色", KEY_ROLES)
        channel = fields.code("channel", "渠道", CHANNELS, default="")
        refuse(fields.problems)
        with _refusals():
            key, secret = await service.run(known.create_key, name, role, channel, service.now())
        return in_json({**_key(key), "key": secret}, 201)

    @api.delete("/keys/<name:str>")
    async def revoke_key(request: Request, name: str) -> HTTPResponse:
        await person_of(service, request, "admin")
        with _refusals():
            await service.run(known.revoke_key, name, service.now())
        return in_json({"revoked": True})

    return api


def _set_cookie(response: HTTPResponse, token: str, seconds: int, scheme: str) -> None:
    response.cookies[SESSION_COOKIE] = token
    cookie = response.cookies[SESSION_COOKIE]
    cookie["httponly"] = True
    cookie["samesite"] = "Strict"
    cookie["path"] = "/"
    cookie["max-age"] = seconds
    if scheme == "https":
        cookie["secure"] = True


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (AccountError, WeakPassword) as error:
        raise ApiError(400, "invalid_account", str(error)) from error
    except LookupError as error:
        raise ApiError(404, "not_found", "没有这个账号或密钥") from error


def _account(account: Account) -> dict[str, Any]:
    return asdict(account)


def _key(key: ApiKey) -> dict[str, Any]:
    return {**asdict(key), "revoked_at": iso(key.revoked_at)}


def schemas() -> dict[str, Any]:
    """This topic's schemas by name."""
    return {
        "Account": shown(_account_fields()),
        "Key": shown(_key_fields()),
    }


def _account_fields() -> dict[str, Any]:
    return {
        "name": TEXT,
        "display_name": TEXT,
        "role": codes(ACCOUNT_ROLES),
        "department": codes_or_null(vocabulary.departments()),
        "active": FLAG,
        "must_change": {**FLAG, "description": "密码是别人设的，请本人修改"},
    }


def _key_fields() -> dict[str, Any]:
    return {
        "name": TEXT,
        "role": codes(KEY_ROLES),
        "channel": codes_or_null(CHANNELS),
        "revoked_at": OPTIONAL_TIME,
    }


def paths() -> dict[str, Any]:
    """This topic's part of the OpenAPI document."""
    secret = {"type": "string", "minLength": 1, "maxLength": _LONGEST_PASSWORD}
    name = {"type": "string", "minLength": 1, "maxLength": 40}
    path_name = in_path("name", "名称")
    session = shown({**_account_fields(), "token": {**TEXT, "description": "也可以放在 Bearer 里"}})
    fresh_key = shown({**_key_fields(), "key": {**TEXT, "description": "只在这里显示一次"}})
    new_account = {
        "name": {**name, "pattern": "^[a-z0-9][a-z0-9_.-]{1,38}$"},
        "display_name": OPTIONAL_TEXT,
        "role": codes(ACCOUNT_ROLES),
        "department": codes_or_null(vocabulary.departments()),
        "password": {**secret, "minLength": 10},
    }
    new_key = {
        "name": new_account["name"],
        "role": codes(KEY_ROLES),
        "channel": codes_or_null(CHANNELS),
    }
    done = {"type": "object", "additionalProperties": FLAG}
    return {
        "/session": {
            "post": {
                **_operation("signIn", "登录", session, 201, (400, 401)),
                "security": [],
                "requestBody": json_body(
                    asked({"name": name, "password": secret}, ("name", "password"))
                ),
            },
            "get": _operation("whoAmI", "我是谁", ref("Account"), 200, (401, 403)),
            "delete": _operation("signOut", "退出登录", done, 200, (401, 403)),
        },
        "/session/password": {
            "put": {
                **_operation("changePassword", "改密码", ref("Account"), 200, (400, 401, 403)),
                "requestBody": json_body(asked({"old": secret, "new": secret}, ("old", "new"))),
            }
        },
        "/accounts": {
            "get": _operation(
                "listAccounts", "账号（管理员）", shown({"accounts": listed("Account")}), 200
            ),
            "post": {
                **_operation("createAccount", "新账号（管理员）", ref("Account"), 201),
                "requestBody": json_body(asked(new_account, ("name", "role", "password"))),
            },
        },
        "/accounts/{name}": {
            "patch": {
                **_operation(
                    "changeAccount",
                    "改密码、停用、启用（管理员）",
                    ref("Account"),
                    200,
                    (400, 401, 403, 404, 409),
                ),
                "parameters": [path_name],
                "requestBody": json_body(asked({"password": OPTIONAL_TEXT, "active": FLAG})),
            }
        },
        "/keys": {
            "get": _operation(
                "listKeys", "接口密钥（管理员）", shown({"keys": listed("Key")}), 200
            ),
            "post": {
                **_operation("createKey", "新密钥（管理员）", fresh_key, 201),
                "requestBody": json_body(asked(new_key, ("name", "role"))),
            },
        },
        "/keys/{name}": {
            "delete": {
                **_operation("revokeKey", "作废密钥（管理员）", done, 200, (401, 403, 404)),
                "parameters": [path_name],
            }
        },
    }


def _operation(
    operation: str,
    summary: str,
    shape: dict[str, Any],
    status: int,
    refused: tuple[int, ...] = (400, 401, 403),
) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {str(status): answer(summary, shape), **errors(*refused, 413, 500, 503)},
    }
