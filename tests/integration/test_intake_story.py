"""One autumn in the intake service: from filing to the monthly report, the clock moved by hand.

A lamp that the wrong department gets first, that is then late, urged, carded yellow and red,
resolved badly and begun anew; a question answered in time; and the report on both.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from intake.deadlines import SHANGHAI
from tests.contract.intake_running import API_KEY, ThreadedIntake, case_body, intake_settings

CITIZEN = "wechat:openid-1"
PASSWORD = "correct horse 7"


class City:
    """The running service, its people, and a clock that stands until it is moved."""

    def __init__(self, home: Path) -> None:
        self.now = dt.datetime(2026, 9, 7, 9, 0, tzinfo=SHANGHAI)
        self.running = ThreadedIntake(intake_settings(home), clock=lambda: self.now)
        self._accounts = self.running.app.ctx.service.accounts
        self._clients: list[httpx.Client] = []
        self.bot = self._client(API_KEY)

    def _client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        made = httpx.Client(base_url=self.running.url, headers=headers, trust_env=False)
        self._clients.append(made)
        return made

    def person(self, role: str, department: str | None = None) -> httpx.Client:
        """Somebody who signs in now: sessions do not last for weeks."""
        name = f"p{uuid.uuid4().hex[:8]}"
        self._accounts.create(name, name, role, department, PASSWORD, self.now)
        return self._client(self._accounts.sign_in(name, PASSWORD, self.now)[1])

    def at(self, month: int, day: int, hour: int = 10) -> None:
        moved = dt.datetime(2026, month, day, hour, tzinfo=SHANGHAI)
        assert moved > self.now
        self.now = moved

    def file(self, **changes: Any) -> str:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        body = case_body(citizen=CITIZEN, **changes)
        return self.bot.post("/api/v1/cases", json=body, headers=headers).json()["case_id"]

    def supervise(self) -> dict[str, int]:
        return self.person("admin").post("/api/v1/supervision/run", json={}).json()

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.running.close()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path)
    yield made
    made.close()


def act(client: httpx.Client, case_id: str, what: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/cases/{case_id}/{what}", json=fields)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def move(client: httpx.Client, case_id: str, to_state: str, **fields: Any) -> dict[str, Any]:
    return act(client, case_id, "transitions", to_state=to_state, **fields)


def test_from_filing_to_the_monthly_report(city: City) -> None:
    lamp = city.file(description="桂城平东村口的路灯坏了三天", department="utilities")
    question = city.file(
        description="公积金怎么提取", department="housing_fund", appeal_type="consultation"
    )

    city.at(9, 8)
    fund = city.person("department", "housing_fund")
    move(fund, question, "in_progress")
    move(fund, question, "resolved", note="带身份证到柜台或网上办")
    closed = act(city.bot, question, "evaluation", satisfaction=5, citizen=CITIZEN)
    assert closed["state"] == "closed"

    power, staff = city.person("department", "utilities"), city.person("staff")
    move(power, lamp, "returned", remark="路灯归城管")
    move(staff, lamp, "dispatched", department="urban_management")
    lessons = staff.get("/api/v1/corrections").json()
    assert "路灯" in str(lessons) and "urban_management" in str(lessons)

    # 10 working days for a plea, from 8 September: until the 22nd.
    city.at(9, 18)
    assert city.supervise()["reminders"] == 0
    city.at(9, 21)
    assert city.supervise()["reminders"] == 1
    assert city.supervise()["reminders"] == 0, "once is enough"
    for day in (22, 23, 24):
        city.at(9, day, 11)
        act(city.bot, lamp, "urges", citizen=CITIZEN)
    done = city.supervise()
    assert (done["yellow_cards"], done["red_cards"]) == (1, 0)

    # 1.5 times ten working days, with the Mid-Autumn and the National Day holidays in between.
    city.at(9, 28)
    assert city.supervise()["red_cards"] == 0
    city.at(10, 12)
    assert city.supervise()["red_cards"] == 1
    red = city.person("supervisor").get("/api/v1/supervision/red_list").json()
    assert [row["case_id"] for row in red["cases"]] == [lamp]

    lights = city.person("department", "urban_management")
    move(lights, lamp, "in_progress")
    move(lights, lamp, "resolved", note="已转供电部门")
    bad = act(city.bot, lamp, "evaluation", satisfaction=1, text="还是黑的", citizen=CITIZEN)
    assert bad["state"] == "resolved"
    move(city.bot, lamp, "reopen_requested", note="还是黑的", citizen=CITIZEN)
    staff = city.person("staff")
    move(staff, lamp, "reopened", note="同意重办，向您道歉")
    move(staff, lamp, "dispatched", department="urban_management")
    city.at(10, 14)
    lights = city.person("department", "urban_management")
    move(lights, lamp, "in_progress")
    move(lights, lamp, "resolved", note="已换灯，昨晚亮了")
    act(city.bot, lamp, "evaluation", satisfaction=4, citizen=CITIZEN)

    seen = city.bot.get(f"/api/v1/cases/{lamp}", params={"citizen": CITIZEN}).json()
    assert (seen["state"], seen["public_state"]) == ("closed", "已办结")
    assert "路灯归城管" not in str(seen) and "黄牌" not in str(seen)
    inside = city.person("staff").get(f"/api/v1/cases/{lamp}").json()
    assert (inside["returns"], inside["reopens"], inside["urges"]) == (1, 1, 3)
    assert [card["colour"] for card in inside["cards"]] == ["yellow", "red"]

    told = city.person("staff").get(f"/api/v1/cases/{lamp}/notices").json()["notices"]
    kinds = [row["kind"] for row in told if row["to"] == "citizen"]
    assert kinds.count("resolved") == 2 and "reopened" in kinds

    reports = [monthly(city, month) for month in ("2026-09", "2026-10")]
    assert (
        reports[0]["housing_fund"] | {"on_time_rate": 1.0, "satisfaction": 5.0}
        == (reports[0]["housing_fund"])
    )
    september, october = (report["urban_management"] for report in reports)
    assert (september["received"], september["urges"], september["yellow_cards"]) == (1, 3, 1)
    assert reports[0]["utilities"]["returned"] == 1
    assert (october["red_cards"], october["reopened"], october["closed"]) == (1, 1, 2)
    for form, begins in (("csv", b"\xef\xbb\xbf"), ("png", b"\x89PNG"), ("html", b"<!")):
        answer = city.person("supervisor").get(
            "/api/v1/reports/monthly", params={"month": "2026-10", "format": form}, timeout=60
        )
        assert answer.status_code == 200 and answer.content.lower().startswith(begins.lower())


def monthly(city: City, month: str) -> dict[str, dict[str, Any]]:
    answer = city.person("supervisor").get("/api/v1/reports/monthly", params={"month": month})
    assert answer.status_code == 200, answer.text
    return {row["code"]: row for row in answer.json()["rows"]}
