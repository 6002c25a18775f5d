"""The monthly report and the hot issues through the API, in every form and for every role."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.api.reports import MAX_DAYS
from tests.unit.intake.conftest import SignIn
from tests.unit.intake.test_intake_hot_issues import LIFTS
from tests.unit.intake.test_intake_work_api import MINE, act, filed, move

MONTHLY = "/api/v1/reports/monthly"
HOT = "/api/v1/reports/hot_issues"
OWN = "disabled_persons"


def read(client: httpx.Client, path: str, expected: int = 200, **arguments: Any) -> httpx.Response:
    answer = client.get(path, params=arguments)
    assert answer.status_code == expected, answer.text
    return answer


def row_of(client: httpx.Client, code: str) -> dict[str, Any]:
    rows = read(client, MONTHLY).json()["rows"]
    return next((row for row in rows if row["code"] == code), {})


def test_figures_after_a_case(bot: httpx.Client, sign_in: SignIn) -> None:
    staff, theirs = sign_in("staff"), sign_in("department", OWN)
    assert row_of(staff, OWN) == {}
    case_id = filed(bot, department=OWN)
    move(theirs, case_id, "in_progress")
    move(theirs, case_id, "resolved", note="已办")
    act(bot, case_id, "evaluation", 201, satisfaction=4, **MINE)
    filed(bot, department=OWN)
    row = row_of(staff, OWN)
    assert (row["received"], row["closed"], row["on_time"]) == (2, 1, 1)
    assert (row["closing_rate"], row["on_time_rate"], row["satisfied_rate"]) == (0.5, 1.0, 1.0)
    assert (row["judged"], row["satisfaction"], row["returned"]) == (1, 4.0, 0)
    assert row["median_days"] == pytest.approx(0, abs=0.01)


def test_a_department_sees_its_own_row_and_the_total(bot: httpx.Client, sign_in: SignIn) -> None:
    filed(bot, department=OWN)
    filed(bot, department="tax")
    all_of_it = read(sign_in("supervisor"), MONTHLY).json()
    theirs = read(sign_in("department", OWN), MONTHLY).json()
    assert [row["code"] for row in theirs["rows"]] == [OWN]
    assert theirs["total"] == all_of_it["total"] and len(all_of_it["rows"]) > 1
    for name in ("received", "closed", "returned", "urges"):
        assert all_of_it["total"][name] == sum(row[name] for row in all_of_it["rows"])
    read(sign_in("department", OWN), MONTHLY, 403, by="district")
    page = read(sign_in("department", OWN), MONTHLY, format="html").text
    assert "残联" in page and "税务局" not in page
    table = read(sign_in("department", OWN), MONTHLY, format="csv").text
    assert OWN in table and "tax" not in table


def test_by_district(bot: httpx.Client, sign_in: SignIn) -> None:
    filed(bot)
    found = read(sign_in("admin"), MONTHLY, by="district").json()
    assert "南海区" in [row["name"] for row in found["rows"]]
    by_department = read(sign_in("admin"), MONTHLY).json()
    assert found["total"]["received"] == by_department["total"]["received"]


def test_every_form(bot: httpx.Client, sign_in: SignIn) -> None:
    filed(bot)
    staff = sign_in("staff")
    page = read(staff, MONTHLY, format="html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    table = read(staff, MONTHLY, format="csv", month="2026-01")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert "2026-01-department.csv" in table.headers["content-disposition"]
    assert table.content.startswith(b"\xef\xbb\xbf")
    picture = read(staff, MONTHLY, format="png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert read(staff, MONTHLY, month="1999-01").json()["rows"] == []


@pytest.mark.parametrize("path", [MONTHLY, HOT])
def test_only_for_people_inside(
    anyone: httpx.Client, bot: httpx.Client, sign_in: SignIn, path: str
) -> None:
    read(anyone, path, 401)
    read(bot, path, 403)
    for role in ("staff", "supervisor", "admin"):
        read(sign_in(role), path)


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (MONTHLY, "month", "2026-13"),
        (MONTHLY, "month", ""),
        (MONTHLY, "by", "town"),
        (MONTHLY, "format", "pdf"),
        (HOT, "days", "0"),
        (HOT, "days", str(MAX_DAYS + 1)),
        (HOT, "district", "海淀区"),
        (HOT, "format", "csv"),
    ],
)
def test_wrong_arguments_are_named(sign_in: SignIn, path: str, name: str, value: str) -> None:
    error = read(sign_in("staff"), path, 400, **{name: value}).json()["error"]
    assert error["code"] == f"invalid_{name}" and name in error["message"]


def test_hot_issue(bot: httpx.Client, sign_in: SignIn) -> None:
    place = {"district": "高明区", "town": "荷城街道", "community": "河江社区"}
    for number, text in enumerate(LIFTS):
        filed(
            bot,
            description=f"{text}，请打1391111{number:04}",
            department="market_regulation",
            citizen=f"wechat:hot-{number}",
            address=place,
        )
    found = read(sign_in("staff"), HOT, district="高明区", days=2).json()
    (issue,) = found["issues"]
    assert (issue["count"], issue["people"], issue["trend"]) == (5, 5, "new")
    assert issue["place"] == "高明区荷城街道河江社区"
    assert any("翠湖湾" in word for word in issue["words"])
    assert len(issue["examples"]) == 5 and issue["examples"][0]["case_id"].startswith("FS")
    assert "1391111" not in str(found)
    page = read(sign_in("staff"), HOT, district="高明区", days=2, format="html").text
    assert "5 件，5 人，高明区荷城街道河江社区" in page and "1391111" not in page
    theirs = sign_in("department", "market_regulation")
    assert len(read(theirs, HOT, district="高明区", days=2).json()["issues"]) == 1
    others = read(sign_in("department", OWN), HOT, district="高明区", days=2).json()
    assert others["issues"] == [] and others["cases"] == 0


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    path=st.sampled_from([MONTHLY, HOT]),
    arguments=st.dictionaries(
        st.sampled_from(["month", "by", "format", "days", "district", "x"]),
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
            st.sampled_from(["2026-11", "1900-01", "2199-12", "district", "csv", "html", "365"]),
        ),
    ),
)
def test_whatever_is_asked(sign_in: SignIn, path: str, arguments: dict[str, str]) -> None:
    answer = sign_in("staff").get(path, params=arguments)
    assert answer.status_code in (200, 400), answer.text
