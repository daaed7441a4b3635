"""The rules that tell machines from people, each with the name people are shown.

``RULES`` is read from top to bottom. Facts of the standards stand first, habits of products next, subjects
last: a subject can be written by anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from mailflow.mail import origin_words as words
from mailflow.mail.addresses import canonical_address
from mailflow.mail.bounce_words import DAEMON
from mailflow.mail.message import Origin
from mailflow.mail.message_ids import find_ids
from mailflow.mail.origin_evidence import Evidence, is_noreply, keyword_of, suppressed


class Rule(NamedTuple):
    name: str
    kind: Origin
    holds: Callable[[Evidence], bool]


# ---------------------------------------------------------------------------------------------
# Own mail


def _own_message_id(seen: Evidence) -> bool:
    domain = seen.own.message_id_domain
    if not domain:
        return False
    ids = find_ids(seen.value("message-id"))
    return any(one.rpartition("@")[2].lower() == domain.lower() for one in ids)


def _own_address(seen: Evidence) -> bool:
    if seen.author is None or not seen.own.addresses:
        return False
    own = {canonical_address(address) for address in seen.own.addresses}
    return canonical_address(seen.author.address) in own


# ---------------------------------------------------------------------------------------------
# Reports


def _actions(seen: Evidence) -> set[str]:
    return {recipient.action for recipient in seen.bounce.recipients} if seen.bounce else set()


def _failed(seen: Evidence) -> bool:
    return seen.bounce is not None and ("failed" in _actions(seen) or not _actions(seen))


def _delayed(seen: Evidence) -> bool:
    return "delayed" in _actions(seen)


def _delivered(seen: Evidence) -> bool:
    return seen.bounce is not None


def _delivery_report_unread(seen: Evidence) -> bool:
    """A report that says it is one and could not be read: still nobody's letter."""
    return seen.content_type == "multipart/report" and seen.report_type == "delivery-status"


def _feedback(seen: Evidence) -> bool:
    if seen.report_type == "feedback-report" or "message/feedback-report" in seen.part_types:
        return True
    return seen.has("x-hmxmroriginalrecipient", "x-jmr") or bool(
        re.match(r"complaint about message from\s", seen.subject, re.IGNORECASE)
    )


def _dmarc(seen: Evidence) -> bool:
    """RFC 7489 7.2.1.1: the subject of an aggregate report, or the name of its file."""
    if re.match(r"(?:\[[^\]]{1,60}\]\s?)?report domain:\s", seen.subject, re.IGNORECASE):
        return True
    named = any(
        name.count("!") >= 3 and name.endswith((".zip", ".gz", ".xml")) for name in seen.filenames
    )
    return named or bool(
        re.match(r"dmarc (?:forensic|failure|aggregate) report", seen.subject, re.I)
    )


def _tls_report(seen: Evidence) -> bool:
    """RFC 8460 5.3."""
    types = ("application/tlsrpt+gzip", "application/tlsrpt+json")
    return (
        seen.report_type == "tlsrpt"
        or seen.has("tls-report-domain")
        or any(one in seen.part_types for one in types)
    )


def _receipt(seen: Evidence) -> bool:
    """RFC 8098."""
    types = ("message/disposition-notification", "message/global-disposition-notification")
    return seen.report_type == "disposition-notification" or any(
        one in seen.part_types for one in types
    )


# ---------------------------------------------------------------------------------------------
# Auto-replies


def _auto_submitted(seen: Evidence) -> str:
    """The first Auto-Submitted that is not "no": "no" means a person, however it is spelt."""
    for value in seen.fields.get("auto-submitted", []):
        keyword = keyword_of(value)
        if keyword and keyword not in ("no", "false", "0", "none"):
            return value
    return ""


def _replied(seen: Evidence) -> bool:
    value = _auto_submitted(seen)
    keyword = keyword_of(value).replace("_", "-").replace(" ", "-")
    return bool(keyword) and (
        "repl" in keyword or "respon" in keyword or "vacation" in keyword or "owner-email" in value
    )


def _generated(seen: Evidence) -> bool:
    return bool(_auto_submitted(seen))


