"""Why a person's mail gets no automatic answer (RFC 3834 2): they ask us to be quiet, or there is nobody to answer to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from mailflow.mail import origin_words as words
from mailflow.mail.addresses import canonical_address
from mailflow.mail.message import Address
from mailflow.mail.origin_evidence import Evidence, is_noreply, suppressed


class Refusal(NamedTuple):
    reason: str
    holds: Callable[[Evidence], bool]


def _answer_address(seen: Evidence) -> tuple[Address, ...]:
    """Where an answer would go: Reply-To, or the author."""
    return seen.reply_to or ((seen.author,) if seen.author else ())


def _answer_to_own(seen: Evidence) -> bool:
    own = {canonical_address(address) for address in seen.own.addresses}
    return any(canonical_address(one.address) in own for one in _answer_address(seen))


_PLAIN: Final = re.compile(
    r"^[^\s\"<>(),:;@\[\]\\!%]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,20}[^\W_][\w-]{0,61}[^\W_]\.?$"
)


def _odd_address(seen: Evidence) -> bool:
    """Source routes, percent hacks, bang paths, address literals: relays may send those elsewhere."""
    return any(not _PLAIN.match(one.address) for one in _answer_address(seen))


def _several_authors(seen: Evidence) -> bool:
    return seen.author_count > 1


def _marked_as_spam(seen: Evidence) -> bool:
    return seen.value("x-spam-flag").startswith("yes") or seen.value("x-spam-status").startswith(
        "yes"
    )


#: Why a person's mail gets no automatic answer, in order.
REFUSALS: Final[tuple[Refusal, ...]] = (
    Refusal("no readable author", lambda seen: seen.author is None),
    Refusal("several authors", _several_authors),
    Refusal("null return path", lambda seen: seen.null_path),
    Refusal(
        "X-Auto-Response-Suppress asks for quiet",
        lambda seen: bool(suppressed(seen) & {"all", "autoreply", "auto-reply", "oof"}),
    ),
    Refusal("a loop mark is set", lambda seen: any(seen.has(name) for name in words.LOOP_FIELDS)),
    Refusal(
        "the author takes no answers",
        lambda seen: any(is_noreply(one.address) for one in _answer_address(seen)),
    ),
    Refusal(
        "the author is a mail system",
        lambda seen: any(
            words.DAEMON_LOCAL.match(one.address.lower().partition("@")[0])
            for one in _answer_address(seen)
        ),
    ),
    Refusal("the answer would come to us", _answer_to_own),
    Refusal("the address is not a plain one", _odd_address),
    Refusal("marked as spam", _marked_as_spam),
)
