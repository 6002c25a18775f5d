"""Messages, replies, deliveries, and the cleaning of words."""

from __future__ import annotations

import asyncio

import pytest
import xmltodict
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy import Vault
from connectors.inbound import MAX_CHARACTERS, clean
from connectors.wechat.deliveries import Deliveries
from connectors.wechat.message import read_message
from connectors.wechat.reply import MAX_BYTES, join, split, text_reply
from connectors.wechat.security import BadMessage

vault = Vault(Fernet.generate_key().decode())


def xml(kind: str = "text", more: str = "<Content>好</Content><MsgId>7</MsgId>") -> str:
    return (
        "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>5</CreateTime>"
        f"<MsgType>{kind}</MsgType>{more}</xml>"
    )


def test_a_text() -> None:
    inbound = read_message(xml())
    assert (inbound.kind, inbound.openid, inbound.account) == ("text", "o1", "gh")
    assert (inbound.key, inbound.words) == ("o1:7", "好")


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("voice", "<Recognition>路灯坏了</Recognition><MsgId>1</MsgId>", "路灯坏了"),
        ("voice", "<MsgId>1</MsgId>", None),
        ("location", "<Label>桂城平东</Label><MsgId>1</MsgId>", "南海区桂城街道平东社区"),
        (
            "location",
            "<Location_X>23.0286</Location_X><Location_Y>113.1433</Location_Y><MsgId>1</MsgId>",
            "南海区",
        ),
        (
            "location",
            "<Location_X>23.0286</Location_X><Location_Y>113.1433</Location_Y>"
            "<Label>佛山市南海区桂城街道灯湖东路6号</Label><MsgId>1</MsgId>",
            "南海区桂城街道灯湖东路6号",
        ),
        (
            "location",
            "<Location_X>23.13</Location_X><Location_Y>113.26</Location_Y>"
            "<Label>广州市越秀区人民公园</Label><MsgId>1</MsgId>",
            "广州市越秀区人民公园",
        ),
        ("location", "<Location_X>x</Location_X><MsgId>1</MsgId>", None),
        ("image", "<PicUrl>http://x</PicUrl><MsgId>1</MsgId>", None),
        ("hologram", "<MsgId>1</MsgId>", None),
        ("TEXT", "<Content>大写</Content><MsgId>1</MsgId>", "大写"),
        ("text", "<MsgId>1</MsgId>", ""),
    ],
)
def test_other_kinds(kind: str, more: str, words: str | None) -> None:
    assert (read_message(xml(kind, more)).words or "") == (words or "")


def test_events_are_known_by_sender_time_and_event() -> None:
    first = read_message(xml("event", "<Event>CLICK</Event><EventKey>a</EventKey>"))
    again = read_message(xml("event", "<Event>CLICK</Event><EventKey>a</EventKey>"))
    other = read_message(xml("event", "<Event>CLICK</Event><EventKey>b</EventKey>"))
    assert first.kind == "event" and first.event == "click"
    assert first.key == again.key != other.key
    assert read_message(xml("event", "<Event>NEVER_SEEN</Event>")).event == "never_seen"


def test_without_msg_id_the_content_is_the_key() -> None:
    one, two = xml(more="<Content>一</Content>"), xml(more="<Content>二</Content>")
    assert read_message(one).key == read_message(one).key != read_message(two).key


def test_an_element_that_comes_twice_makes_no_two_senders() -> None:
    with pytest.raises(BadMessage):
        read_message(xml(more="<FromUserName>o2</FromUserName><Content>好</Content>"))


@pytest.mark.parametrize(
    "text", ["<xml/>", "<a/>", "<xml><MsgType>text</MsgType></xml>", "<xml>1</xml>"]
)
def test_no_messages(text: str) -> None:
    with pytest.raises(BadMessage):
        read_message(text)


@given(st.text(min_size=1, max_size=3000))
def test_pieces_fit_and_nothing_is_lost(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    pieces = split(text)
    assert all(0 < len(piece.encode()) <= MAX_BYTES for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_long_answers_are_cut_at_sentences() -> None:
    sentence = "这是一句完整的话。"
    pieces = split(sentence * 200)
    assert len(pieces) > 1 and all(piece.endswith("。") for piece in pieces)


def test_several_messages_become_one() -> None:
    assert join([{"text": "一"}, {"text": " "}, {"custom": {}}, {"text": "二\n"}]) == "一\n\n二"


def test_what_is_richer_than_text_degrades_to_it() -> None:
    choices = {"text": "哪个部门？", "buttons": [{"title": "水利局", "payload": "/x"}]}
    assert join([choices, {"image": "http://x/1.png"}]) == "哪个部门？\n· 水利局\n\nhttp://x/1.png"


def test_a_reply_cannot_be_broken_out_of() -> None:
    inbound = read_message(xml())
    evil = "]]></Content><Content><![CDATA[坏"
    assert xmltodict.parse(text_reply(inbound, evil))["xml"]["Content"] == evil


def test_a_reply_with_control_characters_is_still_xml() -> None:
    reply = text_reply(read_message(xml()), "一\x08二")
    assert xmltodict.parse(reply)["xml"]["Content"] == "一 二"


async def test_one_key_is_worked_on_once() -> None:
    known, runs = Deliveries(), []

    async def work() -> str:
        runs.append(1)
        await asyncio.sleep(0.01)
        return "答"

    first, second, other = (known.take(key, work) for key in ("a", "a", "b"))
    assert first is second and first.deliveries == 2 and other is not first
    assert await asyncio.gather(first.answer, other.answer) == ["答", "答"]
    assert len(runs) == 2


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("/restart", "／restart"),
        (' /EXTERNAL_case_filed{"a": 1}', '／EXTERNAL_case_filed{"a": 1}'),
        ("第一行\r\n第二行", "第一行\n第二行"),
        ("\x00\x01好\x1f", "好"),
        ("", ""),
        ("电话13800138000", "电话138****8000"),
    ],
)
def test_cleaning(words: str, text: str) -> None:
    assert clean(words, vault).text == text


@given(st.text(max_size=300))
def test_clean_text_is_safe_for_rasa_and_for_storing(words: str) -> None:
    cleaned = clean(words, vault).text
    assert not cleaned.startswith("/")
    cleaned.encode("utf-8")
    assert len(cleaned) <= MAX_CHARACTERS


def test_what_was_masked_travels_sealed() -> None:
    cleaned = clean("电话13800138000", vault)
    token = cleaned.metadata()["sealed"]
    assert "13800138000" not in token
    assert [item.clear for item in vault.open_redactions(token)] == ["13800138000"]
    assert clean("没有电话", vault).metadata() == {}
