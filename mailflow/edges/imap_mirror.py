"""The commands by which the desk shows itself in the mailbox, for many messages at a time.

A command names a set of UIDs, never one message where a hundred wait, and no answer of the server is believed
further than it goes: what was marked is read from the answer to STORE, what was moved from COPYUID
(RFC 4315 3). A message that was gone meanwhile is missing in the answer, and that is all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imapclient.response_parser import parse_fetch_response

from mailflow.edges.imap import ImapMailbox
from mailflow.edges.imap_errors import MailboxRefused, refuse_line_ends
from mailflow.edges.imap_fetch import chunks
from mailflow.edges.imap_folders import keyword_atom, special_folder, tree_name, wire_name

SET_SIZE = 500  # UIDs named in one command
_COPYUID = re.compile(rb"(\d{1,10}) ([\d,:]+) ([\d,:]+)")
_APPENDUID = re.compile(rb"APPENDUID (\d{1,10}) (\d{1,10})\]")
_FILING_HOSTS = ("office365.com", "outlook.com", "hotmail.com")
_PLAIN_TREE = ("", "/")


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """The answer to STATUS (RFC 9051 6.3.11). ``modseq`` is None where the server keeps none (RFC 7162)."""

    uidvalidity: int
    uidnext: int
    messages: int
    modseq: int | None


@dataclass(frozen=True, slots=True)
class Moved:
    """Where messages went: the target's UIDVALIDITY, and new UID by old. Empty where the server does not tell."""

    uidvalidity: int
    uids: Mapping[int, int]


