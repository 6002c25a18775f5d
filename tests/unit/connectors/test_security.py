"""Only what WeChat signed, and sealed for us, is opened."""

from __future__ import annotations

import contextlib

import pytest
import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.wechat.security import BadMessage, Forbidden, Opened, WeChatSecurity
from simulator.envelope import Envelope

TOKEN, APP_ID = "token", "wx0123456789abcdef"
KEY, OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "G" * 42 + "E"
XML = "<xml><MsgType>text</MsgType></xml>"
ours = WeChatSecurity(TOKEN, APP_ID, KEY)
wechat = Envelope(TOKEN, APP_ID, KEY)


def query(envelope: Envelope = wechat, **more: str) -> dict[str, str]:
    return {"signature": envelope.sign("1", "n"), "timestamp": "1", "nonce": "n", **more}


def sealed(envelope: Envelope, xml: str = XML) -> tuple[dict[str, str], bytes]:
    encrypt = envelope.seal(xml)
    signature = envelope.sign("1", "n", encrypt)
    body = f"<xml><ToUserName>gh</ToUserName><Encrypt>{encrypt}</Encrypt></xml>"
    return query(envelope, encrypt_type="aes", msg_signature=signature), body.encode()


def test_right_ones_are_opened() -> None:
    ours.check(query())
    assert ours.open(query(), XML.encode()) == Opened(XML, encrypted=False)
    asked, body = sealed(wechat)
    ours.check(asked)
    assert ours.open(asked, body) == Opened(XML, encrypted=True)


def test_safe_mode_may_come_with_msg_signature_alone() -> None:
    asked, body = sealed(wechat)
    del asked["signature"]
    ours.admit(asked)
    assert ours.open(asked, body).encrypted
    # That is for deliveries: the server check and plain bodies have no other proof.
    with pytest.raises(Forbidden):
        ours.check(asked)
    with pytest.raises(Forbidden):
        ours.admit({**asked, "encrypt_type": "raw"})
    with pytest.raises(Forbidden):
        ours.open({**asked, "msg_signature": "0" * 40}, body)


@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", ["", "wrong", "数", "\ud800"])
def test_a_wrong_or_missing_part_is_forbidden(name: str, value: str) -> None:
    with pytest.raises(Forbidden):
        ours.check({**query(), name: value})


def test_another_token_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        ours.check(query(Envelope("other", APP_ID, KEY)))


def test_the_message_signature_covers_the_message() -> None:
    asked, body = sealed(wechat)
    _, other = sealed(wechat, "<xml><MsgType>event</MsgType></xml>")
    with pytest.raises(Forbidden):
        ours.open(asked, other)
    with pytest.raises(Forbidden):
        ours.open({**asked, "msg_signature": ""}, body)


@pytest.mark.parametrize(
    "stranger", [Envelope(TOKEN, APP_ID, OTHER_KEY), Envelope(TOKEN, "wxother", KEY)]
)
def test_sealed_for_somebody_else_cannot_be_read(stranger: Envelope) -> None:
    asked, body = sealed(stranger)
    with pytest.raises(BadMessage):
        ours.open(asked, body)


@pytest.mark.parametrize("garbage", ["", "abc", "====", "QUJD", "数据", "A" * 64])
def test_garbage_that_is_signed_cannot_be_read(garbage: str) -> None:
    signature = wechat.sign("1", "n", garbage)
    body = f"<xml><Encrypt>{garbage}</Encrypt></xml>".encode()
    with pytest.raises(BadMessage):
        ours.open(query(encrypt_type="aes", msg_signature=signature), body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"not xml",
        b"\xff\xfe",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><xml/>',
    ],
)
def test_bodies_that_are_no_plain_xml(body: bytes) -> None:
    with pytest.raises(BadMessage):
        ours.open(query(), body)


@settings(max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(["signature", "timestamp", "nonce", "encrypt_type", "msg_signature"]),
        st.text(max_size=20) | st.just("aes"),
    ),
    st.binary(max_size=200)
    | st.text(max_size=100)
    .map(lambda t: f"<xml><Encrypt>{t}</Encrypt></xml>".encode().decode())
    .map(str.encode),
)
def test_nothing_unsigned_gets_through(asked: dict[str, str], body: bytes) -> None:
    with pytest.raises((Forbidden, BadMessage)):
        ours.admit(asked)
        ours.open(asked, body)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_signed_plain_bodies_are_opened_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadMessage):
        assert isinstance(ours.open(query(), body), Opened)


def test_what_we_seal_wechat_can_open() -> None:
    answer = xmltodict.parse(ours.seal("<xml>好</xml>", query()))["xml"]
    opened = wechat.open(
        answer["Encrypt"], answer["MsgSignature"], answer["TimeStamp"], answer["Nonce"]
    )
    assert opened == "<xml>好</xml>"
