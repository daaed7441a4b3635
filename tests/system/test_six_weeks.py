"""Six weeks of a desk on a virtual clock: every mail by time, recipient and content.

The real app on its real store decides, renders and sends; a sink takes the place of the SMTP server and the
test that of the mailbox. Munich has public holidays and changes its clocks on 28 March, New York on 14 March.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mailflow.app import App
from mailflow.config import load_settings
from mailflow.desk.changes import Assign, SetArticle
from mailflow.desk.context import Source
from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.desk.ticket import Article, ArticleStatus
from mailflow.flow.articles import announce, keep_article
from mailflow.flow.changes import change_ticket
from mailflow.flow.follow_up import solve_ticket
from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message
from tests.daemon import write_config
from tests.desks import NO_MODEL, answer_to, letter

MUNICH, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
SUPPORT, AMERICAS, ANN = "support@desk.test", "us@desk.test", "ann@desk.test"
MIA, JOE, LEE, KIM = "mia@home.test", "joe@home.test", "lee@home.test", "kim@home.test"
EXTRA = f"""
[[agents]]
address = "{ANN}"
name = "Ann"
[[calendars]]
name = "munich"
zone = "Europe/Berlin"
holidays = "DE-BY"
closures = [{{ first = 2027-04-05, last = 2027-04-06, text = "We move house." }}]
[[calendars]]
name = "new york"
zone = "America/New_York"
queues = ["americas"]
[[queues]]
name = "americas"
addresses = ["{AMERICAS}"]
"""
PROGRESS = """
[progress]
normal = "16h"
max_updates = 3
warn_before = "2h"
"""


class _End(Exception):
    pass


@dataclass
class Sink:
    """The server that takes our mail, and the time it did."""

    play: Play
    taken: list[tuple[datetime, str, IncomingMessage]] = field(default_factory=list)
    to: str = ""

    def begin(
        self, envelope_sender: str, recipients: Sequence[str], size: int, needs_utf8: bool
    ) -> Sequence[RecipientResult]:
        self.to = recipients[0]
        return [RecipientResult(r, Outcome.ACCEPTED, 250, "ok") for r in recipients]

    def finish(self, octets: bytes) -> DataResult:
        self.taken.append((self.play.now, self.to, parse_message(RawMessage(octets))))
        return DataResult(Outcome.ACCEPTED, 250, "ok")

    def abandon(self) -> None:
        pass


class Play:
    """The stage: time passes by the hour, and whatever is due leaves."""

    def __init__(self, folder: Path, progress: str, end: str) -> None:
        folder.mkdir()
        self.end = datetime.fromisoformat(f"2027-{end}").replace(tzinfo=MUNICH)
        self.now = datetime(2027, 3, 1, 8, 0, tzinfo=MUNICH)
        self.sink = Sink(self)
        path = write_config(
            folder, imap_port=1, smtp_port=1, username="x", extra=EXTRA + progress + NO_MODEL,
            support=SUPPORT,
        )  # fmt: skip
        settings = load_settings(path, {"MAILFLOW_MAILBOX__PASSWORD": "x"})
        self.app = App(settings, clock=lambda: self.now, submission=self.sink)

    def until(self, text: str, zone: ZoneInfo = MUNICH) -> None:
        """Let time pass up to a moment of March or April, such as ``03-02 10:00``."""
        end = datetime.fromisoformat(f"2027-{text}").replace(tzinfo=zone).timestamp()
        while self.now.timestamp() < end:
            left = timedelta(seconds=end - self.now.timestamp())
            step = min(timedelta(hours=1), left)
            self.now = (self.now.astimezone(ZoneInfo("UTC")) + step).astimezone(MUNICH)
            self.work()
            if self.now >= self.end:
                raise _End

    def work(self) -> None:
        self.app.queue_what_is_due()
        self.app.deliver()

    def receive(self, octets: bytes) -> None:
        with self.app.store.begin() as work:
            work.intake.keep(RawMessage(octets), Source.INBOX, self.now)
        self.app.decide()
        self.work()

    def last(self, to: str) -> IncomingMessage:
        return next(m for _, who, m in reversed(self.sink.taken) if who == to)

    def story(self) -> list[tuple[str, str, str]]:
        """Each mail: Munich's time, who got it, and its first telling line."""
        return [
            (at.strftime("%m-%d %H:%M"), to.partition("@")[0], _gist(message.text))
            for at, to, message in self.sink.taken
        ]