class MirrorMailbox(ImapMailbox):
    """An ``ImapMailbox`` that can also show state. Folder names are as the server spells them."""

    # ── folders ─────────────────────────────────────────────────────────────────────────────────

    def tree(self) -> tuple[str, str]:
        """Prefix and delimiter of the personal namespace (RFC 2342); the inbox's delimiter without NAMESPACE."""
        if "NAMESPACE" in self.capabilities():
            with self._speaking("ask for the namespace"):
                personal = self._live().namespace().personal
            if personal:
                prefix, delimiter = personal[0]
                text = prefix.decode("utf-8", "replace") if isinstance(prefix, bytes) else prefix
                return str(text), str(delimiter or "")
        inbox = next((f for f in self.folders() if f.name.upper() == "INBOX"), None)
        return ("", inbox.delimiter) if inbox else _PLAIN_TREE

    def spelling(self) -> Callable[[str], str]:
        """Writes a folder path of ours as this server does."""
        prefix, delimiter = self.tree()
        return lambda path: tree_name(path, prefix, delimiter)

    def has_folder(self, folder: str) -> bool:
        return any(
            known.name == folder and not known.flags & {"\\noselect", "\\nonexistent"}
            for known in self.folders()
        )

    def find_special(self, use: str) -> str | None:
        """The folder for ``use``, such as ``\\Junk`` (RFC 6154), else one whose name says so."""
        return special_folder(self.folders(), use)

    def status(self, folder: str) -> FolderStatus:
        """One STATUS; nothing is opened. Raises ``MailboxRefused`` for a folder that is not there."""
        asked = ["UIDVALIDITY", "UIDNEXT", "MESSAGES"]
        if "CONDSTORE" in self.capabilities():
            asked.append("HIGHESTMODSEQ")
        name = wire_name(folder)
        with self._speaking(f"ask for the state of folder {folder}"):
            told = self._live().folder_status(name, asked)
        modseq = told.get(b"HIGHESTMODSEQ")
        return FolderStatus(
            int(told.get(b"UIDVALIDITY", 0)),
            int(told.get(b"UIDNEXT", 0)),
            int(told.get(b"MESSAGES", 0)),
            int(modseq) if isinstance(modseq, int) and modseq > 0 else None,
        )

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    def flags_of(
        self, uids: Iterable[int], *, changed_since: int | None = None
    ) -> dict[int, frozenset[str]]:
        """Flags by UID in the open folder. With ``changed_since`` (a mod-sequence) only of what changed after it."""
        self._reading()
        wanted = set(uids)
        if not wanted:
            return {}
        sets, modifiers = uid_sets(sorted(wanted)), None
        if changed_since is not None:
            sets, modifiers = [f"{min(wanted)}:{max(wanted)}"], f"(CHANGEDSINCE {changed_since})"
        found: dict[int, frozenset[str]] = {}
        for some in sets:
            with self._speaking("ask for flags"):
                found |= _flags(self._fetched(some, modifiers))
        return {uid: words for uid, words in found.items() if uid in wanted}

    def _fetched(self, uid_set: str, modifiers: str | None) -> dict[int, Any]:
        wire = self._live().wire
        arguments = ("FETCH", uid_set, "(UID FLAGS)", *((modifiers,) if modifiers else ()))
        tag = wire._command("UID", *arguments)
        typ, told = wire._command_complete("FETCH", tag)
        self._live()._checkok("fetch", typ, told)
        _, lines = wire._untagged_response(typ, told, "FETCH")
        return dict(parse_fetch_response(lines)) if lines and lines[0] is not None else {}

    def which_of(self, uids: Iterable[int]) -> set[int]:
        """Those of ``uids`` that are still in the open folder."""
        self._reading()
        wanted = set(uids)
        if not wanted:
            return set()
        return wanted.intersection(self._search(["UID", f"{min(wanted)}:{max(wanted)}"]))

    def find_field(self, folder: str, field: str, value: str) -> list[int]:
        """UIDs in ``folder`` of messages whose header field holds ``value``, ascending."""
        refuse_line_ends(field, value)
        if not value.isascii():
            return []
        self._open = self._select(folder, writable=False)
        with self._speaking("search the folder"):
            hits = self._live().search(["HEADER", field, value], charset=None)
        return sorted(uid for uid in hits if uid > 0)

    def files_sent_itself(self) -> bool:
        """Whether this provider puts what its SMTP server takes into the Sent folder: Google and Microsoft do."""
        host = self._account.host.lower()
        return "X-GM-EXT-1" in self.capabilities() or host.endswith(_FILING_HOSTS)

    # ── changing ────────────────────────────────────────────────────────────────────────────────

    def put(self, folder: str, octets: bytes, flags: Sequence[str]) -> tuple[int, int] | None:
        """APPEND; UIDVALIDITY and UID where the server tells them (RFC 4315), else None."""
        self._may_change("append a message")
        name, marks = wire_name(folder), [keyword_atom(flag) for flag in flags]
        with self._speaking(f"append to folder {folder}"):
            answer = self._live().append(name, octets, marks)
        match = _APPENDUID.search(answer if isinstance(answer, bytes) else b"")
        return (int(match[1]), int(match[2])) if match else None

    def mark_many(
        self,
        folder: str,
        uidvalidity: int,
        uids: Collection[int],
        *,
        add: Collection[str],
        remove: Collection[str],
    ) -> dict[int, frozenset[str]]:
        """Set and clear flags. The flags afterwards by UID, as the server tells them; what is gone is missing."""
        self._may_change("change keywords")
        set_, clear = (
            [keyword_atom(m) for m in sorted(add)],
            [keyword_atom(m) for m in sorted(remove)],
        )
        after: dict[int, frozenset[str]] = {}
        if not self._opened_for_change(folder, uidvalidity):
            return after
        for some in chunks(sorted(uids), SET_SIZE):
            with self._speaking(f"change keywords in {folder}"):
                client = self._live()
                answers: dict[int, Any] = {}
                if clear:
                    answers |= client.remove_flags(some, clear) or {}
                if set_:
                    answers |= client.add_flags(some, set_) or {}
            after |= {uid: _words(flags) for uid, flags in answers.items()}
        return after

    def move_many(
        self, folder: str, uidvalidity: int, uids: Collection[int], to_folder: str
    ) -> Moved:
        """Move messages (RFC 6851); without MOVE by copying, and by expunging what was proven to be copied."""
        self._may_change("move messages")
        target, offered = wire_name(to_folder), self.capabilities()
        if "MOVE" not in offered and "UIDPLUS" not in offered:
            raise MailboxRefused(
                "The server can move no message without expunging others.",
                'Set mode = "off" under [mirror].',
            )
        went: dict[int, int] = {}
        validity = 0
        if not self._opened_for_change(folder, uidvalidity):
            return Moved(0, {})
        for some in chunks(sorted(uids), SET_SIZE):
            with self._speaking(f"move messages to {to_folder}"):
                if "MOVE" in offered:
                    told = self._copied("move", some, target)
                else:
                    told = self._copied("copy", some, target)
                    self._expunge(list(told.uids))
            validity = told.uidvalidity or validity
            went |= told.uids
        return Moved(validity, went)

    def remove(self, folder: str, uidvalidity: int, uid: int) -> bool:
        """Remove one message of our own making for good. False: it is not there, or the server cannot."""
        self._may_change("remove a message")
        if "UIDPLUS" not in self.capabilities():
            return False
        if not self._holds(folder, uid, uidvalidity):
            return False
        with self._speaking(f"remove message {uid}"):
            self._expunge([uid])
        return True

    # ── inside ──────────────────────────────────────────────────────────────────────────────────

    def _opened_for_change(self, folder: str, uidvalidity: int) -> bool:
        """Select for changing. False when the UIDs mean other messages by now."""
        state = self._selected
        if state is None or state.folder != folder or not self._writable:
            state = self._select(folder, writable=True)
        return state.uidvalidity == uidvalidity

    def _copied(self, command: str, uids: Sequence[int], target: bytes) -> Moved:
        """Run a COPY or MOVE and read COPYUID, which MOVE sends untagged (RFC 6851 4.3)."""
        client = self._live()
        client.wire.untagged_responses.pop("COPYUID", None)
        said = getattr(client, command)(uids, target)
        told = client.wire.untagged_responses.pop("COPYUID", None)
        octets = told[-1] if told else said
        match = _COPYUID.search(octets if isinstance(octets, bytes) else b"")
        if not match:
            return Moved(0, {})
        old, new = _uids(match[2]), _uids(match[3])
        if len(old) != len(new):
            return Moved(0, {})
        return Moved(int(match[1]), dict(zip(old, new, strict=True)))

    def _expunge(self, uids: Sequence[int]) -> None:
        if uids:
            client = self._live()
            client.delete_messages(uids, silent=True)
            client.uid_expunge(uids)


