"""Every table, in one place. The migrations must lead to exactly this; a test compares them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
)

from mailflow.store.columns import CleanJson, CleanText, Key, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The bytes of every mail seen, once per content. state: waiting | recorded | history | quarantined.
raw_message = Table(
    "raw_message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content_hash", Key, nullable=False),  # SHA-256 of the octets, hex: who the mail is
    Column("size", BigInteger, nullable=False),
    Column("source", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("received_at", Moment),
    Column("first_seen_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("attempted_at", Moment),
    Column("fault", CleanText),
    Column("decided_at", Moment),
    Column("truncated", Boolean, nullable=False, server_default=false()),
    Column("octets", LargeBinary, nullable=False),  # last: the small columns stay on the first page
    UniqueConstraint("content_hash"),
    Index(None, "state", "id"),
    sqlite_autoincrement=True,
)

# Where a mail lay. raw_message_id is empty for old mail whose bytes were never fetched.
sighting = Table(
    "sighting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder", Key, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("raw_message_id", Integer, ForeignKey("raw_message.id")),
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("folder", "uidvalidity", "uid"),
    Index(None, "raw_message_id"),
)

folder_cursor = Table(
    "folder_cursor",
    metadata,
    Column("folder", Key, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("first_contact_at", Moment, nullable=False),
    Column("reread_to", BigInteger, nullable=False, server_default="0"),
)

ticket = Table(
    "ticket",
    metadata,
    Column("id", Integer, primary_key=True),  # the number people see
    Column("subject", CleanText, nullable=False),
    Column("status", Key, nullable=False),
    Column("priority", Key, nullable=False),
    Column("language", Key),
    Column("assignee", Key),
    Column("article_id", Key),
    Column("linked_to", Integer, ForeignKey("ticket.id")),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("first_response_at", Moment),
    Column("next_update_at", Moment),
    Column("requester_verified", Boolean, nullable=False, server_default=false()),
    Column("kind", Key),
    Column("queue", Key),
    Column("snoozed_until", Moment),
    Column("due_at", Moment),
    Column("due_told_at", Moment),  # the due moment its agents were reminded of
    Column("merged_into", Integer, ForeignKey("ticket.id")),
    Column("muted", Boolean, nullable=False, server_default=false()),
    Column("deleted_at", Moment),
    Index(None, "status", "updated_at"),
    Index(None, "next_update_at"),
    Index(None, "snoozed_until"),
    Index(None, "due_at"),
    Index(None, "merged_into"),
    sqlite_autoincrement=True,  # a number is never given twice
)

ticket_tag = Table(
    "ticket_tag",
    metadata,
    Column("ticket_id", Integer, ForeignKey("ticket.id"), primary_key=True),
    Column("tag", Key, primary_key=True),
    Index(None, "tag"),
)

# How other_id stands to ticket_id: see LinkKind.
ticket_link = Table(
    "ticket_link",
    metadata,
    Column("ticket_id", Integer, ForeignKey("ticket.id"), primary_key=True),
    Column("other_id", Integer, ForeignKey("ticket.id"), primary_key=True),
    Column("kind", Key, nullable=False),
    Index(None, "other_id"),
)

participant = Table(
    "participant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("address", Key, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("role", Key, nullable=False),
    UniqueConstraint("ticket_id", "address"),
    sqlite_autoincrement=True,  # reply tokens name participants: an id must not come back
)

# Every message in (one per raw message) and out (one per outbox mail), with the four reasons.
message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("raw_message_id", Integer, ForeignKey("raw_message.id")),
    Column("outbox_id", Integer, ForeignKey("outbox.id")),
    Column("ticket_id", Integer, ForeignKey("ticket.id")),
    Column("linked_to", Integer, ForeignKey("ticket.id")),
    Column("direction", Key, nullable=False),  # in | out
    Column("voice", Key, nullable=False),  # customer | agent | machine | notice
    Column("public", Boolean, nullable=False),  # the customer has it or wrote it
    Column("message_id", Key),
    Column("in_reply_to", Key),
    Column("thread_index", Key),
    Column("author", Key, nullable=False),
    Column("author_name", CleanText, nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("base_subject", Key, nullable=False),
    Column("new_text", CleanText, nullable=False),
    Column("new_text_hash", Key, nullable=False),
    Column("language", Key),
    Column("origin", Key, nullable=False),
    Column("origin_rule", CleanText, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("received_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("reasons", CleanJson, nullable=False),
    Column("warnings", CleanJson, nullable=False),
    Column("defects", CleanJson, nullable=False),
    Column("attachments", CleanJson, nullable=False),
    Column("suggestion", CleanJson),
    UniqueConstraint("raw_message_id"),
    UniqueConstraint("outbox_id"),
    Index(None, "message_id"),
    Index(None, "ticket_id", "id"),
    Index(None, "author", "base_subject"),
    Index(None, "thread_index"),
    sqlite_autoincrement=True,
)

# Ids a ticket's mails referred to but that we never saw ourselves: mails that name them still thread.
thread_id = Table(
    "thread_id",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_id", Key, nullable=False),
    Column("ticket_id", Integer, ForeignKey("ticket.id"), nullable=False),
    UniqueConstraint("message_id", "ticket_id"),
    Index(None, "ticket_id"),
)

# The audit trail. Rows are only ever added.
event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("ticket_id", Integer, ForeignKey("ticket.id")),
    Column("message_row", Integer, ForeignKey("message.id")),
    Column("outbox_id", Integer, ForeignKey("outbox.id")),
    Column("kind", Key, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("detail", CleanJson, nullable=False),
    Index(None, "ticket_id", "id"),
    Index(None, "outbox_id"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Key, nullable=False),
    Column("ticket_id", Integer, ForeignKey("ticket.id")),  # none for reports, which are about many
    Column("mail_class", Key, nullable=False),
    Column("kind", Key),
    Column("message_id", Key, nullable=False),
    Column("envelope_sender", CleanText, nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("state", Key, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("in_flight_at", Moment),
    Column("settled_at", Moment),
    Column("template_version", CleanText, nullable=False),
    Column("faults", CleanJson, nullable=False),
    Column("released", Boolean, nullable=False, server_default=false()),
    Column("octets", LargeBinary, nullable=False),
    UniqueConstraint("key"),
    Index(None, "state", "not_before"),
    Index(None, "ticket_id", "created_at"),
    sqlite_autoincrement=True,
)

# left_at is set while a copy is in flight and stays once it may have arrived: the budgets count it.
outbox_recipient = Table(
    "outbox_recipient",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("outbox_id", Integer, ForeignKey("outbox.id"), nullable=False),
    Column("address", CleanText, nullable=False),  # as it goes into RCPT TO
    Column("address_key", Key, nullable=False),  # ASCII-lower-cased
    Column("domain", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("code", Integer),
    Column("text", CleanText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("left_at", Moment),
    UniqueConstraint("outbox_id", "address_key"),
    Index(None, "address_key", "left_at"),
    Index(None, "address_key", "created_at"),
    Index(None, "domain", "left_at"),
    Index(None, "left_at"),
)

# When agents were shown a progress update, by the moment it was due.
update_warning = Table(
    "update_warning",
    metadata,
    Column("ticket_id", Integer, ForeignKey("ticket.id"), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("warned_at", Moment, nullable=False),
)

# A response clock of a ticket. Paused: due_at is empty. What was met has no row.
ticket_clock = Table(
    "ticket_clock",
    metadata,
    Column("ticket_id", Integer, ForeignKey("ticket.id"), primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("due_at", Moment),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("warned_at", Moment),
    Column("breached_at", Moment),
    Index(None, "due_at"),
)

# A ticket that closes by itself. due_at: when that is announced, or when it closes; empty: it stays.
auto_close = Table(
    "auto_close",
    metadata,
    Column("ticket_id", Integer, ForeignKey("ticket.id"), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("due_at", Moment),
    Column("announcement", Integer, ForeignKey("outbox.id")),
    Index(None, "due_at"),
)

# What is known of a customer beyond a ticket.
person = Table(
    "person",
    metadata,
    Column("address", Key, primary_key=True),
    Column("language", Key),
    Column("corrected", Boolean, nullable=False, server_default=false()),
    Column("muted_at", Moment),
    Column("muted_because", CleanText, nullable=False),
    Column("utc_offset", Integer),  # minutes
    Column("offset_corrected", Boolean, nullable=False, server_default=false()),
)

blocked_address = Table(
    "blocked_address",
    metadata,
    Column("address", Key, primary_key=True),
    Column("reason", CleanText, nullable=False),
    Column("blocked_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)

# Known issues. source is the file it comes from, empty text for one that lives here.
article = Table(
    "article",
    metadata,
    Column("id", Key, primary_key=True),
    Column("title", CleanText, nullable=False),
    Column("body", CleanText, nullable=False),
    Column("status", Key, nullable=False),  # draft | known | workaround | fixed
    Column("tags", CleanJson, nullable=False),
    Column("symptoms", CleanText, nullable=False),
    Column("language", Key, nullable=False),
    Column("wordings", CleanJson, nullable=False),  # [language, title, body] for each further one
    Column("source", CleanText, nullable=False),
    Column("fingerprint", Key, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

# News of an article that waits for a person. state: waiting | announced | dismissed.
announcement = Table(
    "announcement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("article_id", Key, nullable=False),
    Column("status", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Index(None, "state", "article_id"),
)

# Kinds of mail an admin let leave, or keeps from leaving, whatever the configured mode.
sending_choice = Table(
    "sending_choice",
    metadata,
    Column("kind", Key, primary_key=True),
    Column("switched_on", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

# When a mail that comes round by the calendar is due next.
recurring = Table(
    "recurring",
    metadata,
    Column("name", Key, primary_key=True),
    Column("next_at", Moment, nullable=False),
)

# Every wording a mail was written with, whole: its files and the layouts, by the hash of their content.
template_version = Table(
    "template_version",
    metadata,
    Column("name", Key, primary_key=True),  # acknowledgement/de@0123456789abcdef
    Column("notice", Key, nullable=False),
    Column("language", Key, nullable=False),
    Column("parts", CleanJson, nullable=False),  # subject, txt, html → name of the file
    Column("sources", CleanJson, nullable=False),  # name of the file → text
    Column("kept_at", Moment, nullable=False),
)

# Since when which version served. Rows are only ever added; the newest of a notice and language is in force.
template_serving = Table(
    "template_serving",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Key, ForeignKey("template_version.name"), nullable=False),
    Column("notice", Key, nullable=False),
    Column("language", Key, nullable=False),
    Column("since", Moment, nullable=False),
    Column("reason", CleanText, nullable=False),
    Index(None, "notice", "language", "id"),
    sqlite_autoincrement=True,
)
# ── what the mailbox shows ──────────────────────────────────────────────────────────────────────

# A folder as it stood when we last looked: nothing is asked about it while STATUS answers the same.
mirror_folder = Table(
    "mirror_folder",
    metadata,
    Column("folder", Key, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uidnext", BigInteger, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("modseq", BigInteger),
    Column("looked_at", Moment, nullable=False),
)

# Where a message of a ticket lies, and what we last showed of it (base). aimed_*: what a round is about to do.
# base_folder is empty text for a message that had gone elsewhere, NULL for one never shown.
mirror_place = Table(
    "mirror_place",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder", Key, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("raw_message_id", Integer, ForeignKey("raw_message.id"), nullable=False),
    Column("base_folder", Key),
    Column("base_marks", CleanJson, nullable=False),
    Column("aimed_folder", Key),
    Column("aimed_marks", CleanJson),
    Column("shown_at", Moment, nullable=False),
    Column("gone", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("folder", "uidvalidity", "uid"),
    Index(None, "raw_message_id"),
)

# How far the rows of a table were taken into the mirror.
mirror_progress = Table(
    "mirror_progress",
    metadata,
    Column("name", Key, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# The copy of a sent mail in the Sent folder: a step of its own, which never repeats the sending.
sent_copy = Table(
    "sent_copy",
    metadata,
    Column("outbox_id", Integer, ForeignKey("outbox.id"), primary_key=True),
    Column("state", Key, nullable=False),  # waiting | filed | found | left out | given up
    Column("reason", CleanText, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Moment, nullable=False),
    Column("settled_at", Moment),
    Index(None, "state", "not_before"),
)

# An answer proposed in the Drafts folder. state: planned | waiting | missing | sent | edited | deleted | withdrawn.
proposal = Table(
    "proposal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("article_id", Key, nullable=False),
    Column("token", Key, nullable=False),  # the value of X-Mailflow-Proposal
    Column("in_reply_to", Key),
    Column("content_hash", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("folder", Key, nullable=False),
    Column("uidvalidity", BigInteger),
    Column("uid", BigInteger),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("ticket_id", "article_id"),
    UniqueConstraint("token"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)
