"""The outbox and the notifier on both stores: told once, told later, told to nobody at night."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.case_id import new_case_id
from intake import notices, outbox, tables
from intake.cases import Case
from intake.channels.channel import Message, NotDelivered
from intake.database import Database
from intake.notices import KeptNotice
from intake.notifier import Notifier
from intake.outbox import LEASE, NoticeQuery, Outbox
from intake.personal import PersonalData
from intake.roles import Actor
from intake.steps import did, filed, moved
from intake.store import Store
from intake.validation import parse_new_case
from intake.withheld import MOST_ATTEMPTS, PAUSES
from tests.contract.intake_running import DATA_KEY, NOON, ROOT, case_body

PERSONAL = PersonalData(DATA_KEY)
WATER = Actor("department", "lin", "water")
STAFF = Actor("staff", "wu")
OPENID = "wechat:openid-1"


def at(hour: int, day: int = 23) -> dt.datetime:
    """A moment of November 2026 in Shanghai."""
    return dt.datetime(2026, 11, day, hour, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@dataclass
class Post:
    """A channel that keeps what it is given, as a receiver would: one message a key."""

    name: str = "post"
    to: Callable[[Message], bool] = lambda message: True
    for_offices: bool = True
    failing: str | None = None
    certain: bool = True
    given: list[Message] = field(default_factory=list)

    def reaches(self, message: Message) -> bool:
        return self.to(message)

    async def send(self, message: Message) -> None:
        await asyncio.sleep(0.01)
        if self.failing is not None:
            raise NotDelivered(self.failing, self.certain)
        self.given.append(message)

    async def close(self) -> None:
        pass


@dataclass
class Scene:
    """A case in a store, an outbox, and a clock to move."""

    database: Database
    store: Store
    outbox: Outbox
    now: dt.datetime = NOON

    def file(self, **changes: Any) -> Case:
        new = PERSONAL.hide(parse_new_case(case_body(**{"department": "water", **changes})))
        case_id = new_case_id(self.now.date())
        case, _ = self.store.file(
            lambda: (filed(new, case_id, self.now), PERSONAL.seal(new, case_id)), "k", None
        )
        return case

    def move(self, case: Case, to_state: str, note: str | None = None) -> Case:
        return self.store.change(
            case.case_id, lambda found: moved(found, to_state, WATER, self.now, note)
        )

    def do(self, case: Case, kind: str, note: str | None = None, **more: Any) -> Case:
        return self.store.change(
            case.case_id, lambda found: did(found, kind, STAFF, self.now, note, **more)
        )

    def of(self, case: Case, recipient: str = OPENID) -> list[KeptNotice]:
        """The case's notices to a recipient, oldest first."""
        found = self.outbox.search(NoticeQuery(case_id=case.case_id), 100)
        return [notice for notice in reversed(found) if notice.recipient == recipient]

    def notifier(self, *channels: Any) -> Notifier:
        async def run(work: Callable[..., Any], *arguments: Any) -> Any:
            return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)

        return Notifier(self.outbox, PERSONAL, channels, run, lambda: self.now)

    async def settle_offices(self) -> None:
        """Let what departments see in the console be out of the way."""
        citizens = Post(to=lambda message: not notices.is_office(message.recipient))
        await self.notifier(citizens).make_round()


@pytest.fixture
def scene(database: Database, store: Store) -> Scene:
    return Scene(database, store, Outbox(database))


async def test_a_fault_is_logged_without_what_was_said(
    scene: Scene, caplog: pytest.LogCaptureFixture
):
    class Broken(Post):
        async def send(self, message: Message) -> None:
            raise RuntimeError(message.text)

    case = scene.file()
    scene.move(case, "in_progress")
    await scene.notifier(Broken()).make_round()
    (notice,) = scene.of(case)
    assert notice.last_error == "程序出错（RuntimeError）"
    assert "RuntimeError" in caplog.text and "路灯" not in caplog.text


