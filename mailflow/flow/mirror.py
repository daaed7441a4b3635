"""The mirror: what people did in the mailbox becomes the ticket's, what the ticket is becomes visible there.

One round is: look (one STATUS a folder, and more only where it differs), take in what is new, let the tickets
follow the people, then show. Everything is idempotent. What is about to be shown is committed before the first
command, so that a round cut off on any line is not taken for a person's act by the next one; what was seen is
committed as seen only with the changes it caused.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailflow.desk.context import Source
from mailflow.desk.mirror import MirrorPlan, Placement, Shown, plan_mirror
from mailflow.desk.mirror_scheme import MirrorRules, Scheme, scheme_for
from mailflow.desk.ticket import TicketStatus
from mailflow.flow.answer import Desk
from mailflow.flow.mirror_changes import apply_change, note_refusal
from mailflow.flow.ports import Cursor, Store
from mailflow.flow.ports.mirror import (
    FolderSnapshot,
    MirroredTicket,
    NewPlace,
    Place,
    PlaceResult,
    ShowingMailbox,
)
from mailflow.flow.receive import fetch_new

log = logging.getLogger(__name__)

_JUNK_SEARCHED = 2000  # newest messages in Junk among which one that left is looked for
_OUR_TURN = frozenset({TicketStatus.NEW, TicketStatus.OPEN})
_DELETED = "\\Deleted"


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: tickets changed by people, messages moved and marked by us."""

    changed: int = 0
    moved: int = 0
    marked: int = 0


@dataclass(slots=True)
class _Seen:
    """What looking brought. Flags are all of a message's; ``left`` are places that are empty now."""

    flags: dict[int, frozenset[str]] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)
    snapshots: dict[str, FolderSnapshot] = field(default_factory=dict)
    validity: dict[str, int] = field(default_factory=dict)