_GISTS = {
    "] /  / New ticket": "a new ticket",
    "unless you are faster": "an update is shown",
    "has arrived and our team has been told": "acknowledged",
    "is open again, and our team": "reopened",
    "the answer": "answered",
    "wrote": "somebody wrote",
    "has taken it on": "update: taken",
    "Nothing has changed since our mail of": "update: nothing new",
    "Here is where your request stands": "update",
    "Update it.": "the known issue is fixed",
    "A longer cord was sent.": "solved",
}


def _gist(text: str) -> str:
    flat = " / ".join(text.split("\n"))
    return next((gist for sign, gist in _GISTS.items() if sign in flat), flat[:60])


def play(folder: Path, progress: str, end: str = "04-12 08:00") -> Play:
    """The same six weeks of other people's lives, whatever the configuration."""
    scene = Play(folder, progress, end)
    try:
        _lives(scene)
        scene.until("04-30 08:00")
    except _End:
        pass
    scene.app.close()
    return scene


def _lives(scene: Play) -> None:
    app = scene.app
    scene.until("03-01 10:00")
    scene.receive(letter(MIA, "Lamp", "It does not light up.", message_id="mia1@home.test"))
    scene.until("03-01 11:00")
    scene.receive(letter(LEE, "Wifi", "It does not connect.", message_id="lee1@home.test"))
    with app.store.begin() as work:
        known = Article("wifi", "Wifi does not connect", "Wait for it.", ArticleStatus.KNOWN)
        keep_article(work, known, scene.now)
        change_ticket(work, app.desk, 2, SetArticle("wifi"), by="admin")
    scene.until("03-04 09:00")
    with app.store.begin() as work:
        change_ticket(work, app.desk, 1, Assign(ANN), by="admin")
    scene.until("03-11 15:00", NEW_YORK)
    scene.receive(letter(JOE, "Bill", "It is too high.", to=AMERICAS, message_id="joe1@home.test"))
    scene.until("03-16 10:00")
    scene.receive(letter(KIM, "Cord", "It is too short.", message_id="kim1@home.test"))
    scene.until("03-16 11:00")
    scene.receive(answer_to(scene.last(ANN), ANN, "A longer one is on its way, the answer."))
    scene.until("03-17 09:00")
    solve_ticket(app.store, app.desk, 4, "A longer cord was sent.")
    scene.work()
    scene.until("03-19 21:00")
    scene.receive(answer_to(scene.last(KIM), KIM, "This one is too long."))
    scene.until("03-30 10:00")
    with app.store.begin() as work:
        fixed = Article("wifi", "Wifi does not connect", "Update it.", ArticleStatus.FIXED)
        keep_article(work, fixed, scene.now)
        announce(work, app.desk, fixed, by="admin")
    scene.work()
    scene.until("04-05 12:00")
    scene.receive(letter(MIA, "Another lamp", "It hums.", message_id="mia2@home.test"))