async def test_news_reach_the_citizen_in_words(scene: Scene):
    case = scene.file()
    scene.move(case, "in_progress")
    post = Post()
    await scene.notifier(post).make_round()
    told = [message for message in post.given if message.recipient == OPENID]
    assert [message.kind for message in told] == ["in_progress"]
    assert case.case_id in told[0].text and "水利局" in told[0].text and "路灯" in told[0].text
    assert told[0].phone == "13800138000"
    (notice,) = scene.of(case)
    assert (notice.state, notice.channel, notice.attempts) == ("sent", "post", 1)
    (office,) = scene.of(case, "department:water")
    assert (office.kind, office.state) == ("new_case", "sent")


async def test_two_notifiers_tell_once(scene: Scene):
    cases = [scene.file(citizen=f"wechat:{number}") for number in range(30)]
    for case in cases:
        scene.move(case, "in_progress")
    posts = [Post(), Post()]
    workers = [scene.notifier(post) for post in posts]
    for _ in range(4):
        await asyncio.gather(*(worker.make_round() for worker in workers))
    keys = [message.key for post in posts for message in post.given]
    assert len(keys) == len(set(keys)) == 60
    assert all(post.given for post in posts)


def test_claims_at_the_same_moment_are_apart(scene: Scene):
    for number in range(40):
        scene.move(scene.file(citizen=f"wechat:{number}"), "in_progress")
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda _: scene.outbox.claim(scene.now, 20), range(8)))
    numbers = [notice.notice_id for claim in claims for notice in claim]
    assert len(numbers) == len(set(numbers)) == 80


