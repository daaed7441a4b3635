"""What time alone brings, through the real door: clocks are virtual, servers, store and templates are real."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from mailflow.demo.servers import EmbeddedServers
from tests.daemon import rows
from tests.desks import Desk, TestClock, answer_to, inbox, letter

SUPPORT, ANN, MIA = "support@desk.test", "ann@desk.test", "mia@home.test"
AGENT = f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'
OFFICE = """
[[calendars]]
name = "office"
zone = "Europe/Berlin"
closures = [{ first = 2027-01-04, last = 2027-01-05, text = "We move house." }]
"""
ANSWERED = (
    "created_at = '2027-01-06 08:00:00.000000', first_response_at = '2027-01-06 12:00:00.000000'"
)
WARNED = '[progress]\nnormal = "8h"\nwarn_before = "1h"\n'


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, ANN, MIA]) as running:
        yield running


def desk_at(servers, tmp_path, moment: str, extra: str) -> Desk:
    clock = TestClock()
    clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return Desk(servers, tmp_path / "desk", SUPPORT, clock=clock, extra=AGENT + OFFICE + extra)


def at(desk: Desk, moment: str) -> None:
    desk.clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    desk.step()


def test_an_update_is_shown_to_the_agents_first_and_leaves_in_working_time(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-07 15:00", WARNED)  # Thursday, an hour to closing
    desk.receive(letter(MIA))
    at(desk, "2027-01-08 13:59")
    assert len(inbox(servers, ANN)) == 1  # told of the ticket alone
    at(desk, "2027-01-08 14:00")
    warning = inbox(servers, ANN)[-1]
    assert "unless you are faster" in warning.text
    assert "Here is where your request stands" in warning.text
    assert len(inbox(servers, MIA)) == 1
    at(desk, "2027-01-08 15:00")
    update = inbox(servers, MIA)[-1]
    assert "Friday" not in update.subject
    assert "You will hear from us again by" in update.text
    assert "reply with “stop”" in update.text
    assert dict(update.header_fields)["list-unsubscribe"].startswith("<mailto:support+")
    desk.close()


def test_an_agent_postpones_and_vetoes_by_mail(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", WARNED)
    desk.receive(letter(MIA))
    at(desk, "2027-01-06 15:00")
    warning = inbox(servers, ANN)[-1]
    desk.receive(answer_to(warning, ANN, "postpone 1d"))
    at(desk, "2027-01-06 16:00")
    assert len(inbox(servers, MIA)) == 1  # nothing but the acknowledgement: no word of it either
    at(desk, "2027-01-07 15:00")
    second = inbox(servers, ANN)[-1]
    assert second.message_id != warning.message_id
    desk.receive(answer_to(second, ANN, "Veto."))
    at(desk, "2027-01-20 16:00")
    assert len(inbox(servers, MIA)) == 1
    kinds = [kind for (kind,) in rows(desk.folder, "select kind from event order by id")]
    assert {"update postponed", "update vetoed"} <= set(kinds)
    desk.close()


def test_after_an_outage_agents_still_see_it_first_and_one_update_leaves(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", WARNED)
    desk.receive(letter(MIA))
    at(desk, "2028-01-06 09:00")  # a year later
    assert len(inbox(servers, MIA)) == 1
    at(desk, "2028-01-06 10:00")
    at(desk, "2028-01-06 10:01")
    assert len(inbox(servers, MIA)) == 2
    at(desk, "2027-01-06 09:00")  # and back again
    assert len(inbox(servers, MIA)) == 2
    desk.close()


def test_a_queued_update_is_taken_back_when_somebody_writes(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", '[progress]\nnormal = "8h"\n')
    desk.receive(letter(MIA))
    acknowledged = inbox(servers, MIA)[-1]
    desk.clock.now = datetime(2027, 1, 6, 16, 0, tzinfo=UTC)
    desk.app.queue_what_is_due()  # queued, and the server is away
    assert rows(desk.folder, "select state from outbox where kind = 'progress_update'") == [
        ("pending",)
    ]
    servers.deliver(SUPPORT, answer_to(acknowledged, MIA, "One more thing."), envelope_sender=MIA)
    servers_inbox = len(inbox(servers, MIA))
    desk.step()
    assert rows(desk.folder, "select state, reason from outbox where kind = 'progress_update'") == [
        ("dropped", "somebody wrote meanwhile")
    ]
    assert len(inbox(servers, MIA)) == servers_inbox
    desk.close()


@pytest.mark.parametrize("words", ["Stop", "ABMELDEN!", "Please unsubscribe me."])
def test_a_reply_that_says_stop_ends_the_updates(servers, tmp_path, words):
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", '[progress]\nnormal = "8h"\n')
    desk.receive(letter(MIA))
    told = len(inbox(servers, ANN))
    desk.receive(answer_to(inbox(servers, MIA)[-1], MIA, words))
    assert len(inbox(servers, ANN)) == told  # nobody is woken for it
    at(desk, "2027-02-06 16:00")
    assert len(inbox(servers, MIA)) == 1
    desk.close()


def test_a_mail_client_unsubscribes_and_the_second_time_for_good(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", '[progress]\nnormal = "8h"\n')
    desk.receive(letter(MIA))
    at(desk, "2027-01-06 16:00")
    field = dict(inbox(servers, MIA)[-1].header_fields)["list-unsubscribe"]
    address = field.removeprefix("<mailto:").partition("?")[0]
    for number in (1, 2):
        desk.receive(letter(MIA, "unsubscribe", "", to=address, message_id=f"u{number}@home.test"))
    at(desk, "2027-03-10 16:00")
    assert len(inbox(servers, MIA)) == 2
    assert rows(desk.folder, "select address from person where muted_at is not null") == [(MIA,)]
    desk.receive(letter(MIA, "Another matter", message_id="other@home.test"))
    at(desk, "2027-05-10 16:00")
    assert len(inbox(servers, MIA)) == 3  # acknowledged, and left in peace after that
    desk.close()


def test_a_request_called_stop_is_a_request(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", "")
    desk.receive(letter(MIA, "Stop", "Stop"))
    assert rows(desk.folder, "select muted from ticket") == [(0,)]
    desk.close()


def test_an_acknowledgement_tells_the_hours_and_the_measured_time(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-03 20:00", "")
    desk.receive(letter(MIA))
    acknowledged = inbox(servers, MIA)[-1].text
    assert "Nobody is at work right now" in acknowledged
    assert "expect" not in acknowledged  # nothing measured, nothing promised
    assert "It is broken" not in acknowledged  # nobody vouched for Mia
    desk.clock.now = datetime(2027, 1, 4, 10, 0, tzinfo=UTC)
    desk.receive(letter(MIA, message_id="second@home.test"))
    assert "We move house." in inbox(servers, MIA)[-1].text
    with sqlite3.connect(desk.folder / "mailflow.db") as database:
        database.execute(f"update ticket set {ANSWERED}")
        for _ in range(19):
            database.execute(
                "insert into ticket (subject, status, priority, created_at, updated_at) "
                "values ('x', 'open', 'normal', '2027-01-06 08:00:00', '2027-01-06 08:00:00')"
            )
        database.execute(f"update ticket set {ANSWERED}")
    desk.clock.now = datetime(2027, 1, 7, 8, 10, tzinfo=UTC)
    desk.receive(letter("kim@home.test", message_id="third@home.test"))
    text = rows(desk.folder, "select octets from outbox order by id desc limit 2")
    assert any(b"Going by our recent answers" in octets for (octets,) in text)
    desk.close()


def test_who_writes_to_a_solved_ticket_is_told_that_it_is_open_again(servers, tmp_path):
    from mailflow.flow.follow_up import solve_ticket

    desk = desk_at(servers, tmp_path, "2027-01-07 09:00", "")
    desk.receive(letter(MIA))
    solve_ticket(desk.app.store, desk.app.desk, 1, "Mended.")
    desk.step()
    desk.clock.skip(hours=2)
    desk.receive(answer_to(inbox(servers, MIA)[-1], MIA, "It broke again."))
    assert "is open again" in inbox(servers, MIA)[-1].text
    desk.receive(answer_to(inbox(servers, MIA)[-1], MIA, "Are you there?"))
    assert len(inbox(servers, MIA)) == 3  # a follow-up is not answered
    desk.close()


LEAD = "lead@desk.test"
CLOCKS = f"""
[progress]
enabled = false
[[clocks]]
first_response = {{ normal = "4h" }}
resolution = {{ normal = "16h" }}
escalate_to = ["{LEAD}"]
"""


def test_agents_are_reminded_before_a_clock_runs_out_and_the_lead_is_told_after(servers, tmp_path):
    servers.users[LEAD] = "x"
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", CLOCKS)
    desk.receive(letter(MIA))
    assert "We aim to answer by" in inbox(servers, MIA)[-1].text
    at(desk, "2027-01-06 10:59")
    assert len(inbox(servers, ANN)) == 1
    at(desk, "2027-01-06 11:00")
    at(desk, "2027-01-06 11:01")
    assert [m.subject.partition(":")[0] for m in inbox(servers, ANN)[1:]] == ["Due soon"]
    at(desk, "2027-01-06 12:00")
    at(desk, "2027-01-06 12:01")
    told = rows(desk.folder, "select address_key from outbox_recipient r join outbox o on"
                " o.id = r.outbox_id where o.kind = 'reminder' order by o.id")  # fmt: skip
    assert told == [(ANN,), (ANN,), (LEAD,)]
    desk.receive(answer_to(inbox(servers, ANN)[0], ANN, "I am on it."))
    assert rows(desk.folder, "select kind, paused from ticket_clock") == [("resolution", 1)]
    at(desk, "2028-01-06 12:00")  # we wait for Mia: no clock runs
    reminders = "select count(*) from outbox where kind = 'reminder'"
    assert rows(desk.folder, reminders) == [(3,)]
    desk.close()


def test_a_year_away_is_one_reminder_at_most(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", CLOCKS)
    desk.receive(letter(MIA))
    at(desk, "2028-01-06 08:00")
    at(desk, "2027-01-06 08:00")
    assert rows(desk.folder, "select count(*) from outbox where kind = 'reminder'") == [(0,)]
    assert rows(desk.folder, "select count(*) from event where kind = 'clock breached'") == [(2,)]
    desk.close()


def test_following_a_link_changes_nothing_and_sending_its_mail_does(servers, tmp_path):
    from mailflow.flow.follow_up import solve_ticket

    asks = "[acknowledgement]\nask_if_it_helped = true\n"
    desk = desk_at(servers, tmp_path, "2027-01-07 09:00", asks)
    desk.receive(letter(MIA))
    solve_ticket(desk.app.store, desk.app.desk, 1, "Mended.")
    desk.step()
    solved = inbox(servers, MIA)[-1].text
    links = [word for word in solved.split() if word.startswith("mailto:")]
    assert len(links) == 2
    helped, not_helped = (link.removeprefix("mailto:").partition("?")[0] for link in links)
    woken = len(inbox(servers, ANN))
    desk.receive(letter(MIA, "content", "", to=helped, message_id="h@home.test"))
    assert rows(desk.folder, "select status from ticket") == [("solved",)]
    assert len(inbox(servers, ANN)) == woken
    desk.receive(letter(MIA, "no", "Still dark.", to=not_helped, message_id="n@home.test"))
    assert rows(desk.folder, "select status from ticket") == [("open",)]
    answers = rows(desk.folder, "select detail from event where kind = 'satisfaction' order by id")
    assert ['"answer": "yes"' in answers[0][0], '"answer": "no"' in answers[1][0]] == [True, True]
    desk.close()


def test_the_language_is_learnt_and_correctable(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-07 09:00", "")
    german = "Guten Tag, seit heute Morgen leuchtet meine Lampe leider gar nicht mehr."
    desk.receive(letter(MIA, "Lampe", german))
    assert rows(desk.folder, "select language, corrected from person") == [("de", 0)]
    desk.receive(letter(MIA, "?", "Hm?", message_id="short@home.test"))
    assert "Guten Tag" in inbox(servers, MIA)[-1].text  # too short to say: as before
    with desk.app.store.begin() as work:
        work.schedule.set_language(MIA, "fr", corrected=True)
    desk.clock.skip(hours=2)
    desk.receive(letter(MIA, "Lampe", german, message_id="third@home.test"))
    assert inbox(servers, MIA)[-1].text.startswith("Bonjour")
    assert rows(desk.folder, "select language, corrected from person") == [("fr", 1)]
    desk.close()


def test_an_update_leaves_in_the_morning_of_who_reads_it(servers, tmp_path):
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", '[progress]\nnormal = "8h"\n')
    tokyo = "Date: Wed, 06 Jan 2027 17:00:00 +0900"
    desk.receive(letter(MIA, "Lamp", "It is dark.", tokyo, message_id="one@home.test"))
    machine = ("Date: Wed, 06 Jan 2027 02:00:00 -0600", "Auto-Submitted: auto-replied")
    desk.receive(letter(MIA, "Away", "I am away.", *machine, message_id="two@home.test"))
    by_a_server = "Date: Wed, 06 Jan 2027 08:00:00 +0000"
    desk.receive(letter(MIA, "Bill", "Too high.", by_a_server, message_id="three@home.test"))
    known = "select utc_offset, offset_corrected from person"
    assert rows(desk.folder, known) == [(540, 0)]
    mails = len(inbox(servers, MIA))
    at(desk, "2027-01-06 16:00")  # the day's last hour in Berlin, one in the morning in Tokyo
    at(desk, "2027-01-06 22:59")
    assert len(inbox(servers, MIA)) == mails
    at(desk, "2027-01-06 23:00")
    assert len(inbox(servers, MIA)) == mails + 2
    with desk.app.store.begin() as work:
        work.schedule.set_offset(MIA, 60, corrected=True)
    desk.receive(letter(MIA, "Lamp", "Still dark.", tokyo, message_id="four@home.test"))
    assert rows(desk.folder, known) == [(60, 1)]
    desk.close()


CLOSING = """
[progress]
enabled = false
[auto_close]
pending = "5d"
solved = "4d"
announce_before = "2d"
"""


def closed_desk(servers, tmp_path, extra=CLOSING, mode="live"):
    """Ann answered Mia on Wednesday at nine in Berlin: we wait for Mia."""
    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", extra)
    desk.receive(letter(MIA))
    desk.receive(answer_to(inbox(servers, ANN)[-1], ANN, "Is it plugged in?"))
    assert rows(desk.folder, "select status from ticket") == [("pending",)]
    return desk


def status(desk):
    return rows(desk.folder, "select status from ticket order by id")[0][0]


def events(desk, kind):
    return [r for (r,) in rows(desk.folder, f"select reason from event where kind = '{kind}'")]


def test_a_ticket_that_waits_in_vain_is_announced_and_closes(servers, tmp_path):
    desk = closed_desk(servers, tmp_path)
    at(desk, "2027-01-11 07:59")  # three working days later is Monday at nine
    assert len(inbox(servers, MIA)) == 2
    at(desk, "2027-01-11 08:00")
    announced = inbox(servers, MIA)[-1]
    assert "We are waiting for your answer" in announced.text
    assert "it closes on Wednesday, 13 January" in announced.text
    at(desk, "2027-01-13 07:59")
    assert status(desk) == "pending"
    at(desk, "2027-01-13 08:00")
    assert status(desk) == "closed"
    assert "nobody wrote since this was announced" in events(desk, "status")[-1]
    at(desk, "2028-01-13 08:00")
    assert len(inbox(servers, MIA)) == 3  # closing itself says nothing
    desk.receive(answer_to(announced, MIA, "It was not."))
    assert rows(desk.folder, "select status, linked_to from ticket where id = 2") == [("new", 1)]
    desk.close()


def test_a_reply_takes_the_announcement_back_and_keeps_the_ticket_open(servers, tmp_path):
    desk = closed_desk(servers, tmp_path)
    answered = inbox(servers, MIA)[-1]
    desk.clock.now = datetime(2027, 1, 11, 8, 0, tzinfo=UTC)
    desk.app.queue_due()  # queued, and the server is away
    queued = "select state, reason from outbox where kind = 'closing'"
    assert rows(desk.folder, queued) == [("pending", "")]
    desk.receive(answer_to(answered, MIA, "It is."))
    assert rows(desk.folder, queued) == [("dropped", "somebody wrote meanwhile")]
    assert rows(desk.folder, "select count(*) from auto_close") == [(0,)]
    at(desk, "2028-01-13 08:00")
    assert (status(desk), len(inbox(servers, MIA))) == ("open", 2)
    desk.close()


def test_a_reply_that_lies_in_the_mailbox_is_read_before_anything_closes(servers, tmp_path):
    desk = closed_desk(servers, tmp_path)
    at(desk, "2027-01-11 08:00")
    announced = inbox(servers, MIA)[-1]
    servers.deliver(SUPPORT, answer_to(announced, MIA, "Wait!"), envelope_sender=MIA)
    at(desk, "2027-02-13 08:00")  # down for a month
    assert status(desk) == "open"
    desk.close()


def test_a_year_away_and_a_restart_are_one_announcement_and_days_to_answer(servers, tmp_path):
    desk = closed_desk(servers, tmp_path)
    at(desk, "2028-01-10 09:00")
    assert len(inbox(servers, MIA)) == 3
    desk.close()
    again = Desk(servers, desk.folder, SUPPORT, clock=desk.clock, extra=AGENT + OFFICE + CLOSING)
    at(again, "2027-01-06 09:00")  # and the clock goes back
    at(again, "2028-01-12 08:59")
    assert (status(again), len(inbox(servers, MIA))) == ("pending", 3)
    at(again, "2028-01-12 09:00")
    assert (status(again), len(inbox(servers, MIA))) == ("closed", 3)
    again.close()


@pytest.mark.parametrize("state", ["shadow", "failed", "dropped", "uncertain"])
def test_nothing_closes_unless_the_announcement_left(servers, tmp_path, state):
    desk = closed_desk(servers, tmp_path)
    at(desk, "2027-01-11 08:00")
    with sqlite3.connect(desk.folder / "mailflow.db") as database:
        database.execute("update outbox set state = ? where kind = 'closing'", (state,))
    at(desk, "2028-01-11 08:00")
    assert status(desk) == "pending"
    (reason,) = events(desk, "not closed")
    assert f"did not surely leave ({state}" in reason
    desk.close()


def test_in_shadow_mode_the_announcement_is_held_back_and_nothing_closes(servers, tmp_path):
    from mailflow.flow.follow_up import solve_ticket

    clock = TestClock()
    clock.now = datetime(2027, 1, 6, 8, 0, tzinfo=UTC)
    extra = AGENT + OFFICE + CLOSING
    desk = Desk(servers, tmp_path / "desk", SUPPORT, clock=clock, extra=extra, mode="shadow")
    desk.receive(letter(MIA))
    solve_ticket(desk.app.store, desk.app.desk, 1, "Mended.")
    at(desk, "2027-02-11 09:00")
    at(desk, "2027-03-11 09:00")
    assert (status(desk), len(inbox(servers, MIA))) == ("solved", 0)
    assert rows(desk.folder, "select state from outbox where kind = 'closing'") == [("shadow",)]
    assert "shadow mode" in events(desk, "not closed")[0]
    desk.close()


def test_what_is_solved_again_waits_anew_and_is_announced_again(servers, tmp_path):
    from mailflow.flow.follow_up import solve_ticket

    desk = desk_at(servers, tmp_path, "2027-01-06 08:00", CLOSING)
    desk.receive(letter(MIA))
    solve_ticket(desk.app.store, desk.app.desk, 1, "Mended.")
    at(desk, "2027-01-08 08:00")
    assert "is marked as solved, and we have not heard" in inbox(servers, MIA)[-1].text
    desk.receive(answer_to(inbox(servers, MIA)[-1], MIA, "It is dark again."))
    assert status(desk) == "open"
    solve_ticket(desk.app.store, desk.app.desk, 1, "Mended again.")
    desk.step()
    at(desk, "2027-01-11 08:00")
    assert status(desk) == "solved"
    at(desk, "2027-01-12 08:00")
    assert rows(desk.folder, "select state from outbox where kind = 'closing'") == [
        ("sent",),
        ("sent",),
    ]
    desk.close()
