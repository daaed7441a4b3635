"""What of a message is judged to know who wrote it: fields, parts, addresses and text, each cut to a bound."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailflow.mail import origin_words as words
from mailflow.mail.addresses import canonical_address, parse_addresses
from mailflow.mail.message import Address, Bounce, OwnIdentity
from mailflow.mail.mime import Part

MAX_VALUE: Final = 1_000  # characters of a field judged
MAX_ADDRESSES: Final = 4_000
MAX_PARTS: Final = 60


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules look at: fields (lower-case name to lower-case values), types, and the parse."""

    fields: dict[str, list[str]]
    content_type: str
    report_type: str
    part_types: frozenset[str]
    filenames: tuple[str, ...]
    author: Address | None
    author_count: int  # mailboxes in all From fields
    reply_to: tuple[Address, ...]
    subject: str
    text: str
    whole: (
        str  # receipts list the fields of the mail that was read as a reply lists those it quotes
    )
    bounce: Bounce | None
    own: OwnIdentity

    def value(self, name: str) -> str:
        """The topmost value of a field, trimmed and lower-case; '' when there is none."""
        values = self.fields.get(name)
        return values[0] if values else ""

    def has(self, *names: str) -> bool:
        return not self.fields.keys().isdisjoint(names)

    @property
    def author_local(self) -> str:
        return canonical_address(self.author.address).rpartition("@")[0] if self.author else ""

    @property
    def null_path(self) -> bool:
        """The null reverse-path (RFC 5321 4.5.5): whoever sent this wants no answer."""
        path = self.fields.get("return-path")
        return path is not None and path[0] in ("", "<>", "< >", "<mailer-daemon>")


def evidence_of(
    root: Part,
    author: Address | None,
    subject: str,
    text: str,
    whole: str,
    bounce: Bounce | None,
    own: OwnIdentity,
) -> Evidence:
    fields: dict[str, list[str]] = {}
    for one in root.head.fields:
        fields.setdefault(one.name, []).append(one.value[:MAX_VALUE].strip().lower())
    types: list[str] = []
    names: list[str] = []
    for part in root.walk():
        types.append(part.content_type)
        if part.filename:
            names.append(part.filename[:200].lower())
        if len(types) >= MAX_PARTS:
            break
    return Evidence(
        fields=fields,
        content_type=root.content_type,
        report_type=root.params.get("report-type", "").strip().lower(),
        part_types=frozenset(types),
        filenames=tuple(names),
        author=author,
        author_count=sum(
            max(1, len(parse_addresses(raw[:MAX_ADDRESSES]).mailboxes))
            for raw in root.head.raws("from")
        ),
        reply_to=parse_addresses((root.head.raw("reply-to") or "")[:MAX_ADDRESSES]).mailboxes,
        subject=subject[:500].strip(),
        text=text[:4_000],
        whole=whole[:4_000],
        bounce=bounce,
        own=own,
    )


def keyword_of(value: str) -> str:
    """The keyword of a structured field: comments and parameters removed, trimmed (RFC 3834 5)."""
    return re.sub(r"\([^()]*\)", " ", value).split(";")[0].strip(" \"'<>.")


def suppressed(seen: Evidence) -> frozenset[str]:
    """The tokens of X-Auto-Response-Suppress, a comma-separated list (MS-OXCMAIL)."""
    listed = ",".join(seen.fields.get("x-auto-response-suppress", []))
    return frozenset(keyword_of(token) for token in re.split(r"[,;]", listed))


def is_noreply(address: str) -> bool:
    return bool(words.NOREPLY.search(canonical_address(address).rpartition("@")[0]))
