"""``suqiu up``: everything that a fresh checkout needs to run, in order, with clear words."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sqlite3
import time
from pathlib import Path
from types import FrameType

from rich.console import Console

from bot.settings import Settings, load_settings
from cli.model import is_stale
from cli.secrets_file import ensure_secrets
from cli.services import NotWarm, Service, all_services, answers, port_is_free, warm_up
from cli.supervisor import ServiceFailed, Supervisor
from cli.training import train_with_progress

_START_LIMIT = 120.0


class CannotStart(Exception):
    """The system cannot be started; the message is one sentence for the operator."""


class _Stopped(KeyboardInterrupt):
    """SIGINT, SIGTERM or SIGHUP came. An event loop lets only this kind of exception through."""


def up(console: Console) -> None:
    """Start everything and stay until Ctrl-C.

    Raises:
        CannotStart, SettingsError, StoreUnavailable, TrainingFailed, ServiceFailed
    """
    home = Path(os.environ.get("SUQIU_HOME") or "var").absolute()
    _usable_home(home)
    made = ensure_secrets(home)
    if made:
        console.print(f"已生成密钥，存在 {home / 'secrets.env'}（请备份）")
    settings = load_settings()
    services = all_services(settings)
    _check_ports(services)
    _migrate(settings)
    first_password = _first_password(settings)
    if is_stale(settings.model_dir):
        console.print("模型还没有，或者数据改过：先训练")
        train_with_progress(settings.model_dir, settings.log_dir, console)
    supervisor = Supervisor(settings.as_environment(), settings.log_dir)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with console.status("正在启动服务……"):
            for service in services:
                supervisor.start(service)
            for service in services:
                supervisor.wait_until(service, answers, _START_LIMIT)
            warm_up(settings)
        _print_addresses(console, settings, first_password)
        while True:
            time.sleep(1.0)
            for service in supervisor.restart_dead():
                console.print(f"{service.label}意外退出，已重新启动")
    except _Stopped:
        console.print("正在停止……")
    except NotWarm as error:
        raise ServiceFailed(str(error)) from error
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Stopped


def _usable_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(f"数据目录 {home} 不能写：{error.strerror}") from error


def _check_ports(services: list[Service]) -> None:
    for service in services:
        if not port_is_free(service):
            raise CannotStart(
                f"端口 {service.port} 被占用，{service.label}启动不了；"
                f"请先停掉占用它的程序，或用 {service.port_setting} 换一个端口"
            )


def _migrate(settings: Settings) -> None:
    """Bring the case database up to date, and see that the bot's own files can be read."""
    from intake.store import migrate

    migrate(settings.database_url)
    for path in (settings.tracker_database, settings.filing_queue_url.removeprefix("sqlite:///")):
        if "://" in path or not Path(path).exists():
            continue
        try:
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.DatabaseError as error:
            raise CannotStart(f"数据库文件 {path} 坏了：{error}") from error


def _first_password(settings: Settings) -> str | None:
    """The password of the first administrator, made where there is no account yet."""
    from intake.accounts import Accounts
    from intake.database import Database

    database = Database(settings.database_url)
    try:
        return Accounts(database).first_admin(dt.datetime.now(dt.timezone.utc))
    finally:
        database.close()


def _print_addresses(console: Console, settings: Settings, first_password: str | None) -> None:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    console.print(
        f"微信模拟器    http://{host}:{settings.simulator_port}/   （用浏览器打开就能聊）"
    )
    console.print(f"微信接口      http://{host}:{settings.bot_port}/webhooks/wechat/webhook")
    console.print(f"受理平台      http://{host}:{settings.intake_port}/open311/v2/services.json")
    console.print(f"工作台        http://{host}:{settings.intake_port}/console")
    console.print(f"接口密钥      在 {settings.home / 'secrets.env'} 的 SUQIU_OPEN311_API_KEY")
    if first_password:
        console.print(
            f"第一次登录    用户名 admin，密码 {first_password}（只显示这一次，请登录后修改）",
            markup=False,
            highlight=False,
        )
    console.print(f"日志          {settings.log_dir}")
    console.print("按 Ctrl-C 停止")
    console.print("ready")
