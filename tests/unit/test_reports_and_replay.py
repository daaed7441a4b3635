"""Mail that comes round by the calendar leaves once a period; past days can be run again."""

from __future__ import annotations

# ruff: noqa: F811
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from mailflow.cli.main import run
from mailflow.config import load_settings
from mailflow.desk.digest import digest_for, next_time
from mailflow.desk.policy import Agent
from mailflow.desk.ticket import TicketStatus
from mailflow.flow.answer import Desk
from mailflow.flow.reports import queue_digests, queue_weekly_report
from mailflow.replay import ReplayedMail, differences
from mailflow.store import tables as t
from mailflow.store.database import SqlStore, open_store
from mailflow.store.reading import list_outbox, show_mail
from mailflow.wiring import build_desk, open_templates
from tests.builders import ANN, BOB, NOW, policy, ticket
from tests.unit.test_cli_desk import desk  # noqa: F401  a desk with two tickets and their mail

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "weekday", "expected"),
    [
        ("2026-03-02 06:59", None, "2026-03-02 07:00"),  # 08:00 in Berlin's winter
        ("2026-03-02 07:00", None, "2026-03-03 07:00"),  # never the moment itself again
        ("2026-03-28 12:00", None, "2026-03-29 06:00"),  # summer time begins that night
        ("2026-03-03 12:00", 0, "2026-03-09 07:00"),
    ],
)
def test_the_next_morning_follows_the_local_clock(
    now: str, weekday: int | None, expected: str
) -> None:
    assert next_time(BERLIN, time(8), at(now), weekday) == at(expected)


def test_a_digest_lists_late_tickets_first_and_leaves_out_what_waits_for_others() -> None:
    old, new = NOW - timedelta(days=3), NOW - timedelta(hours=1)
    tickets = [
        replace(ticket(id=1), updated_at=new),
        replace(ticket(id=2), updated_at=old),
        replace(ticket(id=3), updated_at=old, status=TicketStatus.PENDING),
        replace(ticket(id=4), updated_at=old, assignee=BOB.address),
        replace(ticket(id=5), updated_at=old, snoozed_until=NOW + timedelta(days=1)),
    ]
    tickets = [replace(x, assignee=x.assignee if x.id == 4 else None) for x in tickets]
    facts = digest_for(ANN, tickets, policy(), NOW)
    assert facts is not None
    assert [(line.number, line.late) for line in facts.tickets] == [(2, True), (1, False)]
    assert digest_for(Agent("eve@desk.example", ""), tickets, policy(), NOW) is None


def opened(folder: Path, clock: Callable[[], datetime]) -> tuple[SqlStore, Desk]:
    settings = load_settings(folder / "config.toml", {})
    made = build_desk(settings, open_templates(settings), {})
    return open_store(settings.database.url), replace(made, clock=clock)


def test_a_digest_leaves_once_a_day_across_restarts_and_outages(desk: Path) -> None:
    now = at("2026-11-24 07:00")
    store, rules = opened(desk, lambda: now)
    assert queue_digests(store, rules, time(8)) == 0  # the first look only plans
    now = at("2026-11-24 08:00")
    assert queue_digests(store, rules, time(8)) == 1
    store.close()
    store, rules = opened(desk, lambda: now)
    assert queue_digests(store, rules, time(8)) == 0
    now = at("2026-12-04 09:30")  # ten days away
    assert queue_digests(store, rules, time(8)) == 1
    assert queue_digests(store, rules, time(8)) == 0
    mail = next(m for m in list_outbox(store) if m.kind == "digest")
    shown = show_mail(store, mail.id)
    assert shown is not None and b"ann@example.org" in shown.octets
    with store.begin() as work:  # it names the wording it used, which is kept
        (used,) = set(
            work.connection.execute(
                select(t.outbox.c.template_version).where(t.outbox.c.kind == "digest")
            ).scalars()
        )
        names = select(t.template_version.c.name)
        assert used in set(work.connection.execute(names).scalars())
        work.connection.execute(update(t.ticket).values(status="solved"))
    now = at("2026-12-05 09:30")
    assert queue_digests(store, rules, time(8)) == 0  # nothing is there


