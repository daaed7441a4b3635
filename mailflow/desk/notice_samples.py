"""Examples of every notice's facts, for previews and for proving a template before it serves. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, assert_never

from mailflow.desk.command_values import FAULT_WORDS
from mailflow.desk.notices import (
    REASON_CODES,
    Acknowledgement,
    AgentAnswered,
    AgentNotification,
    AgentReminder,
    ArticleFacts,
    ArticleUpdate,
    AttachmentFacts,
    Burst,
    BurstLine,
    Closing,
    CommandReceipt,
    DayLine,
    Digest,
    DigestLine,
    DoneFacts,
    FaultFacts,
    NoticeFacts,
    NoticeKind,
    NotSent,
    ProgressUpdate,
    Reminder,
    Reopened,
    Resolution,
    UpdateWarning,
    WeeklyReport,
    plain_facts,
)

# Any: the values of keyword arguments, checked by the constructors they go to.
_DESK: dict[str, Any] = {
    "ticket_number": 12,
    "ticket_tag": "[#12]",
    "support_name": "Example Support",
    "support_address": "support@example.com",
    "organisation": "Example Ltd",
}
_BARE_DESK: dict[str, Any] = {**_DESK, "organisation": "", "support_address": ""}
_ARTICLE = ArticleFacts(
    id="login-loop",
    title="Signing in sends you back to the sign-in page",
    body="This happens when cookies of example.com are blocked.\n\n"
    "1. Allow cookies for example.com.\n2. Close all windows of the browser.\n3. Sign in again.",
    status="workaround",
    confidence=0.93,
)
_LOST: dict[str, Any] = {"largest": 50_000_000}
_TUESDAY = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)
_NO_TICKET: dict[str, Any] = {
    "support_name": "Example Support",
    "support_address": "support@example.com",
    "organisation": "Example Ltd",
}
_DIGEST_LINES = (
    DigestLine(
        number=12,
        subject="Cannot sign in since this morning",
        requester_address="maria@example.org",
        status="new",
        priority="urgent",
        late=True,
        silent_hours=26,
    ),
    DigestLine(number=17, requester_address="ben@example.org", status="on hold", silent_hours=1),
)
_BURST_LINES = (
    (12, "Cannot sign in, error 503", "maria@example.org"),
    (13, "503 when signing in", "ben@example.org"),
    (15, "Sign-in is broken: error 503", "li@example.net"),
)
_DAYS = ((2, 9, 6), (3, 7, 8), (4, 8, 7), (5, 6, 9), (6, 10, 7), (7, 1, 0), (8, 0, 0))
_DONE = {
    "status": "solved",
    "priority": "high",
    "assignee": "ann@example.com",
    "article": "login-loop",
    "tags": "sign-in vpn",
    "snooze": "2026-03-09T08:00+00:00",
    "due": "2026-03-09T08:00+00:00",
    "merge": "#9",
    "split": "#13",
    "open": "#14",
    "note": "message 40",
    "link": "#9",
    "kind": "question",
    "mute": "muted",
    "update": "",
    "queue": "billing",
}
_MOMENTS = dict.fromkeys(("snooze", "due", "update"), _TUESDAY)
_CUSTOMER: dict[str, Any] = {
    "authenticated": True,
    "requester_name": "Maria Sommer",
    "subject_echo": "Cannot sign in since this morning",
}


def sample_facts(kind: NoticeKind) -> dict[str, object]:
    """A rich example of a notice's facts, for previews."""
    return sample_variants(kind)[0]


def sample_variants(kind: NoticeKind) -> tuple[dict[str, object], ...]:
    """Examples that together reach every branch a template may have; the first is the richest, the second the barest."""
    return tuple(plain_facts(facts) for facts in _samples(kind))


def real_variants(kind: NoticeKind, known: Mapping[str, object]) -> tuple[dict[str, object], ...]:
    """The richest and the barest example with a real ticket's facts where the notice tells such facts.

    ``known`` holds them by the names of the fields, more than any one notice tells.
    """
    return tuple(plain_facts(_worn(facts, known)) for facts in _samples(kind)[:2])