async def test_a_killed_process_leaves_its_claim_to_others(scene: Scene, database_url: str):
    case = scene.move(scene.file(), "in_progress")
    code = f"""
import datetime as dt, os, signal
from intake.database import Database
from intake.outbox import Outbox
now = dt.datetime.fromisoformat({scene.now.isoformat()!r})
print(len(Outbox(Database({database_url!r})).claim(now, 20)), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (killed.returncode, killed.stdout.strip()) == (-9, "2")
    post = Post()
    worker = scene.notifier(post)
    assert await worker.make_round() == 0
    scene.now += LEASE - dt.timedelta(seconds=1)
    assert await worker.make_round() == 0
    scene.now += dt.timedelta(seconds=1)
    assert await worker.make_round() == 2
    scene.now += LEASE
    assert await worker.make_round() == 0
    assert sorted(message.recipient for message in post.given) == ["department:water", OPENID]
    assert scene.of(case)[0].attempts == 2


async def test_after_a_kill_between_sending_and_saying_so_the_key_is_the_same(scene: Scene):
    case = scene.move(scene.file(), "in_progress")
    post = Post()
    (first,) = [one for one in scene.outbox.claim(scene.now, 20) if one.recipient == OPENID]
    await post.send(scene.notifier()._message(first, scene.outbox.recipient(first)))
    scene.now += LEASE
    await scene.notifier(post).make_round()
    told = [message for message in post.given if message.recipient == OPENID]
    assert len(told) == 2 and len({message.key for message in told}) == 1
    # Whoever comes back late from sending changes nothing any more.
    assert scene.outbox.failed(first, "zu spät", scene.now) is False
    assert scene.of(case)[0].state == "sent"


async def test_a_gateway_that_is_down_is_tried_again_until_it_is_up(scene: Scene):
    case = scene.move(scene.file(), "in_progress")
    await scene.notifier().make_round()  # nothing reaches anybody: unreachable, not lost
    assert scene.of(case)[0].state == "unreachable"
    scene.outbox.retry(scene.of(case)[0].notice_id, scene.now)
    post = Post(failing="网关连不上")
    worker = scene.notifier(post)
    for attempt, pause in enumerate(PAUSES[:3], 1):
        assert await worker.make_round() == 1
        (notice,) = scene.of(case)
        assert (notice.state, notice.attempts) == ("waiting", attempt)
        assert notice.last_error == "网关连不上"
        assert notice.not_before == scene.now + pause
        scene.now += pause - dt.timedelta(seconds=1)
        assert await worker.make_round() == 0
        scene.now += dt.timedelta(seconds=1)
    post.failing = None
    assert await worker.make_round() == 1
    assert (scene.of(case)[0].state, len(post.given)) == ("sent", 1)
    assert scene.of(case)[0].last_error is None


async def test_what_never_works_is_given_up_and_can_be_sent_by_hand(scene: Scene):
    case = scene.move(scene.file(urgent=True), "in_progress")
    await scene.settle_offices()
    (notice,) = scene.of(case)
    with pytest.raises(outbox.NotRetriable):
        scene.outbox.retry(notice.notice_id, scene.now)
    with pytest.raises(LookupError):
        scene.outbox.retry(1_000_000, scene.now)
    case = scene.move(scene.file(urgent=True), "in_progress")
    post = Post(failing="关机了")
    worker = scene.notifier(post)
    for _ in range(MOST_ATTEMPTS + 2):
        await worker.make_round()
        scene.now += dt.timedelta(hours=7)
    (notice,) = scene.of(case)
    assert (notice.state, notice.attempts) == ("given_up", MOST_ATTEMPTS)
    assert notice.ended_at is not None and notice.last_error == "关机了"
    post.failing = None
    again = scene.outbox.retry(notice.notice_id, scene.now)
    assert (again.state, again.attempts, again.key) == ("waiting", 0, notice.key)
    await worker.make_round()
    assert scene.of(case)[0].state == "sent"


async def test_channels_in_order_and_never_two_when_nobody_knows(scene: Scene):
    case = scene.move(scene.file(), "in_progress")
    await scene.notifier(Post(to=lambda m: notices.is_office(m.recipient))).make_round()
    scene.outbox.retry(scene.of(case)[0].notice_id, scene.now)
    first, second = Post("first", failing="没有应答", certain=False), Post("second")
    worker = scene.notifier(first, second)
    for pause in PAUSES[:2]:
        await worker.make_round()
        assert second.given == [] and scene.of(case)[0].state == "waiting"
        scene.now += pause
    # In the end, better twice than not at all.
    await worker.make_round()
    assert (scene.of(case)[0].channel, len(second.given)) == ("second", 1)
    case = scene.move(scene.file(), "in_progress")
    first.certain = True
    await worker.make_round()
    assert scene.of(case)[0].channel == "second"


async def test_quiet_at_night(scene: Scene):
    scene.now = at(23)
    calm, urgent = scene.file(citizen="wechat:calm"), scene.file(citizen="wechat:hot", urgent=True)
    for case in (calm, urgent):
        scene.move(case, "in_progress")
    post = Post()
    worker = scene.notifier(post)
    await worker.make_round()
    told = {message.recipient for message in post.given}
    assert told == {"wechat:hot", "department:water"}
    scene.now = at(7, day=24)
    assert await worker.make_round() == 0
    scene.now = at(8, day=24)
    await worker.make_round()
    assert scene.of(calm, "wechat:calm")[0].state == "sent"


async def test_another_attempt_does_not_wake_anybody_either(scene: Scene):
    scene.now = at(21)
    case = scene.move(scene.file(), "in_progress")
    post = Post(failing="忙")
    worker = scene.notifier(post)
    await worker.make_round()
    # Nobody looked for two hours: it is night by now.
    scene.now, post.failing = at(23), None
    await worker.make_round()
    (notice,) = scene.of(case)
    assert (notice.state, notice.attempts) == ("waiting", 1)
    assert notice.not_before == at(8, day=24)
    scene.now = at(8, day=24)
    await worker.make_round()
    assert scene.of(case)[0].state == "sent"


async def test_who_wants_none_gets_none_and_the_row_says_so(scene: Scene):
    scene.outbox.set_wanted(OPENID, False, scene.now)
    scene.outbox.set_wanted(OPENID, False, scene.now)
    assert not scene.outbox.wants_notices(OPENID) and scene.outbox.wants_notices("wechat:other")
    case = scene.move(scene.file(), "in_progress")
    post = Post()
    await scene.notifier(post).make_round()
    assert [message.recipient for message in post.given] == ["department:water"]
    assert scene.of(case)[0].state == "muted"
    scene.outbox.set_wanted(OPENID, True, scene.now)
    scene.move(case, "resolved", "修好了")
    await scene.notifier(post).make_round()
    assert post.given[-1].kind == "resolved" and "非常不满意" in post.given[-1].text


async def test_only_the_latest_of_mere_progress_but_every_word_meant_for_the_citizen(scene: Scene):
    scene.now = at(23)
    case = scene.move(scene.file(), "in_progress")
    scene.move(case, "awaiting_citizen", "请说明门牌号")
    scene.do(case, "reply", "我们看过现场了")
    scene.now = at(9, day=24)
    post = Post()
    await scene.notifier(post).make_round()
    told = [message.kind for message in post.given if message.recipient == OPENID]
    assert told == ["needs_you", "reply"]
    assert [notice.state for notice in scene.of(case)] == ["outdated", "sent", "sent"]


async def test_one_reminder_a_day(scene: Scene):
    case = scene.file()
    department = "department:water"
    scene.do(case, "reminder")
    scene.do(case, "reminder")
    post = Post()
    worker = scene.notifier(post)
    await worker.make_round()
    kinds = [notice.kind for notice in scene.of(case, department)]
    assert kinds == ["new_case", "reminder"]
    # Yesterday's could not be sent until today; then today's is enough.
    scene.now, post.failing = at(20, day=24), "关机了"
    scene.do(case, "reminder")
    await worker.make_round()
    scene.now, post.failing = at(9, day=25), None
    await worker.make_round()
    scene.do(case, "reminder")
    await worker.make_round()
    states = [n.state for n in scene.of(case, department) if n.kind == "reminder"]
    assert states == ["sent", "sent", "outdated"]


async def test_followers_are_told_without_the_words_or_phone_of_another(scene: Scene):
    case = scene.file()
    row = {"case_id": case.case_id, "citizen": "wechat:second", "joined_at": scene.now}
    with scene.database.writing() as connection:
        connection.execute(tables.followers.insert(), row)
        joined = notices.tell(case, "wechat:second", "joined")
        outbox.add(connection, [joined, joined], scene.now)
        outbox.add(connection, [joined], scene.now)
    scene.move(case, "in_progress")
    post = Post()
    await scene.notifier(post).make_round()
    theirs = [message for message in post.given if message.recipient == "wechat:second"]
    assert [message.kind for message in theirs] == ["joined", "in_progress"]
    assert all(message.phone is None and "路灯" not in message.text for message in theirs)


async def test_offices_without_webhook_see_it_in_the_console(scene: Scene):
    case = scene.file(citizen=None, contact_phone=None)
    scene.move(case, "in_progress")
    citizens = Post(to=lambda m: m.phone is not None, for_offices=False)
    await scene.notifier(citizens).make_round()
    assert scene.of(case, "department:water")[0].state == "shown"
    assert scene.of(case, "contact")[0].state == "unreachable"


async def test_a_bug_with_one_notice_does_not_stop_the_others(scene: Scene):
    case = scene.move(scene.file(), "in_progress")
    with scene.database.writing() as connection:
        strange = replace(notices.tell(case, OPENID, "no_such_kind"), key="strange")
        outbox.add(connection, [strange], scene.now)
    post = Post()
    await scene.notifier(post).make_round()
    found = {notice.key: notice for notice in scene.of(case)}
    assert found["strange"].state == "waiting" and "KeyError" in found["strange"].last_error
    assert [message.recipient for message in post.given] == ["department:water"]
    # It outdates the progress before it, as any later news does.
    assert sorted(notice.state for notice in found.values()) == ["outdated", "waiting"]


async def test_claims_that_were_not_used_do_not_count(scene: Scene):
    scene.move(scene.file(), "in_progress")
    post = Post()
    worker = scene.notifier(post)
    worker.start()
    for _ in range(200):
        if len(post.given) == 2:
            break
        await asyncio.sleep(0.02)
    await worker.stop()
    assert len(post.given) == 2
    case = scene.move(scene.file(), "in_progress")
    await worker.make_round()  # it is stopping: everything goes back
    notice = scene.of(case)[0]
    assert (notice.state, notice.attempts, len(post.given)) == ("waiting", 0, 2)


def test_lists_are_by_case_state_and_department(scene: Scene):
    first, second = scene.file(), scene.file(department="fire")
    for case in (first, second):
        scene.do(case, "reply", "看过了")
    search = scene.outbox.search
    assert {n.case_id for n in search(NoticeQuery(involved="fire"), 10)} == {second.case_id}
    assert search(NoticeQuery(state="sent"), 10) == []
    everything = search(NoticeQuery(), 10)
    assert len(everything) == 4
    assert search(NoticeQuery(), 2, everything[1].notice_id) == everything[2:]
    with scene.database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.notices)) == 4
