from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from bot.privacy import Redaction, unmask
from bot.settings import SettingsError
from intake.cases import Contact
from intake.personal import PersonalData, in_order, last4
from intake.validation import parse_new_case
from tests.contract.intake_running import DATA_KEY, case_body

PERSONAL = PersonalData(DATA_KEY)


def hidden(**changes: object):
    return PERSONAL.hide(parse_new_case(case_body(**changes)))


def test_every_text_is_masked():
    new = hidden(
        description="打13912345678",
        address={"community": "13912345670", "detail": "找 13912345671"},
        occurred="13912345672 打来时",
    )
    texts = (new.description, new.address.community, new.address.detail, new.occurred)
    assert not any("1391234567" in (text or "") for text in texts)
    assert [clear[-1] for _, clear in new.redactions] == ["8", "0", "1", "2"]


def test_what_the_caller_hid_and_what_we_hid_go_back_in_order():
    new = hidden(
        description="先打13912345678，再打138****8000，还有13700001111",
        redactions=[["138****8000", "13800138000"]],
    )
    pairs = [Redaction(masked, clear) for masked, clear in new.redactions]
    assert unmask(new.description, pairs) == "先打13912345678，再打13800138000，还有13700001111"


def test_masking_again_changes_nothing():
    once = hidden(description="打13912345678")
    assert PERSONAL.hide(once) == once


def test_masks_that_are_not_in_the_text_come_last():
    gone, there = Redaction("111****1111", "a"), Redaction("222****2222", "b")
    assert in_order("x 222****2222", [gone], [there]) == [there, gone]


def test_seal_and_open():
    sealed = PERSONAL.seal(hidden(contact_name="李四"), "FS202611230042174")
    assert "13800138000" not in repr(sealed)
    assert PERSONAL.open_contact(sealed.contact or "") == Contact("13800138000", "李四", None)


def test_nothing_to_seal():
    sealed = PERSONAL.seal(hidden(contact_phone=None), "FS202611230042174")
    assert (sealed.contact, sealed.redactions, sealed.phone_last4) == (None, None, None)
    assert not PERSONAL.is_last4("FS202611230042174", "8000", None)


def test_last_four_are_salted_by_the_case():
    one = PERSONAL.seal(hidden(), "FS202611230042174").phone_last4
    two = PERSONAL.seal(hidden(), "FS20261123004218L").phone_last4
    assert one != two
    assert PERSONAL.is_last4("FS202611230042174", "8000", one)
    assert not PERSONAL.is_last4("FS202611230042174", "8001", one)
    assert not PERSONAL.is_last4("FS20261123004218L", "8000", one)


def test_a_new_key_in_front_still_knows_the_old_digits():
    old = PERSONAL.seal(hidden(), "FS202611230042174")
    rotated = PersonalData(f"{Fernet.generate_key().decode()},{DATA_KEY}")
    assert rotated.is_last4("FS202611230042174", "8000", old.phone_last4)
    assert rotated.open_contact(old.contact or "").phone == "13800138000"


@pytest.mark.parametrize("key", ["", "short", "，"])
def test_unusable_key_is_named(key: str):
    with pytest.raises(SettingsError, match="SUQIU_DATA_KEY"):
        PersonalData(key)


@pytest.mark.parametrize(
    ("text", "digits"),
    [("8000", "8000"), (" ８０００ ", "8000"), ("800", None), ("80000", None), ("八千", None)],
)
def test_last4(text: str, digits: str | None):
    assert last4(text) == digits