def _worn(facts: NoticeFacts, known: Mapping[str, object]) -> NoticeFacts:
    names = {field.name for field in dataclasses.fields(facts)}
    worn: dict[str, Any] = {name: value for name, value in known.items() if name in names}
    return replace(facts, **worn)


def _samples(kind: NoticeKind) -> tuple[NoticeFacts, ...]:
    match kind:
        case NoticeKind.ACKNOWLEDGEMENT:
            return (
                Acknowledgement(
                    **_DESK,
                    **_CUSTOMER,
                    article=_ARTICLE,
                    understood="Since this morning the page sends me back to the sign-in form.\nMaria",
                    files=2,
                    answer_by=_TUESDAY,
                    measured=True,
                    at_work=False,
                    opens_at=_TUESDAY.replace(hour=9),
                    closed_because="We are away until New Year.",
                    if_urgent="If it cannot wait, call +49 89 1234.",
                ),
                Acknowledgement(**_BARE_DESK),
                Acknowledgement(**_DESK, **_CUSTOMER, files=1, answer_by=_TUESDAY),
                Acknowledgement(**_DESK, **_LOST, too_large=True, at_work=False),
                Acknowledgement(
                    **_DESK, **_CUSTOMER, **_LOST, too_large=True, understood="It begins here."
                ),
                Acknowledgement(**_DESK, **_CUSTOMER, **_LOST, text_cut=True, files_unread=True),
                Acknowledgement(**_DESK, article=replace(_ARTICLE, status="known")),
                Acknowledgement(**_DESK, article=replace(_ARTICLE, status="fixed", body="")),
            )
        case NoticeKind.PROGRESS_UPDATE:
            return (
                ProgressUpdate(
                    **_DESK,
                    **_CUSTOMER,
                    taken_by="Jo Park",
                    newly_taken=True,
                    waiting_for_others=True,
                    article=_ARTICLE,
                    newly_linked=True,
                    something_new=True,
                    last_contact_at=datetime(2026, 3, 11, 9, 30, tzinfo=UTC),
                    next_contact_by=datetime(2026, 3, 12, 16, 0, tzinfo=UTC),
                ),
                ProgressUpdate(**_BARE_DESK),
                ProgressUpdate(**_DESK, updates_before=1),
                ProgressUpdate(
                    **_DESK,
                    **_CUSTOMER,
                    taken_by="Jo Park",
                    updates_before=2,
                    last_contact_at=datetime(2026, 3, 11, 9, 30, tzinfo=UTC),
                    article=replace(_ARTICLE, status="fixed"),
                ),
                ProgressUpdate(
                    **_DESK,
                    working_again=True,
                    something_new=True,
                    article=replace(_ARTICLE, status="known"),
                ),
            )
        case NoticeKind.ARTICLE_UPDATE:
            return (
                ArticleUpdate(**_DESK, **_CUSTOMER, article=_ARTICLE),
                ArticleUpdate(**_BARE_DESK, article=replace(_ARTICLE, status="fixed")),
                ArticleUpdate(**_DESK, **_CUSTOMER, article=replace(_ARTICLE, status="fixed")),
            )
        case NoticeKind.RESOLUTION:
            return (
                Resolution(
                    **_DESK,
                    **_CUSTOMER,
                    resolution_text="I have unlocked your account.\nPlease sign in with your old password.",
                    agent_name="Jo Park",
                    article=_ARTICLE,
                    helped_link="mailto:support+4x7@example.com?subject=content",
                    not_helped_link="mailto:support+5y8@example.com?subject=not_content",
                ),
                Resolution(**_BARE_DESK),
                Resolution(**_DESK, **_CUSTOMER, article=_ARTICLE),
            )
        case NoticeKind.REOPENED:
            return (
                Reopened(
                    **_DESK,
                    **_CUSTOMER,
                    answer_by=_TUESDAY,
                    measured=True,
                    at_work=False,
                    opens_at=_TUESDAY.replace(hour=9),
                    if_urgent="If it cannot wait, call +49 89 1234.",
                ),
                Reopened(**_BARE_DESK),
                Reopened(**_DESK, answer_by=_TUESDAY),
                Reopened(**_DESK, **_LOST, too_large=True),
                Reopened(**_DESK, **_CUSTOMER, **_LOST, text_cut=True, files_unread=True),
            )
        case NoticeKind.REMINDER:
            return (
                Reminder(
                    **_DESK,
                    agent_name="Jo Park",
                    requester_name="Maria Sommer",
                    requester_address="maria@example.org",
                    subject="Cannot sign in since this morning",
                    clock="first response",
                    due_at=_TUESDAY,
                    taken_by="Ann Becker",
                    priority="high",
                ),
                Reminder(
                    **_BARE_DESK,
                    requester_address="maria@example.org",
                    clock="next response",
                    due_at=_TUESDAY,
                ),
                Reminder(
                    **_DESK,
                    requester_address="maria@example.org",
                    clock="resolution",
                    due_at=_TUESDAY,
                    breached=True,
                ),
            )
        case NoticeKind.CLOSING:
            return (
                Closing(**_DESK, **_CUSTOMER, closes_at=_TUESDAY, solved=True),
                Closing(**_BARE_DESK, closes_at=_TUESDAY),
                Closing(**_DESK, **_CUSTOMER, closes_at=_TUESDAY),
                Closing(**_DESK, closes_at=_TUESDAY, solved=True),
            )
        case NoticeKind.UPDATE_WARNING:
            return (
                UpdateWarning(
                    **_DESK,
                    agent_name="Jo Park",
                    requester_name="Maria Sommer",
                    requester_address="maria@example.org",
                    subject="Cannot sign in since this morning",
                    leaves_at=_TUESDAY,
                    planned_subject="Re: Cannot sign in since this morning [#12]",
                    planned_text="Hello Maria,\n\nHere is where your request stands.",
                ),
                UpdateWarning(
                    **_BARE_DESK, requester_address="maria@example.org", leaves_at=_TUESDAY
                ),
            )
        case NoticeKind.AGENT_NOTIFICATION:
            return _agent_samples()
        case NoticeKind.DIGEST:
            return (
                Digest(**_NO_TICKET, agent_name="Jo Park", tickets=_DIGEST_LINES, late=1, hidden=3),
                Digest(**_NO_TICKET, tickets=_DIGEST_LINES[1:]),
                Digest(**_NO_TICKET, tickets=_DIGEST_LINES, late=2),
            )
        case NoticeKind.BURST:
            return (
                Burst(
                    **_NO_TICKET,
                    agent_name="Jo Park",
                    title="Cannot sign in, error 503",
                    people=7,
                    since=_TUESDAY,
                    tickets=tuple(
                        BurstLine(number=n, subject=subject, requester_address=address)
                        for n, subject, address in _BURST_LINES
                    ),
                    hidden=4,
                    article_id="cannot-sign-in-error-503",
                ),
                Burst(
                    support_name="Example Support",
                    title="Ticket 12",
                    people=5,
                    since=_TUESDAY,
                    tickets=(BurstLine(number=12, requester_address="maria@example.org"),),
                    article_id="ticket-12",
                ),
            )
        case NoticeKind.REPORT:
            week: dict[str, Any] = {
                "since": datetime(2026, 3, 2, tzinfo=UTC),
                "until": datetime(2026, 3, 8, tzinfo=UTC),
            }
            days = tuple(
                DayLine(day=datetime(2026, 3, day, tzinfo=UTC), opened=opened, solved=solved)
                for day, opened, solved in _DAYS
            )
            return (
                WeeklyReport(
                    **_NO_TICKET,
                    **week,
                    days=days,
                    opened=41,
                    solved=37,
                    still_open=12,
                    answered=39,
                    answer_hours=3.4,
                    sent=58,
                    held=2,
                    quarantined=1,
                ),
                WeeklyReport(**_NO_TICKET, **week, days=tuple(DayLine(day=d.day) for d in days)),
            )
        case NoticeKind.NOT_SENT:
            return (
                NotSent(
                    **_DESK,
                    agent_name="Jo Park",
                    requester_address="maria@example.org",
                    reason="The server of example.org says that the mailbox maria@example.org does not exist.",
                    mend="Check the address, then answer once more.",
                    original_subject="Re: Cannot sign in since this morning [#12]",
                    original_text="Hello Maria,\n\nI have unlocked your account.\n\nJo",
                ),
                NotSent(
                    **_DESK,
                    agent_name="Jo Park",
                    requester_address="maria@example.org",
                    reason="#cloes: there is no command #cloes",
                    reason_code="commands",
                    original_subject="Re: Cannot sign in since this morning [#12]",
                    original_text="#cloes\n\nHello Maria,\n\nI have unlocked your account.\n\nJo",
                    faults=(
                        *(
                            FaultFacts(
                                line="#cloes",
                                code=code,
                                about="#cloes",
                                why=words.format(about="#cloes"),
                                instead="#close",
                            )
                            for code, words in FAULT_WORDS.items()
                        ),
                    ),
                    draft_text="#close\n\nHello Maria,\n\nI have unlocked your account.\n\nJo",
                    draft_link="mailto:support@example.com?subject=Re%3A%20Cannot&body=%23close",
                ),
                *(
                    NotSent(**_BARE_DESK, reason="It held no words.", reason_code=code)
                    for code in ("", "gone", *REASON_CODES.values())
                ),
            )
        case NoticeKind.COMMAND_RECEIPT:
            return (
                CommandReceipt(
                    **_DESK,
                    agent_name="Jo Park",
                    done=tuple(
                        DoneFacts(what=what, value=value, at=_MOMENTS.get(what) if value else None)
                        for what in _DONE
                        for value in (_DONE[what], "")
                    ),
                    answered_to=("maria@example.org", "ben@example.org"),
                    answered_before="Ann Lee",
                    exposed=("ben@example.org",),
                    help=True,
                ),
                CommandReceipt(**_BARE_DESK),
            )
        case NoticeKind.AGENT_ANSWERED:
            return (
                AgentAnswered(
                    **_DESK,
                    answered_by="Ann Lee",
                    requester_name="Maria Sommer",
                    requester_address="maria@example.org",
                    subject="Cannot sign in since this morning",
                    answer_text="Hello Maria,\n\nI have unlocked your account.\n\nAnn",
                ),
                AgentAnswered(
                    **_BARE_DESK,
                    answered_by="ann@example.com",
                    requester_address="maria@example.org",
                ),
            )
        case NoticeKind.AGENT_REMINDER:
            return tuple(
                AgentReminder(**_DESK, **facts)
                for cause in ("assigned", "split", "snooze", "due")
                for facts in _reminders(cause)
            )
        case _:
            assert_never(kind)


