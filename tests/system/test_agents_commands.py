"""Commands and notes by mail, through the real door: what each does, and that no customer ever sees one.

Every scenario runs with the mailbox in real Dovecot and in the embedded server, which the demo shows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qs, unquote

import pytest
from sqlalchemy import update

from mailflow.config import ConfigError
from mailflow.demo.servers import EmbeddedServers
from mailflow.desk.changes import Delete
from mailflow.desk.suggestion import ArticleSuggestion, Suggestion
from mailflow.desk.ticket import Article
from mailflow.flow.changes import change_ticket
from mailflow.store import tables as t
from tests.daemon import rows
from tests.desks import Desk, answer_to, inbox, letter
from tests.dovecot import Dovecot, require_dovecot

SUPPORT, ANN, BOB = "support@desk.test", "ann@desk.test", "bob@desk.test"
MIA, BOSS, BILLING = "mia@home.test", "boss@home.test", "billing@desk.test"
AGENTS = (
    f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'
    f'[[agents]]\naddress = "{BOB}"\nname = "Bob"\n'
    f'[[queues]]\nname = "billing"\naddresses = ["{BILLING}"]\nagents = ["{BOB}"]\n'
)


class OnDovecot:
    """The embedded servers, but the desk's own mailbox lies in Dovecot."""

    def __init__(self, embedded: EmbeddedServers, dovecot: Dovecot) -> None:
        self.imap_port, self.smtp_port = dovecot.port, embedded.smtp_port
        self.users = {SUPPORT: dovecot.password}
        self.messages = embedded.messages
        self._dovecot = dovecot

    def deliver(self, to: str, octets: bytes, envelope_sender: str) -> None:
        assert to == SUPPORT
        self._dovecot.deliver(to, octets)

    def put(self, user: str, folder: str, octets: bytes) -> None:
        self._dovecot.deliver(user, octets, folder)


@pytest.fixture(scope="module")
def one_dovecot():
    require_dovecot()
    with Dovecot(users=[SUPPORT]) as server:
        yield server


@pytest.fixture(params=["embedded", "dovecot"])
def servers(request):
    with EmbeddedServers([SUPPORT, ANN, BOB, MIA, BOSS]) as running:
        if request.param == "dovecot":
            yield OnDovecot(running, request.getfixturevalue("one_dovecot"))
        else:
            yield running


@pytest.fixture
def desk(servers, tmp_path):
    running = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENTS)
    yield running
    running.close()
    for mail in to_customers(servers):
        shown = f"{mail.subject}\n{mail.text}\n{mail.html or ''}"
        assert "CANARY" not in shown
        assert "[internal" not in shown
        assert not re.search(r"^\s*#\s?[a-z]", mail.text, re.MULTILINE)


def newest(servers, user):
    return inbox(servers, user)[-1]


def command(desk, servers, text, agent=ANN, *fields, notice=None):
    """``agent`` answers the newest notification with ``text``; the receipt or what else came back."""
    before = len(inbox(servers, agent))
    desk.receive(answer_to(notice or newest(servers, agent), agent, text, *fields))
    return inbox(servers, agent)[before:]


def opened(desk, subject="It is broken", author=MIA):
    return desk.receive(letter(author, subject))[0].ticket.id


def ticket(desk, number=1):
    row = rows(
        desk.folder,
        "select status, priority, assignee, snoozed_until, due_at, merged_into, muted, kind, queue"
        f" from ticket where id = {number}",
    )[0]
    names = [
        "status",
        "priority",
        "assignee",
        "snoozed_until",
        "due_at",
        "merged_into",
        "muted",
        "kind",
        "queue",
    ]
    return dict(zip(names, row, strict=True))


