"""Shadow mode's evidence: what would have been sent, beside what people really did. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflow.desk.notices import NoticeKind

_WORD = re.compile(r"[^\W\d_]{4,}")
_SAME_WORDS = 0.3  # of an article's words in the answer: the agent wrote about the same thing
_SOON = timedelta(hours=1)  # an update so shortly before the answer says nothing new


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person wrote to the customer."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ShadowTicket:
    """``arrived`` is when the customer's first mail came, ``suggested`` the article that stood first."""

    id: int
    subject: str
    arrived: datetime
    answers: tuple[Answer, ...]  # oldest first
    suggested: str | None = None
    suggested_body: str = ""


@dataclass(frozen=True, slots=True)
class ShadowMail:
    """A mail that was recorded and did not leave."""

    number: int  # in the outbox
    kind: str
    to: str
    subject: str
    at: datetime
    ticket: ShadowTicket | None


@dataclass(frozen=True, slots=True)
class Compared:
    """``told`` is the comparison in words; ``needless`` when people were about to answer anyway."""

    mail: ShadowMail
    told: str
    needless: bool = False
    ahead: timedelta | None = None  # by how much it would have come before a person's answer


@dataclass(frozen=True, slots=True)
class KindSummary:
    kind: str
    mails: int
    ahead: timedelta | None  # the median
    unanswered: int  # nobody has answered to this day
    needless: int


def compare(mail: ShadowMail) -> Compared:
    """One mail beside what people did."""
    ticket = mail.ticket
    if ticket is None:
        return Compared(mail, "about no single ticket")
    answer = next((a for a in ticket.answers if a.at >= mail.at), None)
    ahead = answer.at - mail.at if answer else None
    if mail.kind == NoticeKind.ACKNOWLEDGEMENT:
        after = f"would have left {spell(mail.at - ticket.arrived)} after the mail came"
        first = (
            f"people answered after {spell(answer.at - ticket.arrived)}"
            if answer
            else "nobody has answered yet"
        )
        return Compared(mail, f"{after}; {first}{_article(ticket, answer)}", ahead=ahead)
    if mail.kind == NoticeKind.PROGRESS_UPDATE:
        silent = f"after {spell(mail.at - _last_word(ticket, mail.at))} of silence"
        if ahead is None:
            return Compared(mail, f"{silent}; nobody has answered yet")
        needless = ahead <= _SOON
        close = ", so it was hardly needed" if needless else ""
        return Compared(
            mail, f"{silent}; the answer came {spell(ahead)} later{close}", needless, ahead
        )
    if ahead is None:
        return Compared(mail, "nobody has answered yet")
    return Compared(mail, f"a person answered {spell(ahead)} later", ahead=ahead)


def summarise(compared: Iterable[Compared]) -> Sequence[KindSummary]:
    """One line a kind, the most frequent first."""
    kinds: dict[str, list[Compared]] = {}
    for one in compared:
        kinds.setdefault(one.mail.kind, []).append(one)
    lines = []
    for kind, mails in kinds.items():
        ahead = [c.ahead for c in mails if c.ahead is not None]
        middle = median_low(sorted(ahead)) if ahead else None
        unanswered = sum(c.ahead is None and c.mail.ticket is not None for c in mails)
        needless = sum(c.needless for c in mails)
        lines.append(KindSummary(kind, len(mails), middle, unanswered, needless))
    return sorted(lines, key=lambda line: (-line.mails, line.kind))


def median_low(ordered: Sequence[timedelta]) -> timedelta:
    """The middle one, the lower of two."""
    return ordered[(len(ordered) - 1) // 2]


def same_matter(article: str, answer: str) -> float:
    """The share of an article's longer words that the answer uses too, 0 to 1."""
    words = set(_WORD.findall(article.lower()))
    return len(words & set(_WORD.findall(answer.lower()))) / len(words) if words else 0.0


def _article(ticket: ShadowTicket, answer: Answer | None) -> str:
    if not ticket.suggested or answer is None or not answer.text.strip():
        return ""
    share = same_matter(ticket.suggested_body, answer.text)
    verdict = (
        "the answer speaks of the same"
        if share >= _SAME_WORDS
        else "the answer speaks of something else"
    )
    return f"; suggested article {ticket.suggested}: {verdict} ({share:.0%} of its words)"


def _last_word(ticket: ShadowTicket, before: datetime) -> datetime:
    return max([ticket.arrived, *(a.at for a in ticket.answers if a.at < before)])


_UNITS: Mapping[str, int] = {"days": 86400, "h": 3600, "min": 60, "s": 1}


def spell(span: timedelta) -> str:
    """``3 s``, ``40 min``, ``2 h``, ``5 days``: the largest unit that fits twice, or once."""
    seconds = max(0, round(span.total_seconds()))
    for unit, size in _UNITS.items():
        if seconds >= size * (2 if unit in ("days", "h") else 1):
            return f"{round(seconds / size)} {unit}"
    return "0 s"