def test_the_week_leaves_once_with_its_numbers_and_pictures(desk: Path) -> None:
    now = at("2026-11-24 12:00")
    store, rules = opened(desk, lambda: now)
    with store.begin() as work:
        work.connection.execute(update(t.ticket).values(created_at=at("2026-11-25 10:00")))

    def weekly() -> int:
        return queue_weekly_report(store, rules, "root@example.org", time(7))

    assert weekly() == 0
    now = at("2026-11-30 07:00")
    assert weekly() == 1 and weekly() == 0
    mail = next(m for m in list_outbox(store) if m.kind == "report")
    assert "2 opened" in mail.subject
    shown = show_mail(store, mail.id)
    assert shown is not None and b"bgcolor" in shown.octets and b"<img" not in shown.octets
    now = at("2026-12-07 07:00")
    assert weekly() == 1


@pytest.mark.parametrize(
    ("monday", "said"),
    [
        (
            "2026-03-30 05:00",
            "From Monday, 23 March to Sunday, 29 March",
        ),  # the clocks went forward
        ("2026-10-26 06:00", "From Monday, 19 October to Sunday, 25 October"),  # and back
    ],
)
def test_the_week_is_the_desks_own_whatever_the_clocks_did(
    desk: Path, monday: str, said: str
) -> None:
    office = '\n[[calendars]]\nname = "office"\nzone = "Europe/Berlin"\nhours = ["mon-fri 09:00-17:00"]\n'
    with Path("config.toml").open("a") as config:
        config.write(office)
    now = at(monday) - timedelta(days=3)
    store, rules = opened(desk, lambda: now)
    assert queue_weekly_report(store, rules, "root@example.org", time(7)) == 0
    first = at(monday).replace(hour=0) - timedelta(days=7)  # Monday in Berlin, Sunday in UTC or not
    last = at(monday).replace(hour=21, minute=30) - timedelta(days=1)
    with store.begin() as work:
        for number, moment in ((1, first), (2, last)):
            changed = update(t.ticket).where(t.ticket.c.id == number)
            work.connection.execute(changed.values(created_at=moment))
    now = at(monday)
    assert queue_weekly_report(store, rules, "root@example.org", time(7)) == 1
    mail = next(m for m in list_outbox(store) if m.kind == "report")
    shown = show_mail(store, mail.id)
    assert shown is not None
    text = message_from_bytes(shown.octets, policy=default).get_body(("plain",)).get_content()
    assert said in text
    bars = [line for line in text.splitlines() if ": opened " in line]
    assert [line[2:5] for line in bars] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert "opened 1" in bars[0] and "opened 1" in bars[-1]


# ── replay ──────────────────────────────────────────────────────────────────────────────────────


def mail(kind: str = "progress_update", hour: int = 10, ticket_id: int = 1) -> ReplayedMail:
    return ReplayedMail(
        NOW.replace(hour=hour), ticket_id, kind, "mia@customer.example", "s", "sent", ""
    )


def test_runs_are_compared_mail_by_mail() -> None:
    before = [mail(hour=10), mail(hour=14), mail("acknowledgement")]
    after = [mail(hour=10), mail(hour=12), mail("acknowledgement"), mail(hour=15)]
    found = differences(before, after)
    assert [(d.before and d.before.at.hour, d.after and d.after.at.hour) for d in found] == [
        (14, 12),
        (None, 15),
    ]
    assert differences(before, before) == []


@pytest.mark.long
def test_past_days_run_again_with_another_configuration(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, _ = opened(desk, lambda: NOW)
    with store.begin() as work:
        work.connection.execute(update(t.raw_message).values(first_seen_at=at("2026-11-23 10:00")))
        work.connection.execute(update(t.ticket).values(created_at=at("2026-11-23 10:00")))
    outbox = len(list_outbox(store))
    store.close()
    period = ["--from", "2026-11-23", "--to", "2026-11-24T12:00"]
    fast = ["--set", "suggestions.enabled=false", "--set", "progress.normal=4h"]
    assert run(["replay", *period, *fast, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    later = [d["after"] for d in said["differences"] if d["after"]]
    first = {
        kind: min(m["at"] for m in later if m["kind"] == kind)
        for kind in {m["kind"] for m in later}
    }
    assert set(first) == {"update_warning", "progress_update"}
    assert first["update_warning"].startswith("2026-11-23T13:0")  # an hour before
    assert first["progress_update"].startswith("2026-11-23T14:0")  # four hours after the mail came
    assert said["after"] > said["before"]
    assert run(["replay", *period]) == 0
    listed = capsys.readouterr().out
    assert "acknowledgement" in listed and "11-23 10:00" in listed
    store, _ = opened(desk, lambda: NOW)
    assert len(list_outbox(store)) == outbox  # the desk itself is as it was
    assert run(["replay", "--from", "2026-11-24", "--to", "2026-11-23"]) == 1
