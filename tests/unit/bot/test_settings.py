from __future__ import annotations

import pathlib
import re

import pytest

from bot.settings import SettingsError, load_settings, required_names, setting_table
from cli.secrets_file import ensure_secrets

KEYS = {name: "x" for name in required_names()}


def test_defaults_are_filled_from_other_settings(tmp_path: pathlib.Path) -> None:
    settings = load_settings({**KEYS, "SUQIU_HOME": str(tmp_path), "SUQIU_INTAKE_PORT": "8123"})
    assert settings.intake_url == "http://127.0.0.1:8123"
    assert settings.database_url == f"sqlite:///{tmp_path}/intake.db"


def test_a_missing_key_is_named(tmp_path: pathlib.Path) -> None:
    known = {**KEYS, "SUQIU_HOME": str(tmp_path)}
    del known["WECHAT_TOKEN"]
    with pytest.raises(SettingsError, match="WECHAT_TOKEN"):
        load_settings(known)


def test_a_wrong_value_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SettingsError, match="SUQIU_BOT_PORT"):
        load_settings({**KEYS, "SUQIU_HOME": str(tmp_path), "SUQIU_BOT_PORT": "五千"})


def test_first_start_makes_keys_once_for_the_owner_only(tmp_path: pathlib.Path) -> None:
    assert set(ensure_secrets(tmp_path, {})) == set(required_names())
    assert ensure_secrets(tmp_path, {}) == []
    assert (tmp_path / "secrets.env").stat().st_mode & 0o077 == 0
    settings = load_settings({"SUQIU_HOME": str(tmp_path)})
    assert len(settings.wechat_aes_key) == 43
    assert load_settings(settings.as_environment()) == settings


def test_a_given_key_is_not_made_again(tmp_path: pathlib.Path) -> None:
    ensure_secrets(tmp_path, {"WECHAT_TOKEN": "from-the-city"})
    content = (tmp_path / "secrets.env").read_text("utf-8")
    assert "WECHAT_TOKEN" not in content


def test_only_the_settings_module_reads_the_environment() -> None:
    root = pathlib.Path(__file__).parents[3]
    reading = re.compile(
        r"os\.environ\.get\(\"(?:SUQIU|WECHAT)|os\.environ\[\"(?:SUQIU|WECHAT)|os\.getenv"
    )
    offenders = [
        str(path.relative_to(root))
        for package in ("bot", "actions", "connectors", "intake", "intake_client", "simulator")
        for path in (root / package).rglob("*.py")
        if path.name != "settings.py" and reading.search(path.read_text("utf-8"))
    ]
    assert offenders == []


def test_every_setting_has_help() -> None:
    for name, default, help_text in setting_table():
        assert re.fullmatch(r"(SUQIU|WECHAT)_[A-Z0-9_]+", name)
        assert default and help_text
