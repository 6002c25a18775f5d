"""The command ``suqiu``."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

import typer
from rich.console import Console

from bot.settings import Settings, SettingsError, load_settings
from cli.intake_commands import intake_commands

app = typer.Typer(
    help="诉求通：佛山群众诉求微信公众号助手。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # A traceback with local variables would print keys.
    pretty_exceptions_enable=False,
)
console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def _fail(error: Exception) -> typer.Exit:
    _errors.print(str(error), markup=False)
    return typer.Exit(1)


def _settings() -> Settings:
    """The settings; keys are made where there are none, so that every command works alone."""
    from cli.secrets_file import ensure_secrets

    try:
        ensure_secrets(Path(os.environ.get("SUQIU_HOME") or "var").absolute())
        return load_settings()
    except (SettingsError, OSError) as error:
        raise _fail(error) from error


@app.command()
def up() -> None:
    """启动全部服务：密钥、数据库、模型缺什么补什么，Ctrl-C 全部停止。"""
    from cli.model import TrainingFailed
    from cli.supervisor import ServiceFailed
    from cli.up import CannotStart
    from cli.up import up as start
    from intake.store import StoreUnavailable

    try:
        start(console)
    except (CannotStart, SettingsError, StoreUnavailable, TrainingFailed, ServiceFailed) as error:
        raise _fail(error) from error


@app.command()
def chat() -> None:
    """在终端里和机器人聊天（先用 suqiu up 启动服务）。"""
    from simulator.terminal import chat as talk

    asyncio.run(talk(_settings()))


@app.command()
def train() -> None:
    """训练模型，放进数据目录。"""
    from cli.model import TrainingFailed
    from cli.training import train_with_progress

    try:
        train_with_progress(_settings().model_dir, _settings().log_dir, console)
    except TrainingFailed as error:
        raise _fail(error) from error


@app.command()
def classify(
    source: str = typer.Argument("-", metavar="[FILE|-]", help="JSON Lines 文件，- 为标准输入"),
) -> None:
    """给每一行 {"id", "text"} 判断意图、部门、类型、紧急程度和地址。"""
    from cli import classify as classification

    model_dir = _model_dir()
    try:
        good = classification.run(source, sys.stdout, model_dir)
    except OSError as error:
        raise _fail(OSError(f"读不了 {source}：{error.strerror}")) from error
    if not good:
        raise typer.Exit(1)


@app.command()
def validate(
    folder: Path = typer.Argument(None, help="例句目录，默认 data/nlu"),
    faults_only: bool = typer.Option(False, "--faults-only", help="只列必须改的"),
) -> None:
    """检查例句：重复、相近、矛盾或可疑的标注、空行、太长、个人信息、数量不均，指出在哪一行。"""
    from cli.model import PROJECT
    from cli.validate import NoExamples, validate_examples

    try:
        good = validate_examples(folder or PROJECT / "data" / "nlu", faults_only, console)
    except (OSError, NoExamples) as error:
        raise _fail(error) from error
    if not good:
        raise typer.Exit(1)


@app.command()
def evaluate(
    routing: Path = typer.Option(None, help="有 subject、text、department 的 JSON Lines"),
    topics: Path = typer.Option(None, help="有 subject、text、topic 的 JSON Lines"),
    subject_only: bool = typer.Option(False, "--subject-only", help="只看标题"),
    out: Path = typer.Option(None, help="结果目录，默认 var/evaluation"),
) -> None:
    """用真实留言衡量部门分类：top-1、top-3、macro-F1、混淆表、校准误差。"""
    from cli.evaluation import BadRow, evaluate_files

    model_dir = _model_dir()
    target = out or _settings().home / "evaluation"
    try:
        evaluate_files(model_dir, routing, topics, subject_only, target, console)
    except (OSError, BadRow) as error:
        raise _fail(error) from error


@app.command()
def replay(
    source: Path = typer.Argument(..., help="有 subject、text 的 JSON Lines"),
    limit: int = typer.Option(300, help="发多少条"),
    out: Path = typer.Option(None, help="每段对话写到这个 JSON Lines 文件"),
) -> None:
    """把真实留言一条条经加密的微信接口发给运行中的系统，自动回答追问，直到有编号。"""
    from cli.replay import replay_file

    if not replay_file(_settings(), source, limit, out, console):
        raise typer.Exit(1)


@app.command()
def bench(
    out: Path = typer.Option(Path("bench/results"), help="结果目录"),
    quick: bool = typer.Option(False, "--quick", help="少测几轮，只看能不能跑"),
) -> None:
    """和原装 Rasa 同场比较：延迟、吞吐、启动、内存、训练时间。"""
    from cli.bench_load import BenchFailed
    from cli.benchmark import run_benchmark
    from cli.model import TrainingFailed
    from cli.supervisor import ServiceFailed

    try:
        run_benchmark(_settings(), out, quick, console)
    except (BenchFailed, ServiceFailed, TrainingFailed, OSError) as error:
        raise _fail(error) from error


@app.command()
def gazetteer() -> None:
    """从 jionlp 的词典重新生成佛山地名库 bot/vocabulary/foshan_places.json。"""
    import json

    from bot.nlu.gazetteer import extract_places
    from bot.places import PLACES_FILE
    from cli.model import PROJECT

    path = PROJECT / "bot" / "vocabulary" / PLACES_FILE
    path.write_text(json.dumps(extract_places(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    console.print(f"已写入 {path}")


@app.command()
def settings() -> None:
    """列出全部设置：名称、默认值、说明。"""
    from bot.settings import setting_table

    for name, default, help_text in setting_table():
        console.print(f"{name}\n    {help_text}（默认：{default}）", markup=False)


app.add_typer(intake_commands(_settings, console, _fail), name="intake")


@app.command(hidden=True)
def train_here(model_dir: Path) -> None:
    """在本进程里训练，由 train 调用。"""
    from cli.training import train_here as work

    if not work(model_dir):
        raise typer.Exit(1)


@app.command(hidden=True)
def serve(service: str) -> None:
    """运行一个服务：intake、actions、simulator 或 bot。"""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
    # httpx logs each address it calls at INFO, with the openid in it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    from cli.service_log import hide_exception_messages

    hide_exception_messages()
    from cli.serving import SERVERS, Unservable

    try:
        SERVERS[service](load_settings())
    except KeyError:
        raise _fail(KeyError(f"没有这个服务：{service}")) from None
    except (SettingsError, Unservable, OSError) as error:
        raise _fail(error) from error


def _model_dir() -> Path:
    """The model directory; trains first when the model is missing or stale."""
    from cli.model import TrainingFailed, is_stale
    from cli.training import train_with_progress

    known = _settings()
    if is_stale(known.model_dir):
        try:
            train_with_progress(known.model_dir, known.log_dir, _errors)
        except TrainingFailed as error:
            raise _fail(error) from error
    return known.model_dir
