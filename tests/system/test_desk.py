"""What people meet, through the real door: a mail goes in, a mail comes out. Embedded servers, real jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailflow.demo.servers import EmbeddedServers
from mailflow.desk.ticket import Article
from mailflow.flow import follow_up
from mailflow.flow.follow_up import queue_updates, solve_ticket
from mailflow.mail.message import Origin
from tests.daemon import rows
from tests.desks import Desk, answer_to, deliver, inbox, letter

SUPPORT, ANN, MIA, BOSS = "support@desk.test", "ann@desk.test", "mia@home.test", "boss@home.test"
AGENT = f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'
CANARY = "canary-7f3a"


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, ANN, MIA, BOSS]) as running:
        yield running


@pytest.fixture
def desk(servers, tmp_path):
    running = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENT)
    yield running
    running.close()


def test_old_mail_is_left_alone(servers, tmp_path):
    for number in range(5):
        deliver(servers, SUPPORT, letter(MIA, f"old {number}"))
    desk = Desk(servers, tmp_path / "desk", SUPPORT)
    desk.step()
    assert not desk.outcomes
    assert not servers.accepted
    assert len(desk.receive(letter(MIA, "new"))) == 1
    desk.close()


def test_old_mail_moved_into_the_inbox_later_is_a_request(servers, tmp_path):
    desk = Desk(servers, tmp_path / "desk", SUPPORT)
    last_year = datetime.now(UTC) - timedelta(days=365)
    servers.deliver(SUPPORT, letter(MIA), envelope_sender=MIA, at=last_year)
    desk.step()
    assert desk.outcomes[-1].ticket.id == 1
    desk.close()


def test_a_folder_numbered_anew_brings_back_no_old_mail(servers, tmp_path):
    last_year = datetime.now(UTC) - timedelta(days=365)
    for number in range(3):
        octets = letter(MIA, f"old {number}")
        servers.deliver(SUPPORT, octets, envelope_sender=MIA, at=last_year)
    desk = Desk(servers, tmp_path / "desk", SUPPORT)
    desk.receive(letter(MIA, "new"))
    servers.reset_uidvalidity(SUPPORT)
    desk.step()
    desk.step()
    assert rows(desk.folder, "select count(*) from ticket") == [(1,)]
    assert len(inbox(servers, MIA)) == 1
    servers.deliver(SUPPORT, letter(MIA, "moved in"), envelope_sender=MIA, at=last_year)
    desk.step()
    assert rows(desk.folder, "select count(*) from ticket") == [(2,)]
    desk.close()


def test_an_empty_folder_numbered_anew_is_met_once(servers, tmp_path):
    desk = Desk(servers, tmp_path / "desk", SUPPORT)
    wanted = servers.reset_uidvalidity(SUPPORT)
    desk.step()
    numbered = "select uidvalidity from folder_cursor where folder = 'INBOX'"
    assert rows(desk.folder, numbered) == [(wanted,)]  # else the daemon would look again for ever
    desk.close()


def test_a_requester_who_cannot_be_written_to_stops_nothing(desk, servers):
    desk.receive(letter('"a b"@home.test'))
    solve_ticket(desk.app.store, desk.app.desk, 1, "Repaired.")
    desk.step()
    assert {m.recipients for m in servers.accepted} == {(ANN,)}
    left_out = rows(desk.folder, "select reason from event where kind = 'letter left out'")
    assert "no plain address" in left_out[0][0]


def test_what_became_of_a_mail_is_told_once(desk, servers):
    desk.receive(letter(MIA))
    assert rows(
        desk.folder, "select outbox_id, count(*) from event where kind = 'mail sent' group by 1"
    ) == [
        (1, 1),
        (2, 1),
    ]


def test_an_equal_subject_ties_within_the_window_only(servers, tmp_path):
    window = "[threading]\nsubject_window_days = 7\n"
    desk = Desk(servers, tmp_path / "desk", SUPPORT, extra=window)
    first = desk.receive(letter(MIA, "Lamp", "one"))[0].ticket.id
    desk.clock.skip(days=6)
    assert desk.receive(letter(MIA, "Re: Lamp", "two"))[0].ticket.id == first
    desk.clock.skip(days=8)
    assert desk.receive(letter(MIA, "Re: Lamp", "three"))[0].ticket.id != first
    desk.close()


def test_in_shadow_mode_all_is_recorded_and_nothing_leaves(servers, tmp_path):
    desk = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENT, mode="shadow")
    desk.receive(letter(MIA))
    desk.close()
    assert not servers.accepted
    assert rows(desk.folder, "select kind, state from outbox order by id") == [
        ("acknowledgement", "shadow"),
        ("agent_notification", "shadow"),
    ]


def test_a_customer_and_an_agent_talk_through_the_desk(desk, servers):
    desk.receive(letter(MIA, message_id="m1@home.test"))
    acknowledgement = inbox(servers, MIA)[0]
    assert acknowledgement.in_reply_to == ("m1@home.test",)
    notification = inbox(servers, ANN)[0]
    assert "It is broken, please help." in notification.text

    to_desk = notification.reply_to[0].address
    desk.receive(answer_to(notification, ANN, "Please restart it."), to=to_desk)
    answer = inbox(servers, MIA)[-1]
    assert answer.new_text.strip() == "Please restart it."
    assert answer.author.address == SUPPORT
    assert answer.author.name.startswith("Ann")
    assert "m1@home.test" in answer.references
    assert not any(name == "auto-submitted" for name, _ in answer.header_fields)

    decided = desk.receive(
        answer_to(answer, MIA, "That helped, thank you!"), to=answer.reply_to[0].address
    )
    assert decided[0].ticket.id == 1
    assert decided[0].ticket.status == "open"
    assert len(inbox(servers, MIA)) == 2  # no second acknowledgement
    assert "That helped" in inbox(servers, ANN)[-1].text
    first_response = rows(desk.folder, "select first_response_at from ticket")[0][0]
    assert first_response is not None


def test_nothing_internal_reaches_the_customer(desk, servers):
    desk.receive(letter(MIA))
    notification = inbox(servers, ANN)[0]
    to_desk = notification.reply_to[0].address
    for body in ("Done.", "Done.\r\n\r\n-- \r\nAnn's private line 555"):
        desk.receive(answer_to(notification, ANN, body), to=to_desk)
    # A client that quotes with nothing the splitter could know:
    odd = letter(ANN, "Re: x", f"Done.\r\n\r\n{notification.text}", to=to_desk)
    desk.receive(odd, to=to_desk)
    for mail in inbox(servers, MIA):
        for internal in (
            "[internal",
            "not verified",
            "private line",
            "Status:",
            notification.message_id,
        ):
            assert internal not in mail.text
    assert (
        "was not sent" in inbox(servers, ANN)[-1].text
        or "not sent" in inbox(servers, ANN)[-1].subject
    )


@pytest.mark.parametrize("where", ["support", "token"])
def test_an_agents_name_without_proof_moves_nothing(desk, servers, where):
    desk.receive(letter(MIA))
    customers_address = inbox(servers, MIA)[0].reply_to[0].address
    to = customers_address if where == "token" else SUPPORT
    desk.receive(letter(ANN, "Re: It is broken [#1]", f"{CANARY}: your account is closed"), to=to)
    assert all(CANARY not in mail.text for mail in inbox(servers, MIA))


def test_an_unproven_sender_gets_none_of_their_words_back(desk, servers):
    octets = letter(
        f'"{CANARY}" <{MIA}>',
        f"{CANARY} subject",
        f"{CANARY} body http://{CANARY}.test",
        message_id="m1@home.test",
    )
    desk.receive(octets)
    acknowledgement = servers.messages(MIA)[0].octets
    assert CANARY.encode() not in acknowledgement


@pytest.mark.parametrize(
    "fields",
    [
        ("Auto-Submitted: auto-replied",),
        ("Precedence: bulk", "List-Unsubscribe: <https://x.test/u>"),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply",),
        ("List-Id: <x.test>",),
    ],
)
def test_machines_get_no_answer(desk, servers, fields):
    decided = desk.receive(letter(MIA, "hello", "hello", *fields))
    assert decided[0].decision.answer.reason
    assert not inbox(servers, MIA)


def test_an_out_of_office_to_an_acknowledgement_is_filed_and_not_answered(desk, servers):
    desk.receive(letter(MIA))
    acknowledgement = inbox(servers, MIA)[0]
    octets = answer_to(acknowledgement, MIA, "I am away.", "Auto-Submitted: auto-replied")
    decided = desk.receive(octets, to=acknowledgement.reply_to[0].address)
    assert decided[0].ticket.id == 1
    assert decided[0].message.origin.kind is Origin.AUTO_REPLY
    assert len(inbox(servers, MIA)) == 1


def test_an_agents_out_of_office_never_reaches_the_customer(desk, servers):
    desk.receive(letter(MIA))
    notification = inbox(servers, ANN)[0]
    octets = answer_to(notification, ANN, f"{CANARY} away", "Auto-Submitted: auto-replied")
    desk.receive(octets, to=notification.reply_to[0].address)
    assert all(CANARY not in mail.text for mail in inbox(servers, MIA))


def test_an_answer_from_the_shared_mailbox_answers_the_ticket(desk, servers):
    desk.receive(letter(MIA, message_id="m1@home.test"))
    before = len(servers.accepted)
    sent = letter(
        SUPPORT,
        "Re: It is broken",
        "Restart it.",
        "In-Reply-To: <m1@home.test>",
        to=MIA,
        message_id="s1@desk.test",
    )
    servers.put(SUPPORT, "Sent", sent)
    desk.step()
    assert desk.outcomes[-1].ticket.status == "pending"
    assert {m.recipients for m in servers.accepted[before:]} == {(ANN,)}  # who had the notice
    follow_up = letter(MIA, "Re: It is broken", "Thanks", "In-Reply-To: <s1@desk.test>")
    assert desk.receive(follow_up)[0].ticket.id == 1


def test_a_bounce_names_its_ticket_and_silences_the_address(desk, servers):
    desk.receive(letter(MIA))
    ours = servers.accepted[-1]
    returned = next(m for m in inbox(servers, MIA))
    report = (
        f"From: mailer-daemon@home.test\r\nTo: {returned.return_path}\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.home.test\r\n\r\n"
        f"Final-Recipient: rfc822; {MIA}\r\nAction: failed\r\nStatus: 5.1.1\r\n--b\r\n"
        f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{returned.message_id}>\r\n--b--\r\n"
    ).encode()
    servers.deliver(returned.return_path, report)
    desk.step()
    assert ours
    assert desk.outcomes[-1].ticket.id == 1
    assert rows(desk.folder, "select count(*) from ticket")[0][0] == 1
    before = len(inbox(servers, MIA))
    assert "came back" in desk.receive(letter(MIA, "again"))[0].decision.answer.reason
    assert len(inbox(servers, MIA)) == before


def test_silence_is_broken_by_progress_updates_until_somebody_answers(desk, servers):
    desk.receive(letter(MIA))
    desk.clock.skip(hours=23)
    desk.step()
    assert len(inbox(servers, MIA)) == 1
    desk.clock.skip(hours=2)
    desk.step()
    desk.step()
    assert len(inbox(servers, MIA)) == 2
    desk.clock.skip(days=300)  # an outage of most of a year is one update, not eight
    desk.step()
    assert len(inbox(servers, MIA)) == 3
    notification = inbox(servers, ANN)[0]
    desk.receive(answer_to(notification, ANN, "On it."), to=notification.reply_to[0].address)
    desk.clock.skip(days=30)
    assert queue_updates(desk.app.store, desk.app.desk) == 0


def test_solving_a_ticket_tells_the_requester_once(desk, servers):
    desk.receive(letter(MIA))
    for _ in range(2):
        solve_ticket(desk.app.store, desk.app.desk, 1, "Repaired in version 2.")
        desk.step()
    mails = inbox(servers, MIA)
    assert len(mails) == 2
    assert "Repaired in version 2." in mails[-1].text
    decided = desk.receive(
        answer_to(mails[-1], MIA, "It is not!"), to=mails[-1].reply_to[0].address
    )
    assert decided[0].ticket.status == "open"


def test_a_ticket_is_solved_with_an_article(desk, servers):
    article = Article("wifi", "Wifi drops", "Hold the button for ten seconds.")
    told = replace(desk.app.desk, articles={"wifi": article})
    desk.receive(letter(MIA))
    solve_ticket(desk.app.store, told, 1, "", article_id="wifi")
    desk.step()
    assert "Hold the button for ten seconds." in inbox(servers, MIA)[-1].text


def test_a_ticket_whose_update_fails_does_not_hold_up_the_others(desk, servers, monkeypatch):
    desk.receive(letter(MIA))
    desk.receive(letter(BOSS))
    write = follow_up.progress_letter

    def fails_for_the_first(ticket, *rest):
        if ticket.id == 1:
            raise ValueError("broken")
        return write(ticket, *rest)

    monkeypatch.setattr(follow_up, "progress_letter", fails_for_the_first)
    desk.clock.skip(hours=25)
    desk.step()
    assert len(inbox(servers, BOSS)) == 2
    assert len(inbox(servers, MIA)) == 1
    events = rows(desk.folder, "select reason from event where kind = 'update failed'")
    assert events == [("ValueError: broken",)]


def test_the_same_bytes_in_two_places_are_one_message(desk, servers):
    octets = letter(MIA, message_id="m1@home.test")
    desk.receive(octets)
    servers.reset_uidvalidity(SUPPORT)
    deliver(servers, SUPPORT, letter(MIA, "another", "another"))
    desk.step()
    desk.step()
    assert rows(desk.folder, "select count(*) from ticket")[0][0] == 2
    assert len(inbox(servers, MIA)) == 2


def test_a_refused_customer_is_named_and_blocks_nobody(desk, servers):
    desk.receive(letter("gone@bounce.test"))
    desk.receive(letter(MIA))
    states = rows(desk.folder, "select state, reason from outbox where kind = 'acknowledgement'")
    assert [s for s, _ in states] == ["failed", "sent"]
    assert "550" in states[0][1] or "No such user" in states[0][1]