def _auto_reply_header(seen: Evidence) -> bool:
    if any(seen.value(name) not in ("", "no", "false", "0") for name in words.AUTO_REPLY_FIELDS):
        return True
    if any(
        field == value.partition("=")[0] and value.partition("=")[2] in seen.value(field)
        for value in words.AUTO_REPLY_VALUES
        for field in (value.partition("=")[0],)
    ):
        return True
    return any("autorespond" in value for value in seen.fields.get("delivered-to", []))


def _precedence_auto_reply(seen: Evidence) -> bool:
    return any(
        value.replace("_", "-") in ("auto-reply", "autoreply", "auto-replied")
        for name in ("precedence", "x-precedence", "preference")
        for value in map(keyword_of, seen.fields.get(name, []))
    )


def _exchange_out_of_office(seen: Evidence) -> bool:
    """Exchange: its inbox-rules-loop mark beside a request to be quiet. Either alone is no proof."""
    return bool(
        seen.has("x-ms-exchange-inbox-rules-loop")
        and suppressed(seen) & {"all", "oof", "autoreply"}
    )


def _challenge(seen: Evidence) -> bool:
    if any(seen.has(name) for name in words.CHALLENGE_FIELDS):
        return True
    return bool(
        words.CHALLENGE_SUBJECT.search(seen.subject) and words.CHALLENGE_TEXT.search(seen.text)
    )


def _auto_reply_subject(seen: Evidence) -> bool:
    if words.AUTO_REPLY_MARK.search(seen.subject):
        return True
    until = words.AWAY_UNTIL.search(f"{seen.subject}\n{seen.text[:600]}") is not None
    told = words.AUTO_REPLY_SUBJECT.match(seen.subject)
    if told and (until or _speaks_for_a_machine(seen, told)):
        return True
    if until and words.AWAY_NAMED.match(seen.subject):
        return True
    if until and words.AWAY_SUBJECT.match(seen.subject):
        return not _wishes(seen)
    return bool(
        words.AUTO_REPLY_TEXT.search(seen.text[:400])
        and (seen.null_path or _is_answer(seen))
        and suppressed(seen) & {"all", "oof", "autoreply"}
    )


def _speaks_for_a_machine(seen: Evidence, told: re.Match[str]) -> bool:
    """Whether a subject that names an automatic reply is one, and not about one.

    Machines put the subject they answer behind it ("Automatic reply: Your order"), or nothing. "Re:" in
    front, more words ("Abwesenheitsnotiz einrichten") or a question below are what people write, unless
    the text tells of an absence.
    """
    rest = seen.subject[told.end() :].strip(" \t\"'])}】）")
    away = words.AWAY_TEXT.search(seen.text[:600]) is not None
    asks = _asks(seen)
    if words.REPLY_MARK.match(seen.subject):
        return away and not asks
    if words.ABOUT.match(rest):
        return False
    if told[0].endswith((":", "|", "-")) or rest[:1] >= "\u3000" or not rest[:1].isalpha():
        return away or not (asks and len(rest) < 3)
    return words.AUTO_REPLY_GOES_ON.match(rest) is not None or (away and not asks)


def _asks(seen: Evidence) -> bool:
    """Whether the text wants something: a question, or a wish."""
    return "?" in seen.text[:600] or "？" in seen.text[:600] or _wishes(seen)


def _says_automatic(seen: Evidence) -> bool:
    """The text says so itself, and no question follows, as below a machine's words that a person pastes."""
    said = words.SAYS_AUTOMATIC.search(seen.text)
    return said is not None and "?" not in seen.text[said.end() :] and not _wishes(seen)


def _wishes(seen: Evidence) -> bool:
    return words.WISH.search(seen.text[:600]) is not None


def _receipt_subject(seen: Evidence) -> bool:
    return bool(
        words.RECEIPT_SUBJECT.match(seen.subject) and words.RECEIPT_TEXT.search(seen.whole[:1_500])
    )


def _is_answer(seen: Evidence) -> bool:
    return seen.has("in-reply-to", "references")


# ---------------------------------------------------------------------------------------------
# Lists, bulk, notifications