def to_customers(servers):
    return [m for who in (MIA, BOSS) for m in inbox(servers, who)]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("#Solved", "status", "solved"),
        ("＃on hold", "status", None),
        ("#hold.", "status", "on hold"),
        ("\ufeff#urgent", "priority", "urgent"),
        ("#assign Bob", "assignee", BOB),
        ("#claim", "assignee", ANN),
        ("#kind question", "kind", "question"),
        ("#queue billing", "queue", "billing"),
        ("#mute", "muted", 1),
    ],
)
def test_a_command_alone_changes_the_ticket_and_tells_the_customer_nothing(
    desk, servers, text, field, value
):
    opened(desk)
    utf8 = ("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
    receipts = command(desk, servers, text, ANN, *utf8)
    assert len(receipts) == 1
    if value is None:
        assert receipts[0].subject.startswith("Not sent")
    else:
        assert ticket(desk)[field] == value
        assert receipts[0].subject.startswith("Done")
    assert len(to_customers(servers)) == 1  # the acknowledgement
    assert rows(desk.folder, "select count(*) from outbox where state != 'sent'") == [(0,)]


def test_commands_leave_the_answer_they_stand_above(desk, servers):
    opened(desk)
    command(desk, servers, "#solved\r\n#tag vpn\r\n\r\nRestart it, please.\r\n\r\nAnn")
    answer = newest(servers, MIA)
    assert answer.text.strip() == "Restart it, please.\n\nAnn"
    assert ticket(desk)["status"] == "solved"
    assert rows(desk.folder, "select tag from ticket_tag") == [("vpn",)]
    kinds = rows(desk.folder, "select kind, detail from event where kind in ('status', 'tags')")
    assert all(ANN in detail for kind, detail in kinds if kind == "tags")


@pytest.mark.parametrize(
    "text",
    [
        "#cloes\r\n\r\nRestart it.",
        "Restart it.\r\n#solved",
        "#snooze someday\r\nRestart it.",
        "#merge 99\r\nRestart it.",
        "#article nothing-like-it",
        "#assign carol\r\n#solved\r\nRestart it.",
    ],
)
def test_a_mistyped_command_sends_nothing_and_comes_back(desk, servers, text):
    opened(desk)
    status = ticket(desk)["status"]
    back = command(desk, servers, text)
    assert [m.subject.startswith("Not sent") for m in back] == [True]
    assert "Nothing was sent" in back[0].text
    assert len(to_customers(servers)) == 1
    assert ticket(desk) | {"assignee": None} == ticket(desk)
    assert ticket(desk)["status"] == status


def test_what_comes_back_holds_a_draft_to_send(desk, servers):
    opened(desk)
    back = command(desk, servers, "#slved\r\n\r\nRestart it & wait, 100 %.")[0]
    assert "#solved\n\nRestart it & wait, 100 %." in back.text
    address, _, fields = re.search(r"mailto:(\S+)", back.text)[1].partition("?")
    named = parse_qs(fields, strict_parsing=True)
    draft = letter(ANN, named["subject"][0], named["body"][0], to=unquote(address))
    desk.receive(draft)
    assert newest(servers, MIA).text.strip() == "Restart it & wait, 100 %."
    assert ticket(desk)["status"] == "solved"


def test_a_draft_too_long_for_a_link_stands_in_the_mail(desk, servers):
    opened(desk)
    back = command(desk, servers, "#slved\r\n\r\n" + "Restart it and wait.\r\n" * 120)[0]
    assert "mailto:" not in back.text
    assert "#solved\n\nRestart it and wait.\n" in back.text


def test_nothing_internal_is_in_any_mail_to_a_customer(desk, servers):
    with_articles(desk)
    opened(desk, "CANARY of another customer", BOSS)
    mine = opened(desk)
    planted = {"articles": [{"article_id": "CANARY", "confidence": 0.4}], "because": ["CANARY"]}
    with desk.app.store.begin() as work:
        work.tickets._connection.execute(update(t.message).values(suggestion=planted))
        work.tickets.note_event(mine, "note", "CANARY", desk.clock(), to="CANARY")
    for text in (
        "#note\r\nCANARY he shouts",
        "#tag canary\r\n#due 3d\r\n\r\nWe look at it.",
        "#make-article CANARY\r\n\r\nHold it.",
        "#link 1\r\n#article wifi",
        "#note CANARY " + "x" * 400,
        "#slved\r\nCANARY",
        "#solved",
    ):
        command(desk, servers, text)
    theirs = inbox(servers, MIA)
    assert len(theirs) >= 4
    assert not [m for m in theirs if "canary" in f"{m.subject}{m.text}{m.html}".lower()]


def test_a_long_command_line_reaches_no_customer(desk, servers):
    opened(desk)
    for line in ("#note CANARY " + "he shouts " * 60, "Hello,\r\n#note CANARY " + "x " * 300):
        assert "Nothing was sent" in command(desk, servers, line)[0].text
    assert len(to_customers(servers)) == 1


def test_a_note_stays_internal_to_its_last_word(desk, servers):
    opened(desk)
    command(desk, servers, "#note\r\nCANARY: this customer shouts.\r\n#solved")
    assert ticket(desk)["status"] == "new"
    command(desk, servers, "Restart it, please.")
    assert "CANARY" not in "".join(m.text for m in to_customers(servers))
    assert rows(desk.folder, "select count(*) from event where kind = 'note'") == [(1,)]


def test_a_merged_ticket_is_followed_by_mail_of_every_kind(desk, servers):
    first, second = opened(desk), opened(desk, "Still broken", BOSS)
    to_first = newest(servers, MIA)
    command(desk, servers, f"#merge {first}")
    assert ticket(desk, second)["merged_into"] == first
    to_second = newest(servers, BOSS)
    said = desk.receive(answer_to(to_second, BOSS, "More about it."))[0]
    assert said.ticket.id == first
    tagged = letter(BOSS, f"Again [#{second}]", "Also this.")
    assert desk.receive(tagged)[0].ticket.id == first
    command(desk, servers, "Here you both are.")
    assert [newest(servers, who).text.strip() for who in (MIA, BOSS)] == ["Here you both are."] * 2
    assert desk.receive(answer_to(to_first, MIA, "Thanks."))[0].ticket.id == first


def test_a_message_split_off_is_a_ticket_of_its_sender(desk, servers):
    opened(desk)
    other = answer_to(newest(servers, MIA), MIA, "By the way, the bill is wrong.")
    desk.receive(other)
    command(desk, servers, "#split")
    assert rows(
        desk.folder, "select id, ticket_id from message where new_text like 'By the way%'"
    ) == [(rows(desk.folder, "select id from message where new_text like 'By the way%'")[0][0], 2)]
    assert rows(desk.folder, "select ticket_id, other_id, kind from ticket_link") == [
        (2, 1, "split from")
    ]
    before = len(inbox(servers, MIA))
    command(desk, servers, "We look at the bill.")
    assert len(inbox(servers, MIA)) == before + 1


def test_a_mail_opens_a_ticket_for_somebody_else(desk, servers):
    opened(desk)
    back = command(desk, servers, f"#for {BOSS}\r\nHe rang: the bill is wrong.")
    told = next(m for m in back if "New ticket 2" in m.text)
    assert rows(
        desk.folder, "select address from participant where ticket_id = 2 and role = 'requester'"
    ) == [(BOSS,)]
    assert inbox(servers, BOSS) == []
    command(desk, servers, "Dear Boss, we look at it.", notice=told)
    assert newest(servers, BOSS).text.strip() == "Dear Boss, we look at it."
    assert "rang" not in newest(servers, BOSS).text


def test_what_was_done_is_undone(desk, servers):
    opened(desk)
    before = ticket(desk)
    command(desk, servers, "#claim\r\n#tag vpn dns\r\n#snooze 3d\r\n#due friday\r\n#mute")
    assert rows(desk.folder, "select tag from ticket_tag order by tag") == [("dns",), ("vpn",)]
    assert all(ticket(desk)[f] for f in ("assignee", "snoozed_until", "due_at", "muted"))
    command(desk, servers, "#unassign\r\n#untag vpn dns\r\n#wake\r\n#due none\r\n#unmute")
    assert rows(desk.folder, "select tag from ticket_tag") == []
    assert ticket(desk) == before
    assert len(to_customers(servers)) == 1  # the acknowledgement


def test_a_deleted_ticket_stays_deleted(desk, servers):
    opened(desk)
    notice, known = newest(servers, ANN), newest(servers, MIA)
    with desk.app.store.begin() as work:
        change_ticket(work, desk.app.desk, 1, Delete(), by="admin")
    back = command(desk, servers, "#open\r\nRestart it.", notice=notice)
    assert back[0].subject.startswith("Not sent")
    said = desk.receive(answer_to(known, MIA, "Is anybody there?"))[0]
    assert said.ticket.id == 2
    assert said.decision.thread.linked_to == 1
    assert "was deleted" in said.decision.thread.reason
    assert ticket(desk)["status"] == "closed"


def test_files_travel_with_an_answer(desk, servers):
    opened(desk)
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\n#high\r\n\r\nSee the plan.\r\n"
        "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\n"
        "%PDF-1\r\n--b--\r\n"
    )
    to = newest(servers, ANN).reply_to[0].address
    fields = ("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b")
    desk.receive(letter(ANN, "Re: It is broken", body, *fields, to=to))
    answer = newest(servers, MIA)
    assert answer.new_text.strip() == "See the plan."
    assert [(a.filename, a.content) for a in answer.attachments] == [("plan.pdf", b"%PDF-1")]