STORY = [
    ("03-01 10:00", "ann", "a new ticket"),
    ("03-01 10:00", "mia", "acknowledged"),
    ("03-01 11:00", "ann", "a new ticket"),
    ("03-01 11:00", "lee", "acknowledged"),
    # 16 working hours later; agents see each update two hours before
    ("03-03 08:00", "ann", "an update is shown"),
    ("03-03 09:00", "ann", "an update is shown"),
    ("03-03 10:00", "mia", "update"),
    ("03-03 11:00", "lee", "update"),
    # 32 hours later; Ann took Mia's ticket meanwhile
    ("03-09 08:00", "ann", "an update is shown"),
    ("03-09 09:00", "ann", "an update is shown"),
    ("03-09 10:00", "mia", "update: taken"),
    ("03-09 11:00", "lee", "update: nothing new"),
    # there was news, so Mia's wait began anew; this is the last of three
    ("03-11 08:00", "ann", "an update is shown"),
    ("03-11 10:00", "mia", "update: nothing new"),
    # three in the afternoon in New York
    ("03-11 21:00", "ann", "a new ticket"),
    ("03-11 21:00", "joe", "acknowledged"),
    # there the clocks have changed: five hours apart
    ("03-15 18:00", "ann", "an update is shown"),
    ("03-15 20:00", "joe", "update"),
    ("03-16 10:00", "ann", "a new ticket"),
    ("03-16 10:00", "kim", "acknowledged"),
    ("03-16 11:00", "kim", "answered"),
    ("03-17 09:00", "kim", "solved"),
    ("03-19 09:00", "ann", "an update is shown"),
    ("03-19 11:00", "lee", "update: nothing new"),
    ("03-19 18:00", "ann", "an update is shown"),
    ("03-19 20:00", "joe", "update: nothing new"),
    # Friday night: Kim's reply opens it again, and counts from Monday
    ("03-19 21:00", "ann", "somebody wrote"),
    ("03-19 21:00", "kim", "reopened"),
    ("03-23 15:00", "ann", "an update is shown"),
    ("03-23 17:00", "kim", "update"),
    ("03-30 10:00", "lee", "the known issue is fixed"),
    # 32 hours since 23 March: Good Friday and Easter Monday do not count
    ("03-31 15:00", "ann", "an update is shown"),
    ("03-31 17:00", "kim", "update: nothing new"),
    # both have summer time now: six hours apart again
    ("03-31 19:00", "ann", "an update is shown"),
    ("03-31 21:00", "joe", "update: nothing new"),
    # written on a day off, counted from the day after the next
    ("04-05 12:00", "ann", "a new ticket"),
    ("04-05 12:00", "mia", "acknowledged"),
    ("04-08 15:00", "ann", "an update is shown"),
    ("04-08 17:00", "mia", "update"),
]


def test_six_weeks_of_a_desk_mail_by_mail(tmp_path: Path) -> None:
    scene = play(tmp_path / "desk", PROGRESS)
    assert scene.story() == STORY
    last = scene.last(MIA).text
    assert "You will hear from us again by" in last
    away = next(m for at, to, m in scene.sink.taken if (at.month, at.day, to) == (4, 5, MIA))
    assert "We move house." in away.text
    assert "Nobody is at work right now" in away.text
    texts = [m.text for _, to, m in scene.sink.taken if to in (MIA, LEE, KIM, JOE)]
    assert len(set(texts)) == len(texts)  # nobody reads the same words twice
    for _, to, message in scene.sink.taken:
        if to != ANN:
            assert "light up" not in message.text  # no server vouched for anybody
            assert "internal" not in message.text


def test_another_configuration_shows_its_difference(tmp_path: Path) -> None:
    eager = play(
        tmp_path / "desk", '[progress]\nnormal = "4h"\nwarn_before = ""\n', end="03-05 08:00"
    ).story()
    usual = [line for line in STORY if line[0] < "03-05 08:00"]
    assert sorted(set(eager) - set(usual)) == [
        ("03-01 14:00", "mia", "update"),
        ("03-01 15:00", "lee", "update"),
        ("03-02 14:00", "mia", "update: nothing new"),
        ("03-02 15:00", "lee", "update: nothing new"),
        ("03-04 14:00", "mia", "update: taken"),
        ("03-04 15:00", "lee", "update: nothing new"),
    ]
    assert {line for line in usual if "update" in line[2]} == set(usual) - set(eager)


def test_a_queue_with_an_interval_of_its_own_changes_its_own_updates_alone(tmp_path: Path) -> None:
    americas = 'update_every = { normal = "4h" }\n'  # falls under the queue, which stands last
    sooner = play(tmp_path / "desk", americas + PROGRESS, end="03-13 08:00").story()
    usual = [line for line in STORY if line[0] < "03-13 08:00"]
    assert sorted(set(sooner) - set(usual)) == [
        ("03-12 15:00", "ann", "an update is shown"),
        ("03-12 17:00", "joe", "update"),  # two hours on Thursday, two on Friday, in New York
    ]
    assert set(usual) <= set(sooner)