def _precedence(seen: Evidence) -> frozenset[str]:
    values = (*seen.fields.get("precedence", []), *seen.fields.get("x-precedence", []))
    return frozenset(keyword_of(value) for value in values)


def _campaign(seen: Evidence) -> bool:
    """A field of campaigns. Amazon SES puts Feedback-ID on whatever it relays, so that says nothing."""
    found = [name for name in words.CAMPAIGN_FIELDS if seen.has(name)]
    return found not in ([], ["feedback-id"]) or (
        found == ["feedback-id"] and "amazonses" not in seen.value("feedback-id")
    )


def _list_fields(seen: Evidence) -> bool:
    if seen.has("list-post") and seen.value("list-post") != "no":
        return True
    return seen.has("list-id") and not _campaign(seen)


def _list_software(seen: Evidence) -> bool:
    return any(seen.has(name) for name in words.LIST_FIELDS)


def _noreply_author(seen: Evidence) -> bool:
    return seen.author is not None and is_noreply(seen.author.address)


def _daemon_author(seen: Evidence) -> bool:
    if seen.author is not None and DAEMON.match(seen.author.address):
        return bool(words.DAEMON_LOCAL.match(seen.author_local))
    return bool(words.DAEMON_LOCAL.match(seen.value("from").strip('<>" ').split("@")[0]))


def _monitoring(seen: Evidence) -> bool:
    return any(seen.has(name) for name in words.SERVICE_FIELDS) or any(
        name.startswith(words.SERVICE_FIELD_STARTS) for name in seen.fields
    )


#: Read from top to bottom; the first that holds decides.
RULES: Final[tuple[Rule, ...]] = (
    Rule("own-message-id", Origin.OWN, _own_message_id),
    Rule("own-address", Origin.OWN, _own_address),
    Rule("feedback-report", Origin.REPORT, _feedback),  # RFC 5965
    Rule("tls-report", Origin.REPORT, _tls_report),  # RFC 8460
    Rule("dmarc-report", Origin.REPORT, _dmarc),  # RFC 7489
    Rule("read-receipt", Origin.RECEIPT, _receipt),  # RFC 8098
    Rule("delivery-failed", Origin.BOUNCE, _failed),  # RFC 3464
    Rule("delivery-delayed", Origin.DELAY, _delayed),
    Rule("delivery-succeeded", Origin.RECEIPT, _delivered),
    Rule("delivery-report-unread", Origin.BOUNCE, _delivery_report_unread),
    Rule("auto-submitted-reply", Origin.AUTO_REPLY, _replied),  # RFC 3834
    Rule("exchange-out-of-office", Origin.AUTO_REPLY, _exchange_out_of_office),
    Rule("auto-reply-header", Origin.AUTO_REPLY, _auto_reply_header),
    Rule("precedence-auto-reply", Origin.AUTO_REPLY, _precedence_auto_reply),
    Rule("challenge-response", Origin.AUTO_REPLY, _challenge),
    Rule("list-header", Origin.LIST, _list_fields),  # RFC 2369, RFC 2919
    Rule("list-software", Origin.LIST, _list_software),
    Rule("precedence-list", Origin.LIST, lambda seen: "list" in _precedence(seen)),
    Rule("auto-submitted", Origin.NOTIFICATION, _generated),  # auto-generated, auto-notified
    Rule("service-header", Origin.NOTIFICATION, _monitoring),
    Rule("precedence-bulk", Origin.BULK, lambda seen: bool(_precedence(seen) & {"bulk", "junk"})),
    Rule("campaign-header", Origin.BULK, _campaign),
    Rule("list-unsubscribe", Origin.BULK, lambda seen: seen.has("list-unsubscribe", "list-id")),
    Rule("auto-reply-subject", Origin.AUTO_REPLY, _auto_reply_subject),
    Rule("receipt-subject", Origin.RECEIPT, _receipt_subject),
    Rule("says-automatic", Origin.NOTIFICATION, _says_automatic),
    Rule("daemon-author", Origin.NOTIFICATION, _daemon_author),
    Rule("noreply-author", Origin.NOTIFICATION, _noreply_author),
    Rule("null-return-path", Origin.NOTIFICATION, lambda seen: seen.null_path),
)
