"""``suqiu intake``: what an operator does with the database of the intake service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from bot.settings import Settings

if TYPE_CHECKING:
    from intake.retention import Retention

Fail = Callable[[Exception], typer.Exit]


def intake_commands(settings: Callable[[], Settings], console: Console, fail: Fail) -> typer.Typer:
    """The commands, on the settings of the moment they are called."""
    commands = typer.Typer(
        help="受理平台的数据库：备份、恢复、换密钥、清除旧内容。", no_args_is_help=True
    )

    @commands.command()
    def backup(target: Path = typer.Argument(..., help="备份写到这个新文件")) -> None:
        """备份整个数据库；服务不用停。密钥不在里面，请另外保存 secrets.env。"""
        from intake.backup import BackupFailed, back_up
        from intake.store import StoreUnavailable

        try:
            back_up(settings().database_url, target)
        except (BackupFailed, StoreUnavailable) as error:
            raise fail(error) from error
        console.print(f"已备份到 {target}（{target.stat().st_size / 1e6:.1f} MB）")

    @commands.command()
    def restore(source: Path = typer.Argument(..., help="backup 写的文件")) -> None:
        """恢复到空的数据库；请先停掉服务。"""
        from intake.backup import BackupFailed
        from intake.backup import restore as bring_back
        from intake.store import StoreUnavailable

        try:
            count = bring_back(settings().database_url, source)
        except (BackupFailed, StoreUnavailable) as error:
            raise fail(error) from error
        console.print(f"已恢复 {count} 件诉求")

    @contextmanager
    def retention() -> Iterator[Retention]:
        from bot.privacy import SealBroken
        from intake.database import Database
        from intake.personal import PersonalData
        from intake.retention import Retention
        from intake.store import StoreUnavailable

        known = settings()
        database = Database(known.database_url)
        try:
            yield Retention(database, PersonalData(known.data_key))
        except SealBroken as error:
            raise fail(
                ValueError("有的内容用 SUQIU_DATA_KEY 里的密钥打不开，没有换完。")
            ) from error
        except StoreUnavailable as error:
            raise fail(error) from error
        finally:
            database.close()

    @commands.command()
    def reseal() -> None:
        """换密钥：把新密钥写在 SUQIU_DATA_KEY 最前面，运行它，再去掉旧密钥。"""
        with retention() as kept:
            count = kept.seal_anew()
        console.print(f"已用新密钥重新加密 {count} 件")

    @commands.command()
    def anonymise() -> None:
        """现在就清除到期的旧内容（服务每小时也会自己做）。"""
        days = settings().keep_days
        with retention() as kept:
            count = kept.anonymise_old(dt.datetime.now(dt.timezone.utc), days)
        console.print(f"已清除 {count} 件办结超过 {days} 天的诉求的内容")

    @commands.command()
    def downgrade(revision: str = typer.Argument(..., help="旧结构的编号，如 0001")) -> None:
        """把数据库结构退回旧版本（先备份）；旧版本没有的内容会丢掉。"""
        from intake.database import downgrade as bring_down
        from intake.store import StoreUnavailable

        try:
            bring_down(settings().database_url, revision)
        except StoreUnavailable as error:
            raise fail(error) from error
        console.print(f"数据库结构已退回 {revision}")

    return commands
