"""The API side of WeChat under ``/cgi-bin/``: tokens, customer-service and template messages.

开发者文档: 获取 Access token、获取稳定版接口调用凭据、客服消息、模板消息、获取微信callback IP地址
https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Get_access_token.html
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
"""

from __future__ import annotations

import json
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from simulator import template_message
from simulator.access import Access
from simulator.customer_message import as_text
from simulator.errors import WeChatError
from simulator.openid import is_openid
from simulator.phone import Phone, Phones, UnknownPhone
from simulator.template_message import SentTemplates

OK = {"errcode": 0, "errmsg": "ok"}


def api_blueprint(access: Access, phones: Phones) -> Blueprint:
    """Routes of the API. Refusals are WeChat's: HTTP 200 and ``errcode``."""
    blueprint = Blueprint("cgi-bin", url_prefix="/cgi-bin")
    sent_templates = SentTemplates()

    @blueprint.exception(WeChatError)
    async def refuse(request: Request, error: WeChatError) -> HTTPResponse:
        return json_response(error.as_json())

    @blueprint.get("/token")
    async def token(request: Request) -> HTTPResponse:
        names = ("grant_type", "appid", "secret")
        return json_response(access.issue(*(request.args.get(name) for name in names)))

    @blueprint.post("/stable_token")
    async def stable_token(request: Request) -> HTTPResponse:
        body = _body(request)
        answer = access.issue_stable(
            body.get("grant_type"),
            body.get("appid"),
            body.get("secret"),
            force=body.get("force_refresh") is True,
        )
        return json_response(answer)

    @blueprint.get("/getcallbackip")
    async def getcallbackip(request: Request) -> HTTPResponse:
        access.check(request.args.get("access_token"))
        return json_response({"ip_list": ["127.0.0.1"]})

    @blueprint.post("/message/custom/send")
    async def send(request: Request) -> HTTPResponse:
        access.check(request.args.get("access_token"))
        body = _body(request)
        openid = _touser(body)
        kind, shown = as_text(body)
        phone = _written_to_us(phones, openid)
        phone.check_answer()
        source = json.dumps(body, ensure_ascii=False, indent=2)
        phone.add("account", kind, shown, "customer_service", source=source)
        return json_response(OK)

    @blueprint.post("/message/custom/typing")
    async def typing(request: Request) -> HTTPResponse:
        access.check(request.args.get("access_token"))
        body = _body(request)
        openid, command = _touser(body), body.get("command")
        if command not in ("Typing", "CancelTyping"):
            raise WeChatError(45072)
        _written_to_us(phones, openid).set_typing(command == "Typing")
        return json_response(OK)

    @blueprint.post("/message/template/send")
    async def send_template(request: Request) -> HTTPResponse:
        access.check(request.args.get("access_token"))
        body = _body(request)
        openid, shown = _touser(body), template_message.as_text(body)
        try:
            phone = phones.get(openid)
        except UnknownPhone:
            raise WeChatError(43004) from None
        number, is_new = sent_templates.number(openid, body.get("client_msg_id"))
        if is_new:
            source = json.dumps(body, ensure_ascii=False, indent=2)
            phone.add("account", "template", shown, "template", source=source)
        return json_response({**OK, "msgid": number})

    @blueprint.route("/<path:path>", methods=["GET", "POST"])
    async def unknown(request: Request, path: str) -> HTTPResponse:
        raise WeChatError(40066)

    return blueprint


def _body(request: Request) -> dict[str, Any]:
    # WeChat reads the body as JSON whatever its content type says, and clients rely on that.
    try:
        body = json.loads(request.body)
    except ValueError:
        raise WeChatError(47001) from None
    if not isinstance(body, dict):
        raise WeChatError(47001)
    return body


def _touser(body: dict[str, Any]) -> str:
    openid = body.get("touser")
    if not isinstance(openid, str) or not is_openid(openid):
        raise WeChatError(40003)
    return openid


def _written_to_us(phones: Phones, openid: str) -> Phone:
    # The simulator forgets its phones when it stops; to the bot such a citizen is one who has
    # not written for long, not one who does not exist.
    try:
        return phones.get(openid)
    except UnknownPhone:
        raise WeChatError(45015) from None
