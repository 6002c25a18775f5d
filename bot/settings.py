"""All settings in one table: name, default and help. The only reader of the environment.

A value comes from the environment, else from ``var/secrets.env`` (keys made at the first start),
else from the default below. A required value that is nowhere to be found raises
:class:`SettingsError` with its name, before anything is started.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

SECRETS_FILE = "secrets.env"
_REQUIRED = object()


class SettingsError(Exception):
    """A setting is missing or has a value that cannot be used; the message names it."""


def _setting(name: str, default: Any, help: str, *, secret: bool = False) -> Any:
    return field(metadata={"name": name, "default": default, "help": help, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """The settings of one process. Build it with :func:`load_settings`."""

    home: Path = _setting("SUQIU_HOME", "var", "数据目录：数据库、模型、密钥、日志都在这里")
    bot_port: int = _setting("SUQIU_BOT_PORT", 5005, "机器人（Rasa）端口")
    actions_port: int = _setting("SUQIU_ACTIONS_PORT", 5055, "动作服务端口，只在本机监听")
    intake_port: int = _setting("SUQIU_INTAKE_PORT", 8000, "受理平台端口")
    simulator_port: int = _setting("SUQIU_SIMULATOR_PORT", 5080, "微信模拟器端口")
    host: str = _setting("SUQIU_HOST", "127.0.0.1", "机器人、受理平台、模拟器监听的地址")
    database_url: str = _setting(
        "SUQIU_DATABASE_URL", "sqlite:///{home}/intake.db", "受理平台数据库（SQLite 或 PostgreSQL）"
    )
    tracker_database: str = _setting(
        "SUQIU_TRACKER_DATABASE", "{home}/tracker.db", "会话记录的 SQLite 文件"
    )
    filing_queue_url: str = _setting(
        "SUQIU_FILING_QUEUE_URL", "sqlite:///{home}/filing_queue.db", "待提交诉求的持久队列"
    )
    intake_url: str = _setting(
        "SUQIU_INTAKE_URL", "http://127.0.0.1:{intake_port}", "受理平台地址；可换成城市自己的平台"
    )
    intake_timeout: float = _setting("SUQIU_INTAKE_TIMEOUT", 1.5, "等受理平台应答的秒数")
    keep_days: int = _setting(
        "SUQIU_KEEP_DAYS", 365, "诉求办结多少天后清除内容和个人信息，只留统计需要的"
    )
    supervision_seconds: float = _setting(
        "SUQIU_SUPERVISION_SECONDS",
        60.0,
        "每隔几秒督办一次（提醒、发牌、归档）；0 表示本进程不督办",
    )
    bot_url: str = _setting("SUQIU_BOT_URL", "http://127.0.0.1:{bot_port}", "机器人地址")
    api_key: str = _setting(
        "SUQIU_OPEN311_API_KEY", _REQUIRED, "可以提交诉求的接口密钥", secret=True
    )
    notifier: bool = _setting("SUQIU_NOTIFIER", "on", "在后台发通知：on 发，off 不发")
    sms_url: str = _setting(
        "SUQIU_SMS_URL",
        "http://127.0.0.1:{simulator_port}/sms/messages",
        "短信网关地址，约定见 docs/sms-gateway.md；默认是模拟器，填 off 不发短信",
    )
    sms_key: str = _setting("SUQIU_SMS_KEY", _REQUIRED, "短信网关的密钥", secret=True)
    webhook_url: str = _setting(
        "SUQIU_WEBHOOK_URL", "off", "给部门和督办推送通知的地址，约定见 docs/webhook.md；off 不推送"
    )
    webhook_secret: str = _setting("SUQIU_WEBHOOK_SECRET", "off", "推送的签名密钥", secret=True)
    data_key: str = _setting(
        "SUQIU_DATA_KEY",
        _REQUIRED,
        "个人信息的加密密钥（Fernet）；换密钥时新的写前面，用逗号隔开",
        secret=True,
    )
    bot_token: str = _setting("SUQIU_BOT_TOKEN", _REQUIRED, "Rasa 管理接口的令牌", secret=True)
    wechat_token: str = _setting("WECHAT_TOKEN", _REQUIRED, "公众号后台填写的 Token", secret=True)
    wechat_app_id: str = _setting("WECHAT_APP_ID", _REQUIRED, "公众号 AppID")
    wechat_app_secret: str = _setting(
        "WECHAT_APP_SECRET", _REQUIRED, "公众号 AppSecret", secret=True
    )
    wechat_aes_key: str = _setting(
        "WECHAT_ENCODING_AES_KEY", _REQUIRED, "公众号 EncodingAESKey，43 个字符", secret=True
    )
    wechat_api_base: str = _setting(
        "WECHAT_API_BASE",
        "http://127.0.0.1:{simulator_port}/cgi-bin/",
        "微信接口地址；正式公众号填 https://api.weixin.qq.com/cgi-bin/",
    )
    wechat_templates: str = _setting(
        "WECHAT_TEMPLATES",
        "off",
        "模板消息：通知种类=模板ID，用逗号隔开，*=其余种类；off 不发",
    )
    wechat_template_fields: str = _setting(
        "WECHAT_TEMPLATE_FIELDS",
        "case_id=character_string1,state=phrase2,text=thing3,time=time4",
        "模板里的字段叫什么：case_id、state、text、time 各对应哪一个",
    )

    alarm_quiet_minutes: float = _setting(
        "SUQIU_ALARM_QUIET_MINUTES",
        60.0,
        "诉求办结后，同一设备同一告警安静多少分钟以后再响算新的一件",
    )
    jurisdiction: str = _setting(
        "SUQIU_JURISDICTION", "foshan.gov.cn", "本平台的 Open311 jurisdiction_id"
    )
    form_hourly: int = _setting("SUQIU_FORM_HOURLY", 20, "网页表单每个网络地址每小时最多提交几件")
    proxies: int = _setting(
        "SUQIU_PROXIES", 0, "受理平台前面有几层反向代理；0 表示没有，不看 X-Forwarded-For"
    )
    grid_file: str = _setting(
        "SUQIU_GRID_FILE",
        "off",
        "网格表（CSV：community_code,grid_code,grid_name,officer）；sample 用自带的样例，off 不用",
    )

    @property
    def log_dir(self) -> Path:
        return self.home / "log"

    @property
    def model_dir(self) -> Path:
        return self.home / "models"

    def as_environment(self) -> dict[str, str]:
        """All settings as environment variables, to hand to a child process."""
        return {f.metadata["name"]: str(getattr(self, f.name)) for f in fields(self)}


def setting_table() -> list[tuple[str, str, str]]:
    """Rows ``(name, default, help)`` in order, for documents and ``--help``."""
    rows = []
    for f in fields(Settings):
        default = f.metadata["default"]
        shown = "首次启动时生成" if default is _REQUIRED else str(default)
        rows.append((f.metadata["name"], shown, f.metadata["help"]))
    return rows


def required_names() -> list[str]:
    """Names of the settings that have no default."""
    return [f.metadata["name"] for f in fields(Settings) if f.metadata["default"] is _REQUIRED]


def on_or_off(word: object) -> bool:
    """What the word of a switch means. Raises ValueError for any other word."""
    known = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if str(word).lower() not in known:
        raise ValueError(word)
    return known[str(word).lower()]


def read_secrets(home: Path) -> dict[str, str]:
    """``NAME=value`` lines of ``home/secrets.env``; empty when the file does not exist."""
    path = home / SECRETS_FILE
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text("utf-8").splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs if not name.startswith("#")}


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read all settings.

    Raises:
        SettingsError: a required setting is missing or a value has the wrong form.
    """
    environ = os.environ if environ is None else environ
    home = Path(environ.get("SUQIU_HOME") or "var").absolute()
    known = {**read_secrets(home), **{k: v for k, v in environ.items() if v != ""}}
    hints = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for f in fields(Settings):
        name, default = f.metadata["name"], f.metadata["default"]
        raw = known.get(name, default)
        if raw is _REQUIRED:
            raise SettingsError(f"缺少设置 {name}（{f.metadata['help']}）")
        if f.name == "home":
            values["home"] = home
            continue
        if isinstance(raw, str) and name not in known:
            raw = raw.format(**values)
        try:
            read = on_or_off if hints[f.name] is bool else hints[f.name]
            values[f.name] = read(raw)
        except ValueError:
            raise SettingsError(f"设置 {name} 的值不对：{raw!r}（{f.metadata['help']}）") from None
    return Settings(**values)
