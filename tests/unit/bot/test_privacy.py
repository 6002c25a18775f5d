from __future__ import annotations

import datetime as dt

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.case_id import new_case_id
from bot.privacy import SealBroken, Vault, mask, unmask

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(mobiles, st.sampled_from(["{0}{1}{2}", "{0} {1} {2}", "{0}-{1}-{2}", "+86{0}{1}{2}"]))
def test_mobiles_are_hidden_however_written(number: str, form: str) -> None:
    written = form.format(number[:3], number[3:7], number[7:])
    masked, redactions = mask(f"请打{written}找我")
    assert masked == f"请打{number[:3]}****{number[7:]}找我"
    assert [item.clear for item in redactions] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "身份证440681199001011234",
        "身份证44068119900101123X",
        "座机0757-86330000",
        "卡号6222 0212 3456 7890 123",
        "１３８００１３８０００",
        "我的电话是13800138000，老婆的是13900139000",
    ],
)
def test_no_long_number_is_left(text: str) -> None:
    masked, redactions = mask(text)
    assert redactions
    run = longest = 0
    for character in masked:
        run = run + 1 if character.isdigit() else 0
        longest = max(longest, run)
    assert longest <= 4


@given(st.text(alphabet="0123456789 -：电话FfSs中，Xx", max_size=60))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    masked, _ = mask(text)
    assert mask(masked) == (masked, [])


@given(st.lists(mobiles, max_size=4))
def test_unmask_gives_the_numbers_back(numbers: list[str]) -> None:
    text = "，".join(f"电话{number}" for number in numbers)
    masked, redactions = mask(text)
    assert unmask(masked, redactions) == text


def test_case_ids_are_left_alone() -> None:
    for _ in range(200):
        case_id = new_case_id(dt.date(2026, 1, 31))
        for spelling in (case_id, case_id.lower(), f"FS {case_id[2:10]} {case_id[10:]}"):
            assert mask(f"查{spelling}") == (f"查{spelling}", [])


def test_vault_opens_what_it_sealed_and_nothing_else() -> None:
    vault, stranger = Vault(Fernet.generate_key().decode()), Vault(Fernet.generate_key().decode())
    _, redactions = mask("13800138000")
    token = vault.seal_redactions(redactions)
    assert "13800138000" not in token
    assert vault.open_redactions(token) == redactions
    with pytest.raises(SealBroken):
        stranger.open_redactions(token)
    with pytest.raises(SealBroken):
        vault.open("很不对")


def test_old_keys_still_open_after_rotation() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    token = Vault(old).seal("电话")
    assert Vault(f"{new},{old}").open(token) == "电话"
