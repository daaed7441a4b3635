"""The mails mailflow writes by itself, and the facts each may tell. Pure.

A notice's template sees exactly the fields of its facts here, as plain data, and nothing else;
the comment of each field is the reference an admin reads. A mail to somebody who has not proven
to be who From says carries none of their words: such facts drop them when they are made, whatever
the caller passed.
"""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated


class NoticeKind(enum.StrEnum):
    """The value is the name of the template folder."""

    ACKNOWLEDGEMENT = "acknowledgement"  # to the requester: we have it
    AGENT_NOTIFICATION = "agent_notification"  # to agents: somebody wrote
    PROGRESS_UPDATE = "progress_update"  # to the requester: what happened since
    ARTICLE_UPDATE = "article_update"  # to the requester: news of the known issue they wait for
    RESOLUTION = "resolution"  # to the requester: this is solved
    DIGEST = "digest"  # to an agent, daily: what is open and what is late
    REPORT = "report"  # to the admin: how the desk does
    NOT_SENT = "not_sent"  # to an agent: your answer did not leave
    REOPENED = "reopened"  # to the requester: your reply opened it again
    REMINDER = "reminder"  # to an agent: a response clock runs out, or ran out
    UPDATE_WARNING = "update_warning"  # to an agent: this progress update leaves soon
    COMMAND_RECEIPT = "command_receipt"  # to an agent: this is what your commands did
    AGENT_ANSWERED = "agent_answered"  # to an agent: somebody else answered
    AGENT_REMINDER = "agent_reminder"  # to an agent: assigned to you, awake again, or due
    CLOSING = "closing"  # to the requester: this closes by itself unless they write
    BURST = "burst"  # to an agent: many people report the same at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFacts:
    id: Annotated[str, "the article's short name, such as login-loop"] = ""
    call: Annotated[str, "what #article takes to send it, such as 2 (agents only)"] = ""
    title: Annotated[str, "the article's title"]
    body: Annotated[str, "the article's text"] = ""
    status: Annotated[str, "known, workaround or fixed"] = "known"
    confidence: Annotated[float | None, "how sure the suggestion is, 0 to 1 (agents only)"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentFacts:
    name: Annotated[str, "what the sender called the file"]
    size: Annotated[int, "octets"] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What every notice may tell."""

    ticket_number: Annotated[int, "the ticket's number, 12"]
    ticket_tag: Annotated[str, "the ticket's mark in a subject, [#12]"]
    support_name: Annotated[str, "who signs, such as 'Example Support'"]
    support_address: Annotated[str, "the address customers write to"] = ""
    organisation: Annotated[str, "whose desk this is, such as 'Example Ltd'; may be empty"] = ""


_MAX_NAME = 80  # characters; an automatic mail stays small whatever came in
_MAX_ECHO = 200
_MAX_BEGINNING = 300
_MAX_LINES = 6


def _one_line(text: str, limit: int) -> str:
    line = " ".join(text[: 4 * limit].split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _beginning(text: str) -> str:
    """The first lines of a text, cut between words."""
    lines = [line.rstrip() for line in text[: 4 * _MAX_BEGINNING].splitlines() if line.strip()]
    start = "\n".join(lines[:_MAX_LINES])
    if len(start) > _MAX_BEGINNING:
        return start[:_MAX_BEGINNING].rpartition(" ")[0].rstrip() + " …"
    return start + (" …" if len(lines) > _MAX_LINES else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts(NoticeFacts):
    """What a notice to the requester may tell besides. Their words only where they are authenticated."""

    authenticated: Annotated[bool, "whether From was proven; if not, the next two are None"] = False
    requester_name: Annotated[str | None, "the requester's name, or None: greet neutrally"] = None
    subject_echo: Annotated[str | None, "the subject they wrote, without Re:, or None"] = None
    priority: Annotated[str, "low, normal, high or urgent; no shipped wording tells it"] = "normal"

    def __post_init__(self) -> None:
        keep = self.authenticated
        name = _one_line(self.requester_name or "", _MAX_NAME) if keep else ""
        echo = _one_line(self.subject_echo or "", _MAX_ECHO) if keep else ""
        object.__setattr__(self, "requester_name", name or None)
        object.__setattr__(self, "subject_echo", echo or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrived(CustomerFacts):
    """What of a mail was not taken, and when an answer may come, computed and never promised in the wording."""

    too_large: Annotated[
        bool, "whether only the beginning arrived: the mail was larger than we take"
    ] = False
    largest: Annotated[int, "the largest mail we take, in octets"] = 0
    text_cut: Annotated[bool, "whether their text was longer than we read"] = False
    files_unread: Annotated[bool, "whether some of what they attached could not be read"] = False
    answer_by: Annotated[datetime | None, "when an answer may be expected, or None: unknown"] = None
    measured: Annotated[bool, "whether answer_by comes from real answers, not from an aim"] = False
    at_work: Annotated[bool, "whether people are at work now"] = True
    opens_at: Annotated[datetime | None, "when work begins again, if nobody is at work"] = None
    closed_because: Annotated[str, "what you wrote about the closure; may be empty"] = ""
    if_urgent: Annotated[str, "what to do if it is urgent, as configured; may be empty"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(_Arrived):
    article: Annotated[ArticleFacts | None, "an article that surely fits, or None"] = None
    understood: Annotated[str | None, "how their text begins (proven senders only), or None"] = None
    files: Annotated[int, "how many files came along, all whole (proven senders only), or 0"] = 0

    def __post_init__(self) -> None:
        CustomerFacts.__post_init__(self)
        words = self.understood.strip() if self.authenticated and self.understood else ""
        object.__setattr__(self, "understood", _beginning(words) or None)
        whole = self.authenticated and not (self.too_large or self.files_unread)
        object.__setattr__(self, "files", self.files if whole else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(_Arrived):
    """A solved ticket is open again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUpdate(CustomerFacts):
    taken_by: Annotated[str | None, "the agent who has the ticket, or None"] = None
    newly_taken: Annotated[bool, "whether taken_by took it since our last mail"] = False
    waiting_for_others: Annotated[bool, "whether we wait for somebody outside the desk"] = False
    working_again: Annotated[bool, "whether that wait ended since our last mail"] = False
    article: Annotated[ArticleFacts | None, "the known issue it was linked to, or None"] = None
    newly_linked: Annotated[bool, "whether that was since our last mail"] = False
    something_new: Annotated[bool, "whether anything happened since our last mail"] = False
    last_contact_at: Annotated[datetime | None, "when we last wrote, or None: not yet"] = None
    updates_before: Annotated[int, "how many updates went out since anybody wrote"] = 0
    next_contact_by: Annotated[datetime | None, "when we write again at the latest, or None"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleUpdate(CustomerFacts):
    article: Annotated[ArticleFacts, "the known issue; its status is workaround or fixed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder(NoticeFacts):
    agent_name: Annotated[str | None, "the reader's name, or None"] = None
    requester_name: Annotated[str, "the requester's name; may be empty"] = ""
    requester_address: Annotated[str, "who waits"]
    subject: Annotated[str, "the ticket's subject; may be empty"] = ""
    clock: Annotated[str, "first response, next response or resolution"]
    due_at: Annotated[datetime, "when it is or was due"]
    breached: Annotated[bool, "whether that moment has passed"] = False
    taken_by: Annotated[str | None, "who has the ticket, or None"] = None
    priority: Annotated[str, "low, normal, high or urgent"] = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWarning(NoticeFacts):
    agent_name: Annotated[str | None, "the agent's name, or None"] = None
    requester_name: Annotated[str, "the requester's name; may be empty"] = ""
    requester_address: Annotated[str, "who will get the update"]
    subject: Annotated[str, "the ticket's subject; may be empty"] = ""
    leaves_at: Annotated[datetime, "when the update leaves"]
    planned_subject: Annotated[str, "the update's subject"] = ""
    planned_text: Annotated[str, "the update as it stands now"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution(CustomerFacts):
    resolution_text: Annotated[str, "what the agent wrote; may be empty"] = ""
    agent_name: Annotated[str | None, "who solved it, or None"] = None
    article: Annotated[ArticleFacts | None, "the article that solves it, or None"] = None
    helped_link: Annotated[str | None, "a mailto link that says: it helped, or None"] = None
    not_helped_link: Annotated[str | None, "a mailto link that says: it did not, or None"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(CustomerFacts):
    closes_at: Annotated[datetime, "when the ticket closes unless they write"]
    solved: Annotated[bool, "whether it was marked as solved; else we wait for their answer"] = (
        False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNotification(NoticeFacts):
    is_new: Annotated[bool, "True for a new ticket, False for a further message"]
    requester_name: Annotated[str, "the requester's name; may be empty"] = ""
    requester_address: Annotated[str, "the requester's address"]
    written_by: Annotated[str | None, "who wrote, when it was not the requester, or None"] = None
    verified: Annotated[bool, "whether From was proven by a server we trust"] = False
    subject: Annotated[str, "the subject as written; may be empty"] = ""
    new_text: Annotated[str, "what was newly written, without quotes and signature"] = ""
    hidden_lines: Annotated[int, "how many quoted or signature lines were left out"] = 0
    attachments: Annotated[tuple[AttachmentFacts, ...], "the files that came along"] = ()
    previous_messages: Annotated[int, "how many messages the ticket already had"] = 0
    status: Annotated[str, "the ticket's status now: new, open, pending, …"] = "new"
    reopened: Annotated[bool, "whether this message reopened the ticket"] = False
    priority: Annotated[str | None, "low, normal, high or urgent, or None: nothing suggested"] = (
        None
    )
    priority_confidence: Annotated[float | None, "how sure the priority is, 0 to 1"] = None
    priority_abstained: Annotated[bool, "True: the priority is only a guess"] = False
    articles: Annotated[tuple[ArticleFacts, ...], "suggested articles, best first"] = ()
    because: Annotated[tuple[str, ...], "the words and past tickets that decided"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFacts:
    """A line that looks like a command and is none."""

    line: Annotated[str, "the line as written; may be empty"] = ""
    code: Annotated[str, "what is wrong with it, for words in other languages; may be empty"] = ""
    about: Annotated[str, "the word, name or moment it is about; may be empty"] = ""
    why: Annotated[str, "what is wrong with it, in English"]
    instead: Annotated[str, "the line that was perhaps meant; may be empty"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent(NoticeFacts):
    agent_name: Annotated[str | None, "the agent's name, or None"] = None
    requester_address: Annotated[str, "who did not get the answer; may be empty"] = ""
    reason: Annotated[str, "why the answer did not leave, one sentence"]
    mend: Annotated[str | None, "what to do about it, one sentence, or None"] = None
    original_subject: Annotated[str, "the subject of the answer; may be empty"] = ""
    original_text: Annotated[str, "what the agent wrote"] = ""
    reason_code: Annotated[
        str, "which reason it is, for words in other languages; may be empty"
    ] = ""
    faults: Annotated[tuple[FaultFacts, ...], "what is wrong with the commands"] = ()
    draft_text: Annotated[str, "the mail with its commands mended; may be empty"] = ""
    draft_link: Annotated[str, "a mailto: link that opens the mended mail; may be empty"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    number: Annotated[int, "the ticket's number"]
    subject: Annotated[str, "its subject; may be empty"] = ""
    requester_address: Annotated[str, "who asked"] = ""
    status: Annotated[str, "new, open or on hold"] = "open"
    priority: Annotated[str, "low, normal, high or urgent"] = "normal"
    late: Annotated[bool, "whether the customer has waited too long for a word"] = False
    silent_hours: Annotated[int, "hours since anything happened"] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts(NoticeFacts):
    """What a notice about many tickets may tell."""

    ticket_number: Annotated[int, "0: this mail is about many tickets"] = 0
    ticket_tag: Annotated[str, "empty: this mail is about many tickets"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(ReportFacts):
    agent_name: Annotated[str | None, "the agent's name, or None"] = None
    tickets: Annotated[tuple[DigestLine, ...], "tickets that wait for the agent, late ones first"]
    late: Annotated[int, "how many of them are late"] = 0
    hidden: Annotated[int, "how many more there are than are listed"] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstLine:
    number: Annotated[int, "the ticket's number"]
    subject: Annotated[str, "its subject; may be empty"] = ""
    requester_address: Annotated[str, "who wrote"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst(ReportFacts):
    agent_name: Annotated[str | None, "the agent's name, or None"] = None
    title: Annotated[str, "what they report: the most typical ticket's subject"]
    people: Annotated[int, "how many different people report it"]
    since: Annotated[datetime, "when the first of them wrote"]
    tickets: Annotated[tuple[BurstLine, ...], "their tickets, oldest first"]
    hidden: Annotated[int, "how many more there are than are listed"] = 0
    article_id: Annotated[str, "the draft article that was made of it"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    day: Annotated[datetime, "the day, where the desk is"]
    opened: Annotated[int, "tickets opened"] = 0
    solved: Annotated[int, "tickets solved or closed"] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReport(ReportFacts):
    since: Annotated[datetime, "the first day of the week, where the desk is"]
    until: Annotated[datetime, "its last day"]
    days: Annotated[tuple[DayLine, ...], "the week day by day, for a chart"] = ()
    opened: Annotated[int, "tickets opened"] = 0
    solved: Annotated[int, "tickets solved or closed"] = 0
    still_open: Annotated[int, "tickets open at the end of the week"] = 0
    answered: Annotated[int, "tickets of the week that a person answered"] = 0
    answer_hours: Annotated[float | None, "hours until the first answer, the median, or None"] = (
        None
    )
    sent: Annotated[int, "mails mailflow sent by itself"] = 0
    held: Annotated[int, "mails that are held and wait for you"] = 0
    quarantined: Annotated[int, "messages in quarantine"] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneFacts:
    """One thing a command did."""

    what: Annotated[str, "status, priority, assignee, tags, snooze, due, merge, split, note, …"]
    value: Annotated[str, "what it is now; empty: taken away"] = ""
    at: Annotated[datetime | None, "the moment it is now, of snooze, due and update; or None"] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReceipt(NoticeFacts):
    agent_name: Annotated[str | None, "the agent's name, or None"] = None
    done: Annotated[tuple[DoneFacts, ...], "what the commands did, in order"] = ()
    answered_to: Annotated[tuple[str, ...], "who got the words below the commands"] = ()
    answered_before: Annotated[str | None, "who answered while this was written, or None"] = None
    exposed: Annotated[tuple[str, ...], "outsiders who saw the personal reply address"] = ()
    help: Annotated[bool, "whether to tell all commands there are"] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAnswered(NoticeFacts):
    answered_by: Annotated[str, "who answered: a name or an address"]
    requester_name: Annotated[str, "the requester's name; may be empty"] = ""
    requester_address: Annotated[str, "the requester's address"]
    subject: Annotated[str, "the ticket's subject; may be empty"] = ""
    answer_text: Annotated[str, "what was answered"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReminder(NoticeFacts):
    cause: Annotated[str, "assigned, split, snooze or due"]
    by: Annotated[str | None, "who assigned it, or None"] = None
    due_at: Annotated[datetime | None, "when it is or was due, or None"] = None
    requester_name: Annotated[str, "the requester's name; may be empty"] = ""
    requester_address: Annotated[str, "the requester's address"]
    subject: Annotated[str, "the ticket's subject; may be empty"] = ""
    last_text: Annotated[str, "what the customer wrote last; may be empty"] = ""
    status: Annotated[str, "the ticket's status now: new, open, pending, …"] = "open"
    priority: Annotated[str, "low, normal, high or urgent"] = "normal"


#: Why an agent's mail came back, as :class:`NotSent` names it to templates.
REASON_CODES: Mapping[str, str] = {
    "the ticket names nobody who can be written to": "nobody",
    "it holds no text of yours and no attachment": "empty",
    "it holds quotes only, and no words of yours": "quotes",
    "it still holds parts of the internal notification": "internal",
    "it is too large to be passed on whole": "cut",
    "the internal notification is attached to it": "attached",
    "it did not come to your personal reply address, so it could be anybody's": "address",
    "the mail server does not vouch that you sent it, so it could be anybody's": "unvouched",
}

FACTS: Mapping[NoticeKind, type[NoticeFacts]] = {
    NoticeKind.ACKNOWLEDGEMENT: Acknowledgement,
    NoticeKind.AGENT_NOTIFICATION: AgentNotification,
    NoticeKind.PROGRESS_UPDATE: ProgressUpdate,
    NoticeKind.ARTICLE_UPDATE: ArticleUpdate,
    NoticeKind.RESOLUTION: Resolution,
    NoticeKind.DIGEST: Digest,
    NoticeKind.REPORT: WeeklyReport,
    NoticeKind.NOT_SENT: NotSent,
    NoticeKind.REOPENED: Reopened,
    NoticeKind.REMINDER: Reminder,
    NoticeKind.UPDATE_WARNING: UpdateWarning,
    NoticeKind.COMMAND_RECEIPT: CommandReceipt,
    NoticeKind.AGENT_ANSWERED: AgentAnswered,
    NoticeKind.AGENT_REMINDER: AgentReminder,
    NoticeKind.CLOSING: Closing,
    NoticeKind.BURST: Burst,
}


def plain_facts(facts: NoticeFacts) -> dict[str, object]:
    """The facts as a template sees them: str, int, float, bool, None, datetime, timedelta, list and dict only."""
    return {field.name: _plain(getattr(facts, field.name)) for field in dataclasses.fields(facts)}


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def variable_reference(kind: NoticeKind) -> tuple[tuple[str, str], ...]:
    """(name, meaning) of every variable of a notice's templates, nested ones as ``article.title``."""
    return tuple(_reference(FACTS[kind], ""))


_NESTED = (ArticleFacts, AttachmentFacts, BurstLine, DayLine, DigestLine, DoneFacts, FaultFacts)


def _reference(facts: type, prefix: str) -> Iterator[tuple[str, str]]:
    for name, hint in typing.get_type_hints(facts, include_extras=True).items():
        declared, meaning = typing.get_args(hint)[:2]
        yield prefix + name, meaning
        for part in (declared, *typing.get_args(declared)):
            if part in _NESTED:
                yield from _reference(part, f"{prefix}{name}.")


# -- the last look before a mail leaves --------------------------------------------------------------