class Mirror:
    """The mirror of one desk in one mailbox. Belongs to the thread that has the connection."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        rules: MirrorRules,
        *,
        inbox: str,
        max_octets: int,
        refused: tuple[type[Exception], ...],
    ) -> None:
        self._store = store
        self._desk = desk
        self._rules = rules
        self._inbox = inbox
        self._max_octets = max_octets
        self._refused = refused  # what the mailbox raises for a folder that is not there
        self._scheme: Scheme | None = None
        self._keeps: dict[str, bool] = {}

    def forget_connection(self) -> None:
        """A new connection may be a changed server: ask again for folders and keywords."""
        self._scheme = None

    def round(
        self,
        mailbox: ShowingMailbox,
        decide: Callable[[], int],
        stop: Callable[[], bool] = lambda: False,
    ) -> Round:
        """Bring mailbox and tickets in step. ``decide`` turns mail found in our folders into tickets."""
        scheme = self.scheme(mailbox)
        with self._store.begin() as work:
            since = work.mirror.last_round()
        seen = self._look(mailbox, scheme, decide, stop)
        if stop():
            return Round()
        self._take_in(mailbox, scheme, seen)
        changed = self._follow_people(scheme, seen, since)
        if stop():
            return Round(changed)
        moved, marked = self._show(mailbox, scheme, seen)
        with self._store.begin() as work:
            for folder, snapshot in seen.snapshots.items():
                work.mirror.set_snapshot(folder, snapshot, self._desk.clock())
        return Round(changed, moved, marked)

    def scheme(self, mailbox: ShowingMailbox) -> Scheme:
        """Names and keywords on this server; missing folders are made on the first call of a connection."""
        if self._scheme is None:
            scheme = scheme_for(
                self._rules,
                [agent.address for agent in self._desk.policy.agents],
                self._inbox,
                mailbox.spelling(),
                self._rules.junk_folder or mailbox.find_special("\\Junk"),
            )
            for folder in scheme.watched:
                self._make(mailbox, folder)
                self._keeps[folder] = mailbox.keeps_keywords(folder)
            self._scheme = scheme
        return self._scheme

    def _make(self, mailbox: ShowingMailbox, folder: str) -> None:
        """A folder of our own making holds no old mail: what is found in it later was put there."""
        if folder == self._inbox or mailbox.has_folder(folder):
            return
        mailbox.create_folder(folder)
        log.info("made folder %s", folder)
        status = mailbox.status(folder)
        now = self._desk.clock()
        with self._store.begin() as work:
            work.intake.set_cursor(folder, Cursor(status.uidvalidity, 0, now))
            work.tickets.note_event(None, "mirror", f"made folder {folder}", now)

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    def _look(
        self,
        mailbox: ShowingMailbox,
        scheme: Scheme,
        decide: Callable[[], int],
        stop: Callable[[], bool],
    ) -> _Seen:
        seen = _Seen()
        with self._store.begin() as work:
            snapshots = work.mirror.snapshots()
            shown_in = set(work.mirror.folders_with_places())
        others = sorted(shown_in - set(scheme.watched) - {scheme.junk})
        for folder in (*scheme.watched, *others):
            if stop():
                break
            before = snapshots.get(folder)
            now = self._status(mailbox, folder, make=folder in scheme.watched)
            if now is None:
                seen.left.update(self._all_places(folder, before))
                continue
            seen.validity[folder] = now.uidvalidity
            if now == before and now.modseq is not None:
                continue
            seen.snapshots[folder] = now
            if folder in scheme.watched and folder != scheme.inbox:
                self._fetch(mailbox, folder, before, now, decide, stop)
            self._look_into(mailbox, folder, before, now, seen)
        return seen

    def _status(self, mailbox: ShowingMailbox, folder: str, *, make: bool) -> FolderSnapshot | None:
        """None: a folder that is not there and not ours to make."""
        try:
            told = mailbox.status(folder)
        except self._refused:
            if not make or mailbox.has_folder(folder):
                if make:
                    raise
                return None
            log.warning("folder %s is gone: it is made again", folder)
            self._make(mailbox, folder)
            told = mailbox.status(folder)
        return FolderSnapshot(told.uidvalidity, told.uidnext, told.messages, told.modseq)

    def _all_places(self, folder: str, before: FolderSnapshot | None) -> Collection[int]:
        if before is None:
            return ()
        with self._store.begin() as work:
            return list(work.mirror.places_in(folder, before.uidvalidity).values())

    def _fetch(
        self,
        mailbox: ShowingMailbox,
        folder: str,
        before: FolderSnapshot | None,
        now: FolderSnapshot,
        decide: Callable[[], int],
        stop: Callable[[], bool],
    ) -> None:
        """What people put into a folder of ours: known mail gains a place, unknown mail becomes a ticket."""
        same = before is not None and (before.uidvalidity, before.uidnext) == (
            now.uidvalidity,
            now.uidnext,
        )
        if same and now.uidnext:
            return
        new = fetch_new(
            mailbox,
            folder,
            Source.INBOX,
            self._store,
            self._desk.clock,
            max_octets=self._max_octets,
            stop=stop,
            skip_known=True,
        )
        if new:
            decide()

    def _look_into(
        self,
        mailbox: ShowingMailbox,
        folder: str,
        before: FolderSnapshot | None,
        now: FolderSnapshot,
        seen: _Seen,
    ) -> None:
        with self._store.begin() as work:
            places = work.mirror.places_in(folder, now.uidvalidity)
            if before is not None and before.uidvalidity != now.uidvalidity:
                # The same messages under new numbers: they are taken in again by their bytes.
                log.warning("the server numbers %s anew (UIDVALIDITY changed)", folder)
        if not places:
            return
        mailbox.open_folder(folder)
        comparable = (
            before is not None
            and before.modseq is not None
            and now.modseq is not None
            and before.uidvalidity == now.uidvalidity
        )
        if comparable and before is not None:
            flags = mailbox.flags_of(places, changed_since=before.modseq)
            fewer = before.messages + (now.uidnext - before.uidnext) > now.messages
            missing = set(places) if fewer else set()
        else:
            flags = mailbox.flags_of(places)
            missing = set(places) - set(flags)
        if missing:
            missing -= mailbox.which_of(missing)
        seen.flags |= {places[uid]: words for uid, words in flags.items() if uid in places}
        seen.left |= {places[uid] for uid in missing}

    # ── taking in ───────────────────────────────────────────────────────────────────────────────

    def _take_in(self, mailbox: ShowingMailbox, scheme: Scheme, seen: _Seen) -> None:
        """New messages and those that came to lie elsewhere; then what became of the empty places."""
        now = self._desk.clock()
        folders = {f: v for f, v in seen.validity.items() if f in scheme.watched}
        with self._store.begin() as work:
            unshown = work.mirror.unshown(folders, scheme.inbox)
        there: list[NewPlace] = []
        flags: dict[tuple[str, int], frozenset[str]] = {}
        for folder, places in _by_folder(unshown.places).items():
            mailbox.open_folder(folder)
            found = mailbox.flags_of(p.uid for p in places)
            there += [p for p in places if p.uid in found]
            flags |= {(folder, uid): words for uid, words in found.items()}
        with self._store.begin() as work:
            work.mirror.take_in(there, seen.left, unshown.up_to, now)
            for folder in {p.folder for p in there}:
                rows = work.mirror.places_in(folder, folders[folder])
                for place in there:
                    if place.folder == folder:
                        seen.flags[rows[place.uid]] = flags[(folder, place.uid)]
            leaving = {i for i, words in seen.flags.items() if _DELETED in words}
            elsewhere = work.mirror.replaced(seen.left | leaving, besides=scheme.junk)
            work.mirror.close_empty(seen.left & elsewhere)
        self._search_junk(mailbox, scheme, seen, seen.left - elsewhere, leaving - elsewhere)

    def _search_junk(
        self,
        mailbox: ShowingMailbox,
        scheme: Scheme,
        seen: _Seen,
        left: set[int],
        leaving: set[int],
    ) -> None:
        """A message that lies nowhere else may have been called spam. Size finds it, the hash of its bytes proves it."""
        with self._store.begin() as work:
            wanted = list(work.mirror.with_ids(left | leaving))
        found: dict[int, NewPlace] = {}
        if wanted and scheme.junk:
            found = self._found_in_junk(mailbox, scheme.junk, wanted)
        now = self._desk.clock()
        with self._store.begin() as work:
            gone = {i for i in found if i in left or i in leaving}
            work.mirror.take_in_spam([found[i] for i in gone], gone, now)
            for place_id in gone:
                rows = work.mirror.places_in(found[place_id].folder, found[place_id].uidvalidity)
                seen.flags[rows[found[place_id].uid]] = frozenset()
            work.mirror.drop(left - gone, "moved elsewhere or deleted; the ticket stays", now)
        for place_id in gone:
            seen.flags.pop(place_id, None)

    def _found_in_junk(
        self, mailbox: ShowingMailbox, junk: str, wanted: Sequence[Place]
    ) -> dict[int, NewPlace]:
        """A copy found there earlier was judged then: who took the message out again may have left it behind."""
        state = mailbox.open_folder(junk)
        with self._store.begin() as work:
            judged = work.mirror.places_in(junk, state.uidvalidity)
        newest = mailbox.uids_after(
            max(state.uidnext - 1 - _JUNK_SEARCHED, 0), limit=_JUNK_SEARCHED
        )
        sizes = mailbox.sizes(newest)
        likely = {p.size for p in wanted}
        by_hash = {p.content_hash: p for p in wanted}
        found: dict[int, NewPlace] = {}
        uids = [uid for uid, size in sizes.items() if size in likely and uid not in judged]
        for raw in mailbox.fetch_many(uids, max_octets=self._max_octets):
            place = by_hash.get(hashlib.sha256(raw.octets).hexdigest())
            if place is not None and raw.location is not None:
                at = raw.location
                found[place.id] = NewPlace(at.folder, at.uidvalidity, at.uid, place.raw_id)
        return found

    # ── tickets follow people ───────────────────────────────────────────────────────────────────

    def _follow_people(self, scheme: Scheme, seen: _Seen, since: datetime | None) -> int:
        """Change the tickets people touched, each in its own transaction. Returns how many changed."""
        changed = 0
        with self._store.begin() as work:
            touched = {p.ticket_id for p in work.mirror.with_ids(seen.flags) if p.ticket_id}
        for ticket_id, places, ticket in self._loaded(seen, since):
            if ticket_id not in touched and all(_is_settled(p) for p in places):
                continue
            placements = [self._placement(p, seen, scheme) for p in places]
            plan = plan_mirror(self._shown(ticket), placements, scheme)
            changed += self._take_over(ticket_id, plan, placements)
        return changed

    def _take_over(self, ticket_id: int, plan: MirrorPlan, placements: Sequence[Placement]) -> bool:
        """The ticket's change and what was seen are one commit: it is never taken for news again."""
        now = self._desk.clock()
        with self._store.begin() as work:
            for change in plan.changes:
                apply_change(work, self._desk, ticket_id, change)
            for reason in plan.refused:
                note_refusal(work, self._desk, ticket_id, reason)
            for place in placements:
                if place.folder is not None and not place.is_settled:
                    work.mirror.set_base(place.id, place.folder, place.marks, now)
        return bool(plan.changes)

    def _loaded(
        self, seen: _Seen, since: datetime | None
    ) -> list[tuple[int, list[Place], MirroredTicket]]:
        with self._store.begin() as work:
            by_ticket: dict[int, list[Place]] = defaultdict(list)
            for place in work.mirror.places(set(seen.flags)):
                if place.ticket_id is not None:
                    by_ticket[place.ticket_id].append(place)
            tickets = {k.id: k for k in work.mirror.tickets(set(by_ticket), since)}
        return [(i, places, tickets[i]) for i, places in by_ticket.items() if i in tickets]

    def _placement(self, place: Place, seen: _Seen, scheme: Scheme) -> Placement:
        base = scheme.ours(place.base_marks)
        flags = seen.flags.get(place.id)
        return Placement(
            id=place.id,
            message_row=place.message_row,
            folder=None if flags is not None and _DELETED in flags else place.folder,
            marks=base if flags is None else scheme.ours(flags),
            base_folder=place.base_folder,
            base_marks=base,
            aimed_folder=place.aimed_folder,
            aimed_marks=None if place.aimed_marks is None else scheme.ours(place.aimed_marks),
            keeps_keywords=self._keeps.get(place.folder, False),
        )

    def _shown(self, ticket: MirroredTicket) -> Shown:
        return Shown(
            id=ticket.id,
            status=ticket.status,
            priority=ticket.priority,
            assignee=ticket.assignee,
            article_id=ticket.article_id,
            answer_due=self._answer_due(ticket),
            wrote_since=ticket.wrote_since,
        )

    def _answer_due(self, ticket: MirroredTicket) -> bool:
        """It is our turn, and the customer waits longer than this priority is let wait, or past a set moment."""
        if ticket.status not in _OUR_TURN:
            return False
        now = self._desk.clock()
        if ticket.due_at is not None and ticket.due_at <= now:
            return True
        patience = self._desk.policy.update_interval(ticket.priority, ticket.queue)
        return ticket.waiting_since is not None and ticket.waiting_since + patience <= now

    # ── showing ─────────────────────────────────────────────────────────────────────────────────

    def _show(self, mailbox: ShowingMailbox, scheme: Scheme, seen: _Seen) -> tuple[int, int]:
        """Move and mark whatever does not show its ticket's state. Aims are committed first."""
        plans: list[tuple[Place, str | None, MarkSet | None]] = []
        for _, places, ticket in self._loaded(seen, None):
            placements = [self._placement(p, seen, scheme) for p in places]
            plan = plan_mirror(self._shown(ticket), placements, scheme)
            if plan.changes:
                continue  # refused by the desk, or new: the next round looks at it again
            moves = {m.placement: m.folder for m in plan.moves}
            marks = {m.placement: (m.add, m.remove, m.marks) for m in plan.markings}
            plans += [
                (p, moves.get(p.id), marks.get(p.id))
                for p in places
                if p.id in moves or p.id in marks
            ]
        if not plans:
            return 0, 0
        with self._store.begin() as work:
            for place, folder, mark in plans:
                work.mirror.aim(place.id, folder, mark[2] if mark else None)
        marked = self._mark(mailbox, scheme, plans)
        moved = self._move(mailbox, plans)
        return moved, marked

    def _mark(self, mailbox: ShowingMailbox, scheme: Scheme, plans: Sequence[Planned]) -> int:
        groups: dict[tuple[str, int, frozenset[str], frozenset[str]], list[Planned]] = defaultdict(
            list
        )
        for planned in plans:
            place, _, mark = planned
            if mark is not None:
                groups[(place.folder, place.uidvalidity, mark[0], mark[1])].append(planned)
        done = 0
        for (folder, validity, add, remove), some in sorted(groups.items(), key=lambda g: g[0][:2]):
            after = mailbox.mark_many(
                folder, validity, [p.uid for p, _, _ in some], add=add, remove=remove
            )
            now = self._desk.clock()
            with self._store.begin() as work:
                for place, _, mark in some:
                    if place.uid in after and mark is not None:
                        reached = scheme.ours(after[place.uid]) & mark[2]
                        work.mirror.settle(PlaceResult(place.id, marks=reached), now)
                        done += 1
        return done

    def _move(self, mailbox: ShowingMailbox, plans: Sequence[Planned]) -> int:
        groups: dict[tuple[str, int, str], list[Place]] = defaultdict(list)
        for place, folder, _ in plans:
            if folder is not None:
                groups[(place.folder, place.uidvalidity, folder)].append(place)
        done = 0
        for (folder, validity, target), places in sorted(groups.items()):
            went = mailbox.move_many(folder, validity, [p.uid for p in places], target)
            now = self._desk.clock()
            with self._store.begin() as work:
                for place in places:
                    if place.uid in went.uids:
                        to = (target, went.uidvalidity, went.uids[place.uid])
                        work.mirror.settle(PlaceResult(place.id, moved_to=to), now)
                        done += 1
        return done


MarkSet = tuple[frozenset[str], frozenset[str], frozenset[str]]  # add, remove, all afterwards
Planned = tuple[Place, "str | None", "MarkSet | None"]


def _is_settled(place: Place) -> bool:
    """Whether nothing about it was left half done."""
    aims = place.aimed_folder is not None or place.aimed_marks is not None
    return place.base_folder == place.folder and not aims


def _by_folder(places: Sequence[NewPlace]) -> Mapping[str, list[NewPlace]]:
    found: dict[str, list[NewPlace]] = defaultdict(list)
    for place in places:
        found[place.folder].append(place)
    return found
