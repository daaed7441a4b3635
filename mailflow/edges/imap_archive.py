"""Old mail in a folder of an IMAP server. Read only: no flag changes, and the daemon's cursor stays."""

from __future__ import annotations

from collections.abc import Iterator

from mailflow.desk.context import Source
from mailflow.edges.imap import ImapMailbox, MessageUnreadable
from mailflow.flow.ports import ArchivedHead
from mailflow.mail.message import RawMessage

_PAGE = 500
_HEAD_OCTETS = 65_536  # enough of any message to hold its date and ids


class ImapArchive:
    """See :class:`mailflow.flow.ports.Archive`. Positions are UIDs. The connection is this archive's own."""

    def __init__(
        self, mailbox: ImapMailbox, folder: str, *, max_octets: int, source: Source = Source.INBOX
    ) -> None:
        self.source = source
        self._mailbox = mailbox
        self._folder = folder
        self._max_octets = max_octets
        self._file = f"imap:{folder}"
        self.unreadable: dict[str, str] = {}

    def heads(self) -> Iterator[ArchivedHead]:
        """Raises what the mailbox raises: the server's faults end an import, which can go on later."""
        self._mailbox.open_folder(self._folder)
        last = 0
        while uids := self._mailbox.uids_after(last, limit=_PAGE):
            sizes = self._mailbox.sizes(uids)
            for raw in self._mailbox.fetch_many(uids, max_octets=_HEAD_OCTETS):
                uid = raw.location.uid if raw.location else 0
                head = raw.octets.partition(b"\r\n\r\n")[0]
                size = sizes.get(uid, len(raw.octets))
                yield ArchivedHead(self._file, uid, size, head, raw.received_at)
            self._note(self._mailbox.unreadable)
            last = uids[-1]

    def read(self, file: str, position: int, size: int) -> RawMessage | None:
        try:
            return self._mailbox.fetch(position, max_octets=self._max_octets)
        except MessageUnreadable as error:
            self._note({position: str(error)})
            return None

    def _note(self, unreadable: dict[int, str]) -> None:
        self.unreadable |= {f"{self._file} UID {uid}": why for uid, why in unreadable.items()}