def test_people_in_copy_stay_in(servers, tmp_path):
    """Who is vouched for brings people along, and they get every answer beside the customer."""
    env = {"MAILFLOW_MAILBOX__AUTHSERV_ID": "mx.desk.test"}
    desk = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENTS, env=env)

    def arrives(author, subject, body, *fields, to=SUPPORT):
        domain = author.partition("@")[2]
        passed = f"Authentication-Results: mx.desk.test; dmarc=pass header.from={domain}"
        servers.put(SUPPORT, "INBOX", letter(author, subject, body, passed, *fields, to=to))
        desk.step()

    arrives(MIA, "It is broken", "Please help.", f"Cc: {BOSS}")
    arrives(ANN, "Re: It is broken", "Restart it.", to=newest(servers, ANN).reply_to[0].address)
    for who in (MIA, BOSS):
        answer = newest(servers, who)
        assert answer.new_text.strip() == "Restart it."
        assert [a.address for a in (*answer.to, *answer.cc)] == [MIA, BOSS]
    desk.close()


def test_an_answer_becomes_the_draft_of_an_article(desk, servers):
    opened(desk)
    command(desk, servers, "#make-article A stuck button\r\n\r\nHold the button.")
    assert newest(servers, MIA).text.strip() == "Hold the button."
    assert rows(desk.folder, "select id, title, body, status from article") == [
        ("a-stuck-button", "A stuck button", "Hold the button.", "draft")
    ]


