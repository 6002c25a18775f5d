"""What a big city costs: the intake service with ten thousand to a million cases.

    python bench/intake_scale.py [--cases 10000 100000 1000000] [--url postgresql://…] [--out FILE]
                                 [--home FOLDER]

Fills an empty database (SQLite in a new folder, or the one at ``--url``) with generated cases in
steps, and at each step asks the running service over HTTP: a page of the staff's list, the same of
a department, a status by ID, a filing, and how many filings and status queries a second 8 clients
get through. With ``--home`` the database stays, and a later run fills it further.
The numbers of one run can be compared with each other, not with another machine's.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

import httpx  # noqa: E402
import numpy as np  # noqa: E402
import sqlalchemy as sa  # noqa: E402
from cryptography.fernet import Fernet  # noqa: E402

from bot import vocabulary  # noqa: E402
from bot.case_id import PREFIX  # noqa: E402
from bot.settings import Settings, load_settings  # noqa: E402
from cli.bench_stock import free_port  # noqa: E402
from intake import steps, tables  # noqa: E402
from intake.accounts import Accounts  # noqa: E402
from intake.cases import Address, Case, NewCase  # noqa: E402
from intake.database import Database, migrate  # noqa: E402
from intake.personal import Sealed  # noqa: E402
from intake.roles import CITIZEN, MACHINE, Actor  # noqa: E402
from intake.store import insert_cases  # noqa: E402

_BATCH = 2000
_ROUNDS = 300
_CLIENTS = 8
_LOAD_SECONDS = 10.0
_DAYS = 720
_CHANNELS = ("wechat", "hotline", "web", "counter", "grid")
_SHARES = (50, 30, 15, 4, 1)
_PLACES = [
    ("南海区", "桂城街道"), ("南海区", "大沥镇"), ("南海区", "狮山镇"), ("禅城区", "祖庙街道"),
    ("禅城区", "石湾镇街道"), ("顺德区", "大良街道"), ("顺德区", "容桂街道"), ("顺德区", "乐从镇"),
    ("高明区", "荷城街道"), ("三水区", "西南街道"),
]  # fmt: skip


def generated(count: int, first: int, now: dt.datetime, dice: random.Random) -> Iterator[Case]:
    """Cases of two years with their histories: most closed, some running, a few late."""
    from stdnum.iso7064 import mod_37_36

    codes = list(vocabulary.departments())
    types = list(vocabulary.appeal_types())
    for number in range(first, first + count):
        at = now - dt.timedelta(days=_DAYS * dice.random() ** 1.2, seconds=dice.random())
        body = f"{PREFIX}{at:%Y%m%d}{number % 10**6:06d}"
        code = dice.choice(codes)
        district, town = dice.choice(_PLACES)
        new = NewCase(
            description=f"第 {number} 件：楼下的路灯、垃圾和噪声，已经有 {number % 30} 天",
            department=code,
            appeal_type=dice.choice(types),
            channel=dice.choices(_CHANNELS, _SHARES)[0],
            urgent=number % 50 == 0,
            address=Address(district, town, detail=f"{number % 900} 号"),
            citizen=f"wechat:{number % 200_000}",
        )
        case = steps.filed(new, body + mod_37_36.calc_check_digit(body), at)
        yield aged(case, code, at, now, dice)


def aged(case: Case, code: str, at: dt.datetime, now: dt.datetime, dice: random.Random) -> Case:
    worker = Actor("department", "lin", code)
    later = at + dt.timedelta(days=dice.expovariate(1 / 6))
    if later > now:
        return case
    case = steps.moved(case, "in_progress", worker, later)
    if dice.random() < 0.01:
        case = steps.carded(case, "red", MACHINE, later, "超期未办")
    later += dt.timedelta(days=dice.expovariate(1 / 4))
    if later > now:
        return case
    case = steps.moved(case, "resolved", worker, later, "已处理")
    if dice.random() < 0.4:
        return steps.evaluated(case, CITIZEN, later, dice.choice([5, 5, 4, 4, 3, 2, 1]))
    return steps.moved(case, "closed", MACHINE, later)


def fill(database: Database, count: int, first: int) -> None:
    """Write so many more cases, in batches, without their notices, which are sent long ago."""
    dice, now = random.Random(first), dt.datetime.now(dt.timezone.utc)
    cases = generated(count, first, now, dice)
    seen: set[str] = set()
    while batch := list(itertools.islice(cases, _BATCH)):
        fresh = {case.case_id: case for case in batch if case.case_id not in seen}
        seen |= set(fresh)
        with database.writing() as connection:
            insert_cases(connection, [(case, Sealed()) for case in fresh.values()])


def number_of_cases(database: Database) -> int:
    with database.reading() as connection:
        count = sa.select(sa.func.count()).select_from(tables.cases)
        return int(connection.scalar(count))


def some_ids(database: Database, number: int) -> list[str]:
    with database.reading() as connection:
        query = tables.cases.select().with_only_columns(tables.cases.c.case_id).limit(number * 50)
        ids = list(connection.scalars(query))
    return random.Random(1).sample(ids, min(number, len(ids)))


def timed(ask: Callable[[int], httpx.Response], rounds: int = _ROUNDS) -> np.ndarray:
    """Milliseconds of each round."""
    spent = []
    for number in range(rounds):
        began = time.perf_counter()
        answer = ask(number)
        spent.append((time.perf_counter() - began) * 1000)
        assert answer.status_code in (200, 201), answer.text
    return np.array(spent)


def under_load(url: str, headers: dict[str, str], ask: Callable[..., httpx.Response]) -> str:
    """``a second · p50 · p95 · p99`` of so many clients at once."""
    spent: list[float] = []
    lock, end = threading.Lock(), time.monotonic() + _LOAD_SECONDS

    def run(_: int) -> None:
        mine = []
        with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30) as client:
            while time.monotonic() < end:
                began = time.perf_counter()
                answer = ask(client)
                assert answer.status_code in (200, 201), answer.text
                mine.append((time.perf_counter() - began) * 1000)
        with lock:
            spent.extend(mine)

    with ThreadPoolExecutor(_CLIENTS) as threads:
        list(threads.map(run, range(_CLIENTS)))
    middle, high, highest = np.percentile(spent, [50, 95, 99])
    return f"{len(spent) / _LOAD_SECONDS:.0f} · {middle:.0f} · {high:.0f} · {highest:.0f}"


def body() -> dict[str, Any]:
    return {
        "description": "桂城平东村口的路灯坏了三天，晚上很黑",
        "department": "urban_management",
        "appeal_type": "help",
        "channel": "wechat",
        "citizen": "wechat:bench",
        "contact_phone": "13800138000",
        "address": {"district": "南海区", "town": "桂城街道"},
    }


def file(client: httpx.Client) -> httpx.Response:
    return client.post("/api/v1/cases", json=body(), headers={"Idempotency-Key": uuid.uuid4().hex})


def measure(settings: Settings, database: Database) -> dict[str, str]:
    """One row of the table, from the running service."""
    now = dt.datetime.now(dt.timezone.utc)
    accounts = Accounts(database)
    tokens = {}
    for role, department in (("staff", None), ("department", "housing")):
        name = f"b{uuid.uuid4().hex[:8]}"
        accounts.create(name, name, role, department, "correct horse 7", now)
        found = accounts.sign_in(name, "correct horse 7", now)
        assert found
        tokens[role] = {"Authorization": f"Bearer {found[1]}"}
    bot = {"Authorization": f"Bearer {settings.api_key}"}
    ids = some_ids(database, 2000)
    url = f"http://127.0.0.1:{settings.intake_port}"

    def status(client: httpx.Client) -> httpx.Response:
        return client.get(f"/api/v1/cases/{random.choice(ids)}", params={"citizen": "wechat:1"})

    filters: list[dict[str, str]] = [
        {},
        {"state": "in_progress"},
        {"district": "南海区"},
        {"department": "housing,water"},
        {"overdue": "true"},
        {"urgent": "true", "closed": "false"},
    ]
    row: dict[str, str] = {}
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        kinds: dict[str, Callable[[int], httpx.Response]] = {
            "列表一页": lambda n: client.get(
                "/api/v1/cases", params=filters[n % len(filters)], headers=tokens["staff"]
            ),
            "部门的列表": lambda n: client.get("/api/v1/cases", headers=tokens["department"]),
            "按编号查": lambda n: client.get(
                f"/api/v1/cases/{ids[n % len(ids)]}", params={"citizen": "x"}, headers=bot
            ),
            "登记一件": lambda n: client.post(
                "/api/v1/cases",
                json=body(),
                headers={**bot, "Idempotency-Key": uuid.uuid4().hex},
            ),
        }
        for name, ask in kinds.items():
            timed(ask, 20)
            p50, p95 = np.percentile(timed(ask), [50, 95])
            row[name] = f"{p50:.1f} · {p95:.1f}"
    row["8 个客户端登记"] = under_load(url, bot, file)
    row["8 个客户端查"] = under_load(url, bot, status)
    return row


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--url", help="an empty PostgreSQL database")
    arguments.add_argument("--out", type=Path, default=PROJECT / "bench/results/intake_scale.md")
    arguments.add_argument("--home", type=Path, help="keep the data here, and go on with it")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = str(given.home.absolute()) if given.home else temporary
        settings = load_settings(
            {
                "SUQIU_HOME": folder,
                "SUQIU_INTAKE_PORT": str(free_port()),
                "SUQIU_DATA_KEY": Fernet.generate_key().decode(),
                **{
                    name: "bench"
                    for name in (
                        "SUQIU_OPEN311_API_KEY", "SUQIU_BOT_TOKEN", "SUQIU_SMS_KEY",
                        "WECHAT_TOKEN", "WECHAT_APP_ID", "WECHAT_APP_SECRET",
                        "WECHAT_ENCODING_AES_KEY",
                    )
                },
                "SUQIU_NOTIFIER": "off",
                "SUQIU_SUPERVISION_SECONDS": "0",
                **({"SUQIU_DATABASE_URL": given.url} if given.url else {}),
            }
        )  # fmt: skip
        migrate(settings.database_url)
        database = Database(settings.database_url)
        rows, kept = {}, number_of_cases(database)
        for wanted in given.cases:
            began = time.monotonic()
            fill(database, max(0, wanted - kept), kept)
            kept = max(kept, wanted)
            with database.writing() as connection:
                connection.exec_driver_sql("ANALYZE")
            print(f"{wanted} cases after {time.monotonic() - began:.0f} s", flush=True)
            service = subprocess.Popen(
                [sys.executable, "-m", "intake"],
                cwd=PROJECT,
                env={**os.environ, **settings.as_environment()},
            )
            try:
                wait(settings)
                rows[wanted] = measure(settings, database)
            finally:
                service.terminate()
                service.wait(30)
            print(json.dumps(rows[wanted], ensure_ascii=False), flush=True)
        given.out.write_text(table(rows, database.dialect), "utf-8")
        database.close()


def wait(settings: Settings) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{settings.intake_port}/healthz", timeout=2)
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError


def table(rows: dict[int, dict[str, str]], dialect: str) -> str:
    names = list(next(iter(rows.values())))
    lines = [
        f"# 诉求越来越多时受理平台多快（{dialect}）",
        "",
        "毫秒，p50 · p95；后两列是每秒几次 · p50 · p95 · p99。",
        "",
        f"| 诉求 | {' | '.join(names)} |",
        f"|--:|{'--:|' * len(names)}",
        *(f"| {n:,} | {' | '.join(row[name] for name in names)} |" for n, row in rows.items()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
