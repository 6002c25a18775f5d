"""Nothing lost, nothing twice: the intake platform dies, then everything does."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.system import Citizen, System, wait_until
from tests.e2e.test_main_job import STORY

_LATEST_KILL = 0.15  # seconds
# More by hand: SUQIU_KILLS=20 pytest tests/e2e/test_outages.py -s
KILLS = int(os.environ.get("SUQIU_KILLS", "5"))


def _has_one_case_and_knows_it(system: System, citizen: Citizen) -> bool:
    if not system.intake_is_up():
        return False
    cases = system.cases_of(citizen)
    assert len(cases) <= 1, "filed twice"
    return len(cases) == 1 and any(cases[0]["case_id"] in text for text in citizen.received())


def _times_told(case_id: str, citizen: Citizen) -> int:
    return sum(case_id in text for text in citizen.received())


def test_intake_killed_in_the_middle_of_filing(own_system: System) -> None:
    own_system.start()
    outcomes = []
    dice = random.Random(7)
    for number in range(KILLS):
        citizen = own_system.new_citizen()
        assert "对吗" in citizen.say_all(STORY, "匿名")
        # From before the case arrives to after its answer has left.
        moment = _LATEST_KILL * (number + dice.random()) / KILLS
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(citizen.say, "对")
            time.sleep(moment)
            own_system.kill("intake")
            reply = answer.result()
        assert "已提交" in reply or "已经记下" in reply, reply
        outcomes.append((f"{moment * 1000:.0f} ms", "记下" if "记下" in reply else "已提交"))
        wait_until(
            lambda who=citizen: _has_one_case_and_knows_it(own_system, who),  # type: ignore[misc]
            40,
            "exactly one case, and the citizen knows its ID",
        )
        # Long enough that the supervisor counts it as having come up, and for a second filing or
        # a second message to show.
        time.sleep(3)
        (case,) = own_system.cases_of(citizen)
        assert _times_told(case["case_id"], citizen) == 1
    print("\nkilled after / the citizen was told:", *outcomes, sep="\n")


def test_noted_while_intake_is_away_survives_the_death_of_everything(own_system: System) -> None:
    own_system.start()
    citizen = own_system.new_citizen()
    citizen.say_all(STORY, "匿名")
    # The supervisor brings intake back within a second or two: all has to be dead before.
    own_system.kill("intake")
    reply = citizen.say("对")
    own_system.kill_everything()
    assert "已经记下" in reply and "收件号" in reply, reply
    own_system.start()
    citizen = citizen.again()
    # The simulator forgets; a customer-service message needs a citizen who has written.
    citizen.say("谢谢")
    wait_until(lambda: _has_one_case_and_knows_it(own_system, citizen), 90, "the case and its ID")
    # Long enough for a second filing or a second message to show.
    time.sleep(3)
    (case,) = own_system.cases_of(citizen)
    assert _times_told(case["case_id"], citizen) == 1
    assert case["case_id"] in citizen.say("我的诉求")