def uid_sets(uids: Sequence[int], longest: int = 4000) -> list[str]:
    """Ascending UIDs as sequence sets (RFC 9051 9) of at most about ``longest`` characters.

    >>> uid_sets([1, 2, 3, 7, 9, 10])
    ['1:3,7,9:10']
    """
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    sets, length = [""], 0
    for low, high in runs:
        piece = str(low) if low == high else f"{low}:{high}"
        if length + len(piece) > longest:
            sets.append("")
            length = 0
        sets[-1] += ("," if sets[-1] else "") + piece
        length += len(piece) + 1
    return [s for s in sets if s]


def _flags(answers: Mapping[int, Mapping[bytes, Any]]) -> dict[int, frozenset[str]]:
    return {uid: _words(parts[b"FLAGS"]) for uid, parts in answers.items() if b"FLAGS" in parts}


def _words(flags: Iterable[Any]) -> frozenset[str]:
    return frozenset(
        f.decode("ascii", "replace") if isinstance(f, bytes) else str(f) for f in flags
    )


def _uids(uid_set: bytes) -> list[int]:
    """The UIDs of a set in the order they stand there, which is what pairs COPYUID's two sets."""
    found: list[int] = []
    for part in uid_set.split(b","):
        low, _, high = part.partition(b":")
        first, last = int(low), int(high or low)
        step = 1 if last >= first else -1
        if abs(last - first) > 10 * SET_SIZE:
            return []
        found += range(first, last + step, step)
    return found
