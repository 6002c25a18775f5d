"""Keys are made once, where they are missing, and only their owner can read them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from wechatpy.crypto import WeChatCrypto

from bot.privacy import Vault
from bot.settings import SECRETS_FILE, load_settings, read_secrets, required_names
from cli.secrets_file import ensure_secrets


def test_the_first_start_makes_every_required_key_in_a_usable_form(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    assert ensure_secrets(home, {}) == required_names()
    known = load_settings({"SUQIU_HOME": str(home)})
    assert Vault(known.data_key).open(Vault(known.data_key).seal("值")) == "值"
    crypto = WeChatCrypto(known.wechat_token, known.wechat_aes_key, known.wechat_app_id)
    assert "<Encrypt>" in crypto.encrypt_message("<xml/>", "n", "1")


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    ensure_secrets(tmp_path, {})
    before = (tmp_path / SECRETS_FILE).read_bytes()
    assert ensure_secrets(tmp_path, {}) == []
    assert (tmp_path / SECRETS_FILE).read_bytes() == before


def test_two_homes_have_different_keys(tmp_path: Path) -> None:
    for name in ("one", "two"):
        ensure_secrets(tmp_path / name, {})
    one, two = (read_secrets(tmp_path / name) for name in ("one", "two"))
    assert not set(one.values()) & set(two.values())


def test_only_the_missing_key_is_made_and_the_others_stay(tmp_path: Path) -> None:
    ensure_secrets(tmp_path, {})
    before = read_secrets(tmp_path)
    path = tmp_path / SECRETS_FILE
    lines = [line for line in path.read_text("utf-8").splitlines() if "WECHAT_TOKEN" not in line]
    path.write_text("\n".join([*lines, "CITY_OWN=1"]), "utf-8")
    assert ensure_secrets(tmp_path, {}) == ["WECHAT_TOKEN"]
    after = read_secrets(tmp_path)
    assert after.pop("CITY_OWN") == "1"
    assert after.pop("WECHAT_TOKEN") != before.pop("WECHAT_TOKEN")
    assert after == before


def test_a_key_of_the_environment_is_not_made_and_not_written(tmp_path: Path) -> None:
    made = ensure_secrets(tmp_path, {"WECHAT_TOKEN": "from-the-account", "SUQIU_DATA_KEY": ""})
    assert "WECHAT_TOKEN" not in made and "SUQIU_DATA_KEY" in made
    assert "from-the-account" not in (tmp_path / SECRETS_FILE).read_text("utf-8")


@pytest.mark.parametrize("leftover", [False, True])
def test_nobody_else_can_read_the_file(tmp_path: Path, leftover: bool) -> None:
    if leftover:
        # A start that was cut off, on a machine with a generous umask.
        (tmp_path / "secrets.new").write_text("")
        (tmp_path / "secrets.new").chmod(0o644)
    ensure_secrets(tmp_path, {})
    assert stat.S_IMODE((tmp_path / SECRETS_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [SECRETS_FILE]
