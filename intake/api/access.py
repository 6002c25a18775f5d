"""Who asks: a signed-in person, or another system by its key. The one place that decides it.

A person's session comes as a cookie from the pages or as a bearer token, a key always as a bearer
token. A cookie is sent by the browser whoever made it ask, so what changes something must come
from our own pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from sanic.request import Request

from intake.bodies import bearer
from intake.errors import ApiError
from intake.roles import ROLES, Actor
from intake.service import IntakeService

SESSION_COOKIE = "suqiu_session"
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Caller:
    """Who asks, and with what: the name of the key or account and its fixed channel, if any.

    ``is_system``: a key, which may speak for citizens; else a person or a source.
    """

    actor: Actor
    name: str
    channel: str | None = None
    is_system: bool = False
    is_source: bool = False


async def caller_of(service: IntakeService, request: Request) -> Caller:
    """Who asks.

    Raises:
        ApiError: 401 for nobody we know; 403 for a cookie that a strange page made the browser
            send.
    """
    token = bearer(request)
    if token is None:
        token = request.cookies.get(SESSION_COOKIE)
        if token and request.method not in _SAFE and not _is_from_us(request):
            raise ApiError(403, "strange_origin", "请从本平台的页面操作")
    found = await service.run(_known, service, token) if token else None
    if found is None:
        raise ApiError(401, "unauthorized", "请先登录，或用 Authorization: Bearer 给出接口密钥")
    return found


async def person_of(service: IntakeService, request: Request, *roles: str) -> Caller:
    """A signed-in person with one of ``roles``, or any role when none is named.

    Raises:
        ApiError: 401, or 403 for another role or a key.
    """
    caller = await caller_of(service, request)
    if not caller.actor.is_person_inside or (roles and caller.actor.role not in roles):
        words = "、".join(ROLES[role] for role in roles) if roles else "工作人员"
        raise ApiError(403, "forbidden", f"只有{words}可以做这件事")
    return caller


async def system_of(service: IntakeService, request: Request) -> Caller:
    """Another system that speaks for citizens.

    Raises:
        ApiError: 401, or 403 for a person or a source.
    """
    caller = await caller_of(service, request)
    if not caller.is_system:
        raise ApiError(403, "forbidden", "这个接口只给代市民操作的系统使用")
    return caller


def holder_of_key(service: IntakeService, token: str) -> Caller | None:
    """The system or source whose key it is. Blocks."""
    name = service.key_name(token)
    if name is not None:
        return Caller(Actor("machine", name), name, is_system=True)
    key = service.accounts.key(token)
    if key is None:
        return None
    is_source = key.role == "source"
    return Caller(Actor("machine", key.name), key.name, key.channel, not is_source, is_source)


def _known(service: IntakeService, token: str) -> Caller | None:
    holder = holder_of_key(service, token)
    if holder is not None:
        return holder
    account = service.accounts.of_session(token, service.now())
    return Caller(account.actor, account.name) if account else None


def _is_from_us(request: Request) -> bool:
    origin = request.headers.get("origin")
    return origin is not None and origin.split("://", 1)[-1] == request.headers.get("host")
