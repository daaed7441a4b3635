"""What may leave, what would have left, and the fuse: switches obeyed at once, holds told and released."""

# ruff: noqa: F811

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailflow.cli.main import run
from mailflow.config import load_settings
from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.desk.gate import Passage, decide_release
from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import MailClass, Usage
from mailflow.desk.policy import SendingMode
from mailflow.desk.shadow import (
    Answer,
    ShadowMail,
    ShadowTicket,
    compare,
    same_matter,
    spell,
    summarise,
)
from mailflow.flow.answer import Desk
from mailflow.flow.deliver import deliver_due
from mailflow.store import tables as t
from mailflow.store.database import SqlStore, open_store
from mailflow.store.faults import StoreUnavailable
from mailflow.store.reading import list_outbox
from mailflow.wiring import build_desk, open_templates
from tests.builders import NOW, outbox_mail, policy
from tests.unit.test_cli_desk import desk  # noqa: F401  a desk with two tickets and their mail

SHADOW = policy(mode=SendingMode.SHADOW)


class Taker:
    """An SMTP server that takes everything; ``taken`` counts its dialogues."""

    def __init__(self) -> None:
        self.taken = 0

    def begin(
        self, sender: str, recipients: tuple[str, ...], size: int, needs_utf8: bool
    ) -> list[RecipientResult]:
        self.taken += 1
        return [RecipientResult(a, Outcome.ACCEPTED, 250, "ok") for a in recipients]

    def finish(self, octets: bytes) -> DataResult:
        return DataResult(Outcome.ACCEPTED, 250, "queued")

    def abandon(self) -> None: ...


def opened(folder: Path) -> tuple[SqlStore, Desk]:
    settings = load_settings(folder / "config.toml", {})
    return open_store(settings.database.url), build_desk(settings, open_templates(settings), {})