def _reminders(cause: str) -> tuple[dict[str, Any], ...]:
    bare = {"cause": cause, "requester_address": "maria@example.org"}
    rich = {
        "by": "Ann Lee",
        "due_at": datetime(2026, 3, 9, 8, 0, tzinfo=UTC),
        "requester_name": "Maria Sommer",
        "subject": "Cannot sign in since this morning",
        "last_text": "It works again, thank you.",
    }
    return {**bare, **rich}, bare


def _agent_samples() -> tuple[NoticeFacts, ...]:
    return (
        AgentNotification(
            **_DESK,
            is_new=True,
            requester_name="Maria Sommer",
            requester_address="maria@example.org",
            verified=True,
            subject="Cannot sign in since this morning",
            new_text="Hello,\n\nsince this morning the page sends me back to the sign-in form each time.\n\n"
            "I need the report by noon, can you help?\n\nMaria",
            hidden_lines=4,
            attachments=(AttachmentFacts(name="screenshot.png", size=48_213),),
            priority="high",
            priority_confidence=0.87,
            articles=(
                replace(_ARTICLE, call="1"),
                ArticleFacts(
                    id="password-reset", call="2", title="Resetting a password", confidence=0.24
                ),
            ),
            because=("“sign in”, “by noon”", "like ticket 7"),
        ),
        AgentNotification(**_BARE_DESK, is_new=True, requester_address="stranger@example.org"),
        AgentNotification(
            **_DESK,
            is_new=False,
            requester_name="Maria Sommer",
            requester_address="maria@example.org",
            written_by="Ben Sommer <ben@example.org>",
            subject="Re: Cannot sign in since this morning",
            new_text="It works again, thank you.",
            hidden_lines=1,
            previous_messages=3,
            status="open",
            reopened=True,
            priority="normal",
            priority_confidence=0.41,
            priority_abstained=True,
        ),
    )
