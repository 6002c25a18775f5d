"""Citizens who file without pause while something breaks, and what was kept of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx

from intake.database import Database
from intake.steps import rebuilt
from intake.store import CaseQuery, Store
from tests.contract.intake_running import API_KEY, case_body

HEADERS = {"Authorization": f"Bearer {API_KEY}"}
CITIZEN = "wechat:crash"
STEPS = ["submitted", "accepted", "dispatched"]
_SECONDS = 30.0


class Filer:
    """Threads that file without pause, each appeal under its own key.

    Attributes:
        tried: every key that was sent.
        acknowledged: key → case ID of what was answered with success.
        refused: how many were answered with 503; what was answered else is in ``unexpected``.
        refusals: error code → words of those 503.
    """

    def __init__(self, url: str, round_: int, threads: int = 4) -> None:
        self.tried: set[str] = set()
        self.acknowledged: dict[str, str] = {}
        self.refused = 0
        self.refusals: dict[str, str] = {}
        self.unexpected: list[str] = []
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(url, f"round-{round_}-{number}"))
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, url: str, name: str) -> None:
        with httpx.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=15) as client:
            number = 0
            while not self._ended.is_set():
                key = f"{name}-{number:06}"
                self.tried.add(key)
                try:
                    answer = post(client, key)
                except httpx.TransportError:
                    return
                if answer.status_code in (200, 201):
                    self.acknowledged[key] = answer.json()["case_id"]
                elif answer.status_code == 503:
                    error = answer.json()["error"]
                    self.refusals[error["code"]] = error["message"]
                    self.refused += 1
                    time.sleep(0.05)
                else:
                    self.unexpected.append(answer.text)
                number += 1

    def wait_for_one(self) -> None:
        self.wait(lambda: bool(self.acknowledged))

    def wait_for_refusal(self) -> None:
        seen = self.refused
        self.wait(lambda: self.refused > seen)

    def wait_for_more(self) -> None:
        seen = len(self.acknowledged)
        self.wait(lambda: len(self.acknowledged) > seen)

    def wait(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not happened():
            assert time.monotonic() < deadline, self.unexpected
            time.sleep(0.001)

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(20)
        assert not self.unexpected


def post(client: httpx.Client, key: str) -> httpx.Response:
    return client.post(
        "/api/v1/cases",
        json=case_body(citizen=CITIZEN, description=f"第 {key} 件"),
        headers={"Idempotency-Key": key},
    )


def file(client: httpx.Client, key: str) -> str:
    response = post(client, key)
    assert response.status_code in (200, 201), response.text
    return response.json()["case_id"]


def all_cases(client: httpx.Client) -> dict[str, str]:
    """Case ID → description of everything that was filed."""
    found: dict[str, str] = {}
    while True:
        params = {"citizen": CITIZEN, "limit": 100, "offset": len(found)}
        page = client.get("/api/v1/cases", params=params).json()
        found |= {case["case_id"]: case["description"] for case in page["cases"]}
        assert all(len(case["history"]) == 3 for case in page["cases"])
        if not page["cases"]:
            assert page["total"] == len(found)
            return found


def check_kept_once(url: str, tried: set[str], acknowledged: dict[str, str]) -> None:
    """What was acknowledged is there; whoever sends everything again files nothing twice."""
    with httpx.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=10) as client:
        kept = all_cases(client)
        lost = {key for key, case_id in acknowledged.items() if case_id not in kept}
        assert not lost
        # The callers do not know what came of the rest, and try everything again.
        retried = {key: file(client, key) for key in sorted(tried)}
        kept = all_cases(client)
    assert {key: retried[key] for key in acknowledged} == acknowledged
    assert len(set(retried.values())) == len(tried) == len(kept)
    assert {kept[case_id]: key for key, case_id in retried.items()} == {
        f"第 {key} 件": key for key in tried
    }


def check_histories(url: str) -> int:
    """Every history in the database tells by itself how its case stands; how many there are."""
    database = Database(url)
    try:
        store, last, seen = Store(database), None, 0
        while page := store.search(CaseQuery(), 200, after=last):
            last = (page[-1].submitted_at, page[-1].case_id)
            seen += len(page)
            for case in page:
                known = rebuilt(case.history)
                assert {name: getattr(case, name) for name in known} == known
                assert [entry.to_state for entry in case.history] == STEPS
        return seen
    finally:
        database.close()
