"""HTTP routes of the phones under ``/api/``, for the page and the terminal.

Errors have the project's one shape: ``{"error": {"code", "message", "details"}}``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from simulator.incoming import text as text_message
from simulator.openid import is_openid
from simulator.phone import Phone, Phones, UnknownPhone
from simulator.wechat import FAILURE_NOTICE, Delivery, WeChatSide

POLL_SECONDS = 25.0
TEXT_LENGTH = 2000
_REF_LENGTH = 64


class BadRequest(ValueError):
    """The request cannot be used; the message says why, in Chinese."""


def phone_blueprint(wechat: WeChatSide, phones: Phones) -> Blueprint:
    """``POST phones``, ``GET`` and ``POST phones/<openid>/messages``, ``GET bot``."""
    blueprint = Blueprint("phones", url_prefix="/api")

    @blueprint.exception(UnknownPhone)
    async def unknown_phone(request: Request, error: UnknownPhone) -> HTTPResponse:
        return _error(404, "unknown_phone", "没有这位市民，可能模拟器重新启动过")

    @blueprint.exception(BadRequest)
    async def bad_request(request: Request, error: BadRequest) -> HTTPResponse:
        return _error(400, "bad_request", str(error))

    @blueprint.get("/bot")
    async def bot(request: Request) -> HTTPResponse:
        return json({"up": await wechat.check_server()})

    @blueprint.post("/phones")
    async def open_phone(request: Request) -> HTTPResponse:
        """A new citizen, or the one of ``openid`` again (after the simulator was restarted)."""
        openid = _json(request).get("openid") if request.body else None
        if openid is not None and not is_openid(openid):
            raise BadRequest("openid 的格式不对")
        return json({"openid": phones.open(openid).openid}, status=201)

    @blueprint.get("/phones/<openid:str>/messages")
    async def messages(request: Request, openid: str) -> HTTPResponse:
        """Messages above ``after``; waits for one, or for a change of ``typing``."""
        phone = phones.get(openid)
        after = _number(request.args.get("after", "0"))
        typing = request.args.get("typing") == "1"
        await phone.wait(after, typing, POLL_SECONDS)
        return json(_news(phone, after))

    @blueprint.post("/phones/<openid:str>/messages")
    async def send(request: Request, openid: str) -> HTTPResponse:
        """Send ``text``; answers when the delivery has ended, with everything since then."""
        phone = phones.get(openid)
        body = _json(request)
        message = text_message(openid, _text(body))
        ref = body.get("ref", "")
        if not isinstance(ref, str) or len(ref) > _REF_LENGTH:
            raise BadRequest("ref 的格式不对")
        before = phone.last
        outgoing = wechat.compose(message)
        shown = message.fields["Content"]
        phone.add("citizen", "text", shown, "sent", source=outgoing.xml, ref=ref)
        delivery = await wechat.deliver(outgoing)
        _receive(phone, delivery)
        return json({"delivery": asdict(delivery), **_news(phone, before)})

    return blueprint


def _receive(phone: Phone, delivery: Delivery) -> None:
    more = {
        "seconds": delivery.seconds,
        "attempts": delivery.attempts,
        "source": delivery.reply_xml,
    }
    if delivery.failed:
        phone.add("notice", "text", FAILURE_NOTICE, "notice", detail=delivery.detail, **more)
    elif delivery.reply_text is not None:
        phone.add("account", "text", delivery.reply_text, "passive_reply", **more)


def _news(phone: Phone, after: int) -> dict[str, Any]:
    news = phone.since(after)
    return {
        "messages": [message.as_json() for message in news],
        "last": phone.last,
        "typing": phone.typing,
    }


def _json(request: Request) -> dict[str, Any]:
    # Asking for the type keeps other web sites out: a browser will not send it across origins.
    if request.content_type.split(";")[0].strip() != "application/json":
        raise BadRequest("请用 application/json 发送")
    body = request.json
    if not isinstance(body, dict):
        raise BadRequest("请求内容必须是 JSON 对象")
    return body


def _text(body: dict[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadRequest("请输入要发送的内容")
    if len(text) > TEXT_LENGTH:
        raise BadRequest(f"内容太长，请分开发送（每条最多 {TEXT_LENGTH} 字）")
    return text.strip()


def _number(value: str) -> int:
    if not value.isdecimal():
        raise BadRequest("after 必须是数字")
    return int(value)


def _error(status: int, code: str, message: str) -> HTTPResponse:
    return json({"error": {"code": code, "message": message, "details": {}}}, status=status)