def with_articles(desk, without=""):
    known = [
        Article("printer", "Printer", "Switch it on."),
        Article("wifi", "Wifi does not connect", "Hold the button."),
    ]
    desk.app.desk = replace(desk.app.desk, articles={a.id: a for a in known if a.id != without})


def test_an_article_is_sent_in_the_agents_name(desk, servers):
    with_articles(desk)
    opened(desk)
    command(desk, servers, "#article wifi\r\n#solved")
    assert "Hold the button." in newest(servers, MIA).text
    assert rows(desk.folder, "select article_id, status from ticket") == [("wifi", "solved")]


class Suggests:
    """Stands for a model: these articles, whatever is asked."""

    def __init__(self, *articles):
        self._said = Suggestion(articles=tuple(ArticleSuggestion(a, 0.4) for a in articles))

    def suggest_many(self, asked):
        return [self._said for _ in asked]


def commands_offered(notice):
    return re.findall(r"^- (#article \S+): ", notice.text, re.MULTILINE)


def test_an_article_is_sent_by_the_command_the_notice_lists(desk, servers):
    with_articles(desk)
    desk.app.suggests = Suggests("gone", "printer", "wifi")
    opened(desk)
    notice = newest(servers, ANN)
    assert commands_offered(notice) == ["#article 2", "#article 3"]
    assert "Not sent" in command(desk, servers, "#article 1", notice=notice)[0].subject
    with_articles(desk, without="printer")  # deleted since: the numbers stay
    assert "Not sent" in command(desk, servers, "#article 2", notice=notice)[0].subject
    command(desk, servers, "#article 3", notice=notice)
    assert "Hold the button." in newest(servers, MIA).text
    assert rows(desk.folder, "select article_id from ticket") == [("wifi",)]


def test_an_article_that_is_called_by_a_number_keeps_it(desk, servers):
    with_articles(desk)
    desk.app.suggests = Suggests("printer", "wifi")
    desk.app.desk.articles["2"] = Article("2", "Paper jam", "Open the flap.")
    opened(desk)
    notice = newest(servers, ANN)
    assert commands_offered(notice) == ["#article 1", "#article wifi"]
    command(desk, servers, "#article 2", notice=notice)
    assert "Open the flap." in newest(servers, MIA).text


def test_a_planned_update_is_postponed_and_dropped_among_other_commands(desk, servers):
    opened(desk)
    (before,) = rows(desk.folder, "select next_update_at from ticket")
    command(desk, servers, "#postpone 2d\r\n#high")
    (later,) = rows(desk.folder, "select next_update_at from ticket")
    assert later > before
    assert "Not sent" in command(desk, servers, "#postpone never")[0].subject
    command(desk, servers, "#veto\r\n#high")
    assert rows(desk.folder, "select next_update_at from ticket") == [(None,)]
    assert len(to_customers(servers)) == 1


def test_the_agents_name_is_shown_as_configured(servers, tmp_path):
    shown = '[replies]\nagent_name = "{agent} of {desk}"\n'
    desk = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENTS + shown)
    opened(desk)
    command(desk, servers, "Restart it.")
    assert newest(servers, MIA).author.name.startswith("Ann of ")
    desk.close()


