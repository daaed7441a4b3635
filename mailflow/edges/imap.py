"""One IMAP connection, as the rest of mailflow sees it: values in, values out, two kinds of failure.

An ``ImapMailbox`` is one connection and belongs to one thread. It blocks, every step has a deadline, and
it decides nothing: what to fetch, keep, flag or repeat is for its caller. After a
``MailboxUnreachable`` (other than ``MessageUnreadable``) the connection is closed and ``connect()``
starts afresh.

Messages are only ever read with BODY.PEEK[] from an EXAMINEd folder, so \\Seen stays with people. UIDs
stand for messages everywhere; sequence numbers are never used.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Self

from mailflow.edges.imap_errors import (
    Garbled,
    MailboxRefused,
    MailboxUnreachable,
    MessageUnreadable,
    ReadOnlyMailbox,
    UnsafeArgument,
    explained,
    plain,
    wants_patience,
)
from mailflow.edges.imap_fetch import UID_CHUNK, chunks, items, pages, raw_message
from mailflow.edges.imap_folders import (
    Folder,
    FolderState,
    folder_of,
    keyword_atom,
    sent_folder,
    wire_name,
)
from mailflow.edges.imap_login import ImapAccount, open_client, refuse_line_ends
from mailflow.edges.imap_transport import BoundedClient
from mailflow.mail.message import Location, RawMessage

__all__ = [
    "Folder",
    "FolderState",
    "ImapAccount",
    "ImapMailbox",
    "MailboxRefused",
    "MailboxUnreachable",
    "MessageUnreadable",
    "ReadOnlyMailbox",
    "UnsafeArgument",
    "reconnect_delay",
]

IDLE_RENEWAL_SECONDS = 540.0  # servers may log an idler off after 30 min, NAT forgets sooner
NOOP_SECONDS = 15.0  # between questions to a server without IDLE
FIRST_WINDOW = 10_000  # UIDs asked for in one SEARCH
WIDEST_WINDOW = 1_000_000
MAX_UID = 2**32 - 1

_APPENDUID = re.compile(rb"APPENDUID (\d{1,10}) (\d{1,10})\]")


def reconnect_delay(failures: int, jitter: float) -> float:
    """Seconds to wait before the next connection after ``failures`` in a row: 1 s to 5 min.

    ``jitter`` in [0, 1] spreads daemons that lost the same server: the delay is the doubled step less
    up to half of it.

    >>> [reconnect_delay(n, 0.0) for n in (0, 1, 2, 3, 9, 1000)]
    [0.0, 2.0, 4.0, 8.0, 300.0, 300.0]
    """
    if failures <= 0:
        return 0.0
    step = min(300.0, 2.0 ** min(failures, 16))
    return step * (1.0 - min(max(jitter, 0.0), 1.0) / 2.0)


class ImapMailbox:
    """One connection. ``read_only=True`` makes every changing command raise ``ReadOnlyMailbox`` unsent."""

    def __init__(self, account: ImapAccount, *, read_only: bool = False) -> None:
        refuse_line_ends(account.host, account.username, account.password)
        self._account = account
        self._read_only = read_only
        self._client: BoundedClient | None = None
        self._open: FolderState | None = None  # the folder reads refer to
        self._selected: FolderState | None = None  # what the server has open
        self._writable = False  # whether that is by SELECT
        self._any_keyword = False  # whether it keeps keywords it has not seen before
        self.unreadable: dict[int, str] = {}  # UIDs the last fetch_many skipped, with the cause

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── connection ──────────────────────────────────────────────────────────────────────────────

    @property
    def connected(self) -> bool:
        return self._client is not None

    def connect(self) -> None:
        """Connect, secure and log in. Raises ``MailboxUnreachable`` or ``MailboxRefused``."""
        self.close()
        self._client = open_client(self._account, read_only=self._read_only)

    def close(self) -> None:
        """Log out and close, within two seconds, whatever state the connection is in. Never raises."""
        client, self._client = self._client, None
        self._open = self._selected = None
        if client is None:
            return
        wire = client.wire
        wire.idle_timeout = min(wire.idle_timeout, 0.5)
        with contextlib.suppress(Exception):
            client.logout()
        with contextlib.suppress(Exception):
            wire.shutdown()

    def capabilities(self) -> frozenset[str]:
        """Upper-case capability names as the server lists them after login."""
        with self._speaking("ask for capabilities"):
            return frozenset(
                c.decode("ascii", "replace").upper() for c in self._live().capabilities()
            )

    # ── folders ─────────────────────────────────────────────────────────────────────────────────

    def folders(self) -> list[Folder]:
        """All folders. Names that are not modified UTF-7 are given as they stand on the wire."""
        with self._speaking("list folders"):
            return [folder_of(*answer) for answer in self._live().list_folders()]

    def find_sent_folder(self) -> str | None:
        """The folder marked \\Sent (RFC 6154); else the shallowest whose name is a known word for it."""
        return sent_folder(self.folders())

    def open_folder(self, folder: str) -> FolderState:
        """EXAMINE ``folder``; from here on the reading methods speak of it."""
        self._open = self._select(folder, writable=False)
        self._live().wire.news = False
        return self._open

    def create_folder(self, folder: str) -> None:
        """Create ``folder`` and subscribe to it; one that exists already is left as it is."""
        self._may_change("create a folder")
        name = wire_name(folder)
        if any(known.name == folder for known in self.folders()):
            return
        with self._speaking(f"create folder {folder}"):
            self._live().create_folder(name)
            self._live().subscribe_folder(name)

    # ── finding ─────────────────────────────────────────────────────────────────────────────────

    def uids_after(self, uid: int, *, limit: int = 500) -> list[int]:
        """The lowest ``limit`` UIDs of the open folder above ``uid``, ascending.

        NOOP comes first, because SEARCH knows only what has been announced (RFC 9051 7.4.1). Asked for
        window by window, because ``n:*`` answers with the last message even when it lies
        below n (RFC 9051 6.4.9) and because a folder with a million messages must not come at once.
        """
        state = self._reading()
        with self._speaking("ask for new mail"):
            wire = self._live().wire
            wire.noop()
            wire.news = False
        found: list[int] = []
        low, width = max(uid, 0) + 1, max(FIRST_WINDOW, 2 * limit)
        while low <= MAX_UID and len(found) < limit:
            last = low + width >= state.uidnext
            high = "*" if last else str(low + width - 1)
            hits = self._search(["UID", f"{low}:{high}"])
            found += sorted({u for u in hits if u >= low})
            if last:
                break
            low += width
            if not hits:
                width = min(width * 4, WIDEST_WINDOW)
        return found[:limit]

    def uids_since(self, day: date) -> list[int]:
        """UIDs that arrived on ``day`` or later, ascending.

        SEARCH SINCE knows dates only, in the server's own zone: leave a day of slack.
        """
        self._reading()
        return sorted(set(self._search(["SINCE", day])))

    def sizes(self, uids: Iterable[int]) -> dict[int, int]:
        """RFC822.SIZE in octets by UID; expunged messages, and those it cannot be read of, are missing."""
        self._reading()
        sizes: dict[int, int] = {}
        for some in chunks(sorted(set(uids)), UID_CHUNK):
            try:
                sizes |= self._sizes(some)
            except Garbled:
                for uid in some:
                    with contextlib.suppress(Garbled):
                        sizes |= self._sizes([uid])
        return sizes

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        answers = self._fetch(uids, ["UID", "RFC822.SIZE"], "ask for message sizes")
        told = ((uid, parts.get(b"RFC822.SIZE")) for uid, parts in answers.items())
        return {uid: size for uid, size in told if isinstance(size, int)}

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    def fetch(self, uid: int, *, max_octets: int | None = None) -> RawMessage | None:
        """The message byte for byte, or None when it has been expunged.

        Of a message larger than ``max_octets`` only that many first octets are fetched, and
        ``truncated`` is set. Raises ``MessageUnreadable`` when the server's answer about this one
        message makes no sense.
        """
        state = self._reading()
        cut = max_octets is not None and self.sizes([uid]).get(uid, 0) > max_octets
        section = f"BODY.PEEK[]<0.{max_octets}>" if cut else "BODY.PEEK[]"
        try:
            answers = self._fetch([uid], items(section), f"fetch message {uid}")
        except Garbled as error:
            raise MessageUnreadable(uid, f"Message {uid} cannot be fetched: {error}.") from None
        message = raw_message(answers.get(uid), Location(state.folder, state.uidvalidity, uid))
        if message is not None:
            return replace(message, truncated=True) if cut else message
        if uid not in self._search(["UID", str(uid)]):
            return None
        raise MessageUnreadable(uid, f"The server lists message {uid} but does not give its text.")

    def fetch_many(
        self, uids: Iterable[int], *, max_octets: int | None = None
    ) -> Iterator[RawMessage]:
        """The messages in ascending UID order, fetched in pages of bounded size; expunged ones are missing.

        A page that cannot be read is asked for again message by message; what still cannot be read is
        skipped and stands in ``unreadable``, with the cause.
        """
        self.unreadable = {}
        wanted = sorted(set(uids))
        for some in chunks(wanted, UID_CHUNK):
            for page in pages(some, self.sizes(some)):
                yield from self._fetch_page(page, max_octets)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait for something to happen in the open folder: True then, False after ``seconds`` or on ``stop``.

        IDLE where the server has it, NOOP every 15 s otherwise. Returns within half a second of
        ``stop``. New mail announced since the last ``uids_after`` counts as having happened. Raises
        ``MailboxUnreachable`` on a dead connection.
        """
        self._reading()
        deadline = time.monotonic() + seconds
        idles = "IDLE" in self.capabilities()
        with self._speaking("wait for new mail"):
            wire = self._live().wire
            while not wire.news and not stop.is_set() and time.monotonic() < deadline:
                if idles:
                    until = min(deadline, time.monotonic() + IDLE_RENEWAL_SECONDS)
                    idles = self._idle(until, stop)
                elif not stop.wait(min(NOOP_SECONDS, deadline - time.monotonic())):
                    wire.noop()
        happened, wire.news = wire.news, False
        return happened and not stop.is_set()

    # ── changing ────────────────────────────────────────────────────────────────────────────────

    def append(self, folder: str, octets: bytes, flags: Sequence[str] = ()) -> int | None:
        """Put a message into ``folder``; its UID where the server tells it (RFC 4315), else None.

        ``octets`` must use CRLF: bare CR or LF would be changed on the way.
        """
        self._may_change("append a message")
        name, marks = wire_name(folder), [keyword_atom(flag) for flag in flags]
        if b"\0" in octets:
            raise UnsafeArgument("a message with a NUL octet cannot be appended (RFC 9051 4.3)")
        with self._speaking(f"append to folder {folder}"):
            answer = self._live().append(name, octets, marks)
        match = _APPENDUID.search(answer if isinstance(answer, bytes) else b"")
        return int(match[2]) if match else None

    def keeps_keywords(self, folder: str) -> bool:
        """Whether ``folder`` keeps new keywords: PERMANENTFLAGS, as SELECT tells it, holds \\* (RFC 9051 7.1)."""
        self._may_change("ask for lasting keywords")
        self._select(folder, writable=True)
        return self._any_keyword

    def add_keywords(
        self, folder: str, uid: int, *keywords: str, uidvalidity: int | None = None
    ) -> bool:
        """Set keywords or flags on one message. False: it is no longer there (or UIDVALIDITY differs)."""
        return self._store(folder, uid, keywords, uidvalidity, BoundedClient.add_flags)

    def remove_keywords(
        self, folder: str, uid: int, *keywords: str, uidvalidity: int | None = None
    ) -> bool:
        """Clear keywords or flags on one message. False: it is no longer there (or UIDVALIDITY differs)."""
        return self._store(folder, uid, keywords, uidvalidity, BoundedClient.remove_flags)

    def move(
        self, folder: str, uid: int, to_folder: str, *, uidvalidity: int | None = None
    ) -> bool:
        """Move one message (RFC 6851), by copy and UID EXPUNGE where MOVE is missing. False: not there.

        Raises ``MailboxRefused`` when the server has neither MOVE nor UIDPLUS: a plain EXPUNGE would
        remove other people's deleted messages too.
        """
        self._may_change("move a message")
        target, offered = wire_name(to_folder), self.capabilities()
        if not self._holds(folder, uid, uidvalidity):
            return False
        with self._speaking(f"move message {uid} to {to_folder}"):
            client = self._live()
            if "MOVE" in offered:
                client.move([uid], target)
            elif "UIDPLUS" in offered:
                client.copy([uid], target)
                client.delete_messages([uid], silent=True)
                client.uid_expunge([uid])
            else:
                raise MailboxRefused(
                    "The server can move no message without expunging others.",
                    "Turn the folder mirror off for this account.",
                )
        return True

    # ── inside ──────────────────────────────────────────────────────────────────────────────────

    def _live(self) -> BoundedClient:
        if self._client is None:
            raise MailboxUnreachable("The mailbox is not connected.")
        return self._client

    @contextlib.contextmanager
    def _speaking(self, action: str) -> Iterator[None]:
        """Explain whatever the libraries raise; close a connection that cannot go on."""
        try:
            with explained(action):
                yield
        except MailboxUnreachable:
            self._drop()
            raise

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._open = self._selected = None
        if client is not None:
            with contextlib.suppress(Exception):
                client.wire.shutdown()

    def _select(self, folder: str, *, writable: bool) -> FolderState:
        name = wire_name(folder)
        self._selected = None
        with self._speaking(f"open folder {folder}"):
            answer = self._live().select_folder(name, readonly=not writable)
            state = FolderState(
                folder,
                int(answer.get(b"UIDVALIDITY", 0)),
                int(answer.get(b"UIDNEXT", 0)),
                int(answer.get(b"EXISTS", 0)),
            )
            self._any_keyword = b"\\*" in answer.get(b"PERMANENTFLAGS", ())
        if not state.uidvalidity:
            raise MailboxRefused(
                f"Folder {folder} has no UIDVALIDITY.", "mailflow cannot work with this server."
            )
        self._selected, self._writable = state, writable
        self._live().wire.news = True  # what came while the folder was closed was not announced
        return state

    def _reading(self) -> FolderState:
        """The folder opened last; opened again when a change elsewhere took its place."""
        self._live()
        if self._open is None:
            raise MailboxUnreachable("No folder is open.")
        if self._selected is None or self._selected.folder != self._open.folder:
            self._select(self._open.folder, writable=False)
        if self._selected is None or self._selected.uidvalidity != self._open.uidvalidity:
            folder = self._open.folder
            self._drop()
            raise MailboxUnreachable(f"The UIDs of folder {folder} have become invalid.")
        return self._open

    def _may_change(self, what: str) -> None:
        if self._read_only:
            raise ReadOnlyMailbox(f"Cannot {what}: the mailbox was opened read-only.")

    def _holds(self, folder: str, uid: int, uidvalidity: int | None) -> bool:
        """Select ``folder`` for changing, and tell whether the message is (still) there."""
        state = self._selected
        if state is None or state.folder != folder or not self._writable:
            state = self._select(folder, writable=True)
        if uidvalidity not in (None, state.uidvalidity):
            return False
        return uid in self._search(["UID", str(uid)])

    def _store(
        self,
        folder: str,
        uid: int,
        keywords: Sequence[str],
        uidvalidity: int | None,
        change: Callable[..., Any],
    ) -> bool:
        self._may_change("change keywords")
        marks = [keyword_atom(keyword) for keyword in keywords]
        if not self._holds(folder, uid, uidvalidity):
            return False
        with self._speaking(f"change keywords of message {uid}"):
            change(self._live(), [uid], marks, silent=True)
        return True

    def _search(self, criteria: list[str | date]) -> list[int]:
        with self._speaking("search the folder"):
            client = self._live()
            hits = client.search(criteria, charset=None)
        return [uid for uid in hits if 0 < uid <= MAX_UID]

    def _fetch(
        self, uids: Sequence[int], items: list[str], action: str
    ) -> dict[int, dict[bytes, Any]]:
        """FETCH; raises ``Garbled`` when the answer was complete but makes no sense."""
        client = self._live()
        with self._speaking(action):
            try:
                return dict(client.fetch(uids, items))
            except (OSError, client.AbortError, ReadOnlyMailbox):
                raise
            except Exception as error:
                if client.wire.complete and not wants_patience(str(error)):
                    raise Garbled(plain(error)) from error
                raise

    def _fetch_page(self, page: Sequence[int], max_octets: int | None) -> Iterator[RawMessage]:
        state = self._reading()
        answers: dict[int, dict[bytes, Any]] = {}
        if len(page) > 1:
            with contextlib.suppress(Garbled):
                answers = self._fetch(page, items("BODY.PEEK[]"), "fetch messages")
        for uid in page:
            message = raw_message(
                answers.pop(uid, None), Location(state.folder, state.uidvalidity, uid)
            )
            if message is None:
                try:
                    message = self.fetch(uid, max_octets=max_octets)
                except MessageUnreadable as error:
                    self.unreadable[uid] = error.cause
            if message is not None and max_octets is not None and len(message.octets) > max_octets:
                message = replace(message, octets=message.octets[:max_octets], truncated=True)
            if message is not None:
                yield message

    def _idle(self, until: float, stop: threading.Event) -> bool:
        """One IDLE, ended by news, ``stop`` or time. False when the server refuses to idle."""
        wire = self._live().wire
        if not wire.start_idle():
            return False
        while not wire.news and not stop.is_set() and time.monotonic() < until:
            wire.idle_lines(min(0.25, max(0.0, until - time.monotonic())))
        try:
            wire.end_idle(0.2 if stop.is_set() else wire.idle_timeout)
        except TimeoutError:
            if not stop.is_set():
                raise
            self._drop()  # nobody waits for this connection any more
        return True