@pytest.fixture
def cli(desk: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(*args: str, code: int = 0) -> str:
        assert run(args) == code
        out = capsys.readouterr()
        return out.out + out.err

    return call


@pytest.mark.parametrize(
    ("rules", "switched", "expected"),
    [
        (SHADOW, None, Passage.SHADOW),
        (SHADOW, True, Passage.RELEASE),
        (SHADOW, False, Passage.SHADOW),
        (policy(), None, Passage.RELEASE),
        (policy(), False, Passage.SHADOW),
    ],
)
def test_a_choice_for_a_kind_stands_above_the_mode(rules, switched, expected) -> None:
    assert decide_release(outbox_mail(), Usage(switched=switched), rules, NOW).value is expected


def test_peoples_words_and_reports_to_the_admin_are_not_held_by_the_mode() -> None:
    person = outbox_mail(mail_class=MailClass.PERSON, kind=None)
    report = outbox_mail(mail_class=MailClass.INTERNAL, kind=NoticeKind.REPORT)
    for mail in (person, report):
        assert decide_release(mail, Usage(), SHADOW, NOW).value is Passage.RELEASE


def test_one_command_lets_one_kind_leave_at_once(desk: Path, cli: Callable[..., str]) -> None:
    store, rules = opened(desk)
    with store.begin() as work:  # as recorded, before the gate looked
        work.connection.execute(
            update(t.outbox).values(state="pending", expires_at=NOW + timedelta(days=9999))
        )
    cli("sending", "on", "acknowledgement")
    assert '"on": true' in cli("sending", "list", "--json")
    server = Taker()
    deliver_due(store, server, rules, unreachable=())
    states = {(m.kind, m.state) for m in list_outbox(store)}
    assert ("acknowledgement", "sent") in states
    assert ("agent_notification", "shadow") in states
    cli("sending", "off", "--all")
    assert '"on": true' not in cli("sending", "list", "--json")
    cli("sending", "reset", "--all")
    assert "as configured" not in cli("sending", "list")


def test_everything_a_budget_held_is_released_by_one_command(
    desk: Path, cli: Callable[..., str]
) -> None:
    store, _ = opened(desk)
    with store.begin() as work:
        work.connection.execute(update(t.outbox).values(state="held", reason="300 automatic mails"))
        first = work.connection.execute(select(t.outbox.c.id).limit(1)).scalar_one()
        work.connection.execute(
            update(t.outbox).where(t.outbox.c.id == first).values(faults=["{{"])
        )
    said = cli("outbox", "release", "--all", "--yes")
    assert "300 automatic mails" in said and "1 with a faulty text stay" in said
    assert [m.id for m in list_outbox(store) if m.state == "held"] == [first]
    assert cli("outbox", "release", code=2)


def test_no_mail_leaves_while_the_budgets_cannot_be_read(
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, rules = opened(desk)
    with store.begin() as work:
        work.connection.execute(update(t.outbox).values(state="pending"))
    file = load_settings(desk / "config.toml", {}).database.url.removeprefix("sqlite:///")
    store.close()
    monkeypatch.setattr("mailflow.store.database.BUSY_SECONDS", 0.05)
    store = open_store(f"sqlite:///{file}")
    server = Taker()
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")  # somebody else holds the writers' lock
        with pytest.raises(StoreUnavailable):
            deliver_due(store, server, rules, unreachable=())
        other.execute("ROLLBACK")
    assert server.taken == 0


# ── the comparison ──────────────────────────────────────────────────────────────────────────────


def shadow_mail(
    kind: str, after: timedelta, *answers: timedelta, text: str = "Restart the lamp, please."
) -> ShadowMail:
    told = tuple(Answer(NOW + a, text) for a in answers)
    held = ShadowTicket(1, "It is broken", NOW, told, "lamp", "Restart the lamp with the button.")
    return ShadowMail(7, kind, "mia@customer.example", "s", NOW + after, held)


def test_an_acknowledgement_is_compared_with_the_first_answer() -> None:
    second, hours = timedelta(seconds=3), timedelta(hours=2)
    told = compare(shadow_mail("acknowledgement", second, hours)).told
    assert "3 s after the mail came" in told and "answered after 2 h" in told
    assert "lamp: the answer speaks of the same" in told
    other = compare(
        shadow_mail("acknowledgement", second, hours, text="Your refund is on its way.")
    ).told
    assert "something else" in other
    assert "nobody has answered" in compare(shadow_mail("acknowledgement", second)).told


def test_an_update_right_before_the_answer_was_hardly_needed() -> None:
    day = timedelta(hours=24)
    close = compare(shadow_mail("progress_update", day, day + timedelta(minutes=20)))
    useful = compare(shadow_mail("progress_update", day, day + timedelta(hours=9)))
    assert close.needless and not useful.needless
    assert "9 h later" in useful.told
    (line,) = summarise([close, useful])
    assert (line.mails, line.needless, line.ahead) == (2, 1, timedelta(minutes=20))


def test_words_and_spans() -> None:
    assert same_matter("restart the lamp", "RESTART that lamp") == 1.0
    assert same_matter("", "x") == 0.0
    spans = [timedelta(seconds=9), timedelta(minutes=90), timedelta(hours=47), timedelta(days=3)]
    assert [spell(s) for s in spans] == ["9 s", "90 min", "47 h", "3 days"]


def test_the_report_is_text_a_page_and_a_mail(desk: Path, cli: Callable[..., str]) -> None:
    store, rules = opened(desk)
    with store.begin() as work:
        work.connection.execute(update(t.outbox).values(expires_at=NOW + timedelta(days=9999)))
        work.connection.execute(update(t.ticket).values(subject="<script>alert(1)</script>"))
    deliver_due(store, Taker(), rules, unreachable=())
    said = cli("shadow", "report")
    assert "acknowledgement" in said and "nobody has answered yet" in said
    assert "admin.address" in cli("shadow", "report", "--mail", code=1)
    cli("shadow", "report", "--html", "page.html")
    page = Path("page.html").read_text()
    assert "nobody has answered yet" in page and "<script>" not in page
    with Path("config.toml").open("a") as file:
        file.write('[admin]\naddress = "root@example.org"\n')
    cli("shadow", "report", "--mail")
    server = Taker()
    assert deliver_due(store, server, rules, unreachable=()) == 1
    assert server.taken == 1  # in shadow mode, too: nobody else gets it