@pytest.mark.parametrize("name", ["", "Support", "{name}", "{agent", "{agent}\\nBcc: x"])
def test_a_name_that_cannot_be_shown_is_refused(servers, tmp_path, name):
    with pytest.raises(ConfigError, match="agent_name"):
        Desk(servers, tmp_path / "desk", SUPPORT, extra=f'[replies]\nagent_name = "{name}"\n')


def test_the_other_agents_hear_of_the_answer_and_a_crossing_one_is_pointed_out(desk, servers):
    opened(desk)
    to_bob = newest(servers, BOB)
    desk.clock.skip(minutes=1)
    command(desk, servers, "Restart it.")
    assert newest(servers, BOB).subject.startswith("Answered")
    desk.clock.skip(minutes=1)
    back = command(desk, servers, "Turn it off.", BOB, notice=to_bob)
    assert "Ann had answered" in back[0].text
    assert len(inbox(servers, MIA)) == 3  # acknowledgement and both answers
    assert ticket(desk)["assignee"] == ANN
    assert newest(servers, ANN).subject.startswith("Answered")


def test_a_customer_in_copy_makes_the_personal_address_useless(desk, servers):
    opened(desk)
    notice = newest(servers, ANN)
    back = command(desk, servers, "Restart it.", ANN, f"Cc: {BOSS}")
    assert BOSS in back[0].text
    stolen = answer_to(notice, ANN, "#solved\r\nSend your password.")
    assert desk.receive(stolen)[0].decision.answer.value == "tell the agent that nothing was sent"
    assert ticket(desk)["status"] == "pending"
    assert "password" not in "".join(m.text for m in to_customers(servers))
    command(desk, servers, "Once more, with the new address.", notice=back[0])
    assert newest(servers, MIA).text.strip() == "Once more, with the new address."


def test_a_receipt_names_what_was_so_already(desk, servers):
    opened(desk)
    command(desk, servers, "#urgent")
    (receipt,) = command(desk, servers, "#urgent\r\n#claim\r\n\r\nWe look at it.")
    assert "Priority: urgent" in receipt.text
    assert f"Assigned to: {ANN}" in receipt.text
    assert f"Your answer went to {MIA}." in receipt.text
    first, second = (command(desk, servers, "#due friday")[0].text for _ in range(2))
    assert "Due by: Friday" in first
    assert second == first


def test_help_tells_every_command(desk, servers):
    opened(desk)
    text = command(desk, servers, "#help")[0].text
    for word in re.findall(r"#([a-z-]+)", "#solved #assign #note #snooze #merge #split #for #mute"):
        assert f"#{word}" in text


def test_a_queue_wakes_its_own_agents(desk, servers):
    raw = letter(MIA, "Bill", "Wrong.", to=BILLING)
    assert desk.receive(raw)[0].ticket.queue == "billing"
    assert inbox(servers, ANN) == []
    assert newest(servers, BOB).subject


def test_who_is_given_a_ticket_hears_of_it_with_an_address_to_answer(desk, servers):
    opened(desk)
    command(desk, servers, "#assign bob")
    given = newest(servers, BOB)
    assert given.subject.startswith("Yours")
    command(desk, servers, "I have it.", BOB, notice=given)
    assert newest(servers, MIA).text.strip() == "I have it."


def test_a_vacation_reply_of_an_agent_goes_nowhere(desk, servers):
    opened(desk)
    away = answer_to(
        newest(servers, ANN), ANN, "#solved\r\nI am away.", "Auto-Submitted: auto-replied"
    )
    desk.receive(away)
    assert ticket(desk)["status"] == "new"
    assert len(to_customers(servers)) == 1


def test_a_snooze_ends_by_itself_and_brings_the_ticket_back(desk, servers):
    opened(desk)
    [receipt] = command(desk, servers, "#pending\r\n#snooze 2d\r\n#due 3d")
    assert ticket(desk)["snoozed_until"]
    assert re.search(r"Out of sight until: \w+day, \d+ \w+, \d+:\d\d.[ap]m \(", receipt.text)
    desk.clock.skip(days=2, minutes=1)
    desk.step()
    assert (ticket(desk)["snoozed_until"], ticket(desk)["status"]) == (None, "open")
    woken = newest(servers, BOB)
    assert woken.subject.startswith("Awake again")
    desk.clock.skip(days=1)
    desk.step()
    desk.step()
    assert [m.subject.split(":")[0] for m in inbox(servers, BOB)].count("Due") == 1
