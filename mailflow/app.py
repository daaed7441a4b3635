"""The composition root: builds every edge once, and has one method for each piece of due work.

The demo, a test and ``run --once`` call them in turn; ``daemon.py`` puts them on the clock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time as time_of_day

from mailflow.alerts import Alerts
from mailflow.article_folder import watched_folder
from mailflow.config import Settings
from mailflow.desk.context import Source
from mailflow.desk.gate import Passage
from mailflow.desk.outbox import MailClass, OutboxState
from mailflow.edges.imap import MailboxRefused
from mailflow.edges.imap_mirror import MirrorMailbox
from mailflow.edges.link_server import LinkServer
from mailflow.edges.smtp import SmtpRefused, SmtpSender, SmtpUnreachable
from mailflow.edges.templates import TemplateFault
from mailflow.edges.trial import ParserTrial
from mailflow.flow.auto_close import close_quiet_tickets
from mailflow.flow.clocks import remind_of_clocks
from mailflow.flow.deliver import Delivered, deliver_due, resolve_interrupted
from mailflow.flow.follow_up import queue_updates, warn_of_updates
from mailflow.flow.keep_templates import keep_templates
from mailflow.flow.mirror import Mirror
from mailflow.flow.own_mail import file_sent, keep_proposals
from mailflow.flow.ports import Clock, Submission, Trial
from mailflow.flow.receive import Outcome, decide_waiting, fetch_new, pretend_read_up_to
from mailflow.flow.reminders import queue_reminders
from mailflow.flow.reports import queue_digests, queue_weekly_report
from mailflow.learning import train_if_due as train_when_due
from mailflow.links import link_server
from mailflow.store.database import SqlStore, open_store
from mailflow.suggestions import load_suggester, model_stamp
from mailflow.wiring import (
    build_desk,
    burst_watch,
    imap_account,
    mirror_rules,
    open_articles,
    open_templates,
    signed,
    smtp_server,
    utc_now,
)

log = logging.getLogger(__name__)

_MONDAY_AT = time_of_day(7)
_SETTLE = 0.5  # a template file is taken up so long after it was saved
_MIRROR_REST = 60.0  # after a refusal
_HELD = (
    "The outbox holds mail back: {reason}. Look with `mailflow outbox list --state held`, "
    "let it go with `mailflow outbox release --all`."
)
_NOT_RELEASED = frozenset(p.value for p in Passage if p is not Passage.RELEASE)


def _nobody_waits() -> None: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what happens, as it happens: the demo's screen, a test."""

    outcome: Callable[[Outcome], None] = lambda outcome: None
    delivered: Callable[[Delivered], None] = lambda delivered: None
    template_fault: Callable[[TemplateFault], None] = lambda fault: None


class App:
    """One mailflow on one mailbox. ``step`` does all due work once; ``Daemon`` does it when it is due.

    Once ``stopping`` is set, each job ends after the message or mail in hand.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        store: SqlStore | None = None,
        submission: Submission | None = None,
        trial: Trial | None = None,
        read_only: bool = False,
        watch: Watch | None = None,
    ) -> None:
        self.settings = settings
        self.store = store or open_store(settings.database.url)
        self.templates = open_templates(settings, self.store, settle_seconds=_SETTLE)
        self._kept_templates: object = None  # what the database knows of them
        self._template_faults: tuple[TemplateFault, ...] = ()
        self._model_stamp = model_stamp(settings)
        self.suggests = load_suggester(settings)
        articles = open_articles(self.store, self.suggests.articles)
        self.desk = build_desk(settings, self.templates, articles, clock)
        self.alerts = Alerts(settings.admin.alert_command)
        self.article_folder = watched_folder(settings, self.store, self.desk, self.alerts)
        self._account = imap_account(settings)
        self._read_only = read_only
        self._sender = SmtpSender(smtp_server(settings))
        self._submission: Submission = submission or signed(settings, self._sender)
        self._parser_trial = ParserTrial()
        self._trial: Trial = trial or self._parser_trial
        self._watch = watch or Watch()
        self.work_came: Callable[[], None] = _nobody_waits  # called when mail was queued
        self.stopping = threading.Event()
        self._sent_folder: str | None = settings.mailbox.sent_folder or None
        self._sending = threading.Lock()  # one SMTP dialogue at a time
        self._in_doubt = False  # whether a mail may stand in flight that nobody is sending
        self.mirror = self._made_mirror()
        self._bursts = burst_watch(settings)
        self._mirror_rests_until = 0.0  # monotonic

    # ── one round ───────────────────────────────────────────────────────────────────────────────

    def step(self) -> None:
        """All due work, once. Raises what makes it impossible: the mailbox's, SMTP's or the store's faults."""
        resolve_interrupted(self.store, self.desk)
        self.article_folder.look()
        self.take_up_templates()
        with self.mailbox() as mailbox:
            self.read_mailbox(mailbox)
        self.queue_what_is_due()
        self.queue_reports()
        self.deliver()

    def settle_interrupted(self) -> None:
        """Of a process that was killed: what may have left, and what may not."""
        resolve_interrupted(self.store, self.desk)

    def rehearse(self, newest: int) -> None:
        """One round without effects: for an app with a throw-away store and a read-only mailbox.

        ``newest`` takes so many of the latest messages as new where a folder was never read before.
        """
        with MirrorMailbox(self._account, read_only=True) as mailbox:
            if newest:
                pretend_read_up_to(
                    mailbox, self.settings.mailbox.folder, newest, self.store, utc_now
                )
            self.read_mailbox(mailbox)
        self.queue_what_is_due()

    def mailbox(self) -> MirrorMailbox:
        """A connection to it, opened by ``with``."""
        return MirrorMailbox(self._account, read_only=self._read_only)

    def read_mailbox(self, mailbox: MirrorMailbox) -> None:
        """Everything new in the inbox and the Sent folder becomes decisions."""
        folder = self.settings.mailbox.folder
        if self._sent_folder is None:
            self._sent_folder = mailbox.find_sent_folder() or ""
        for name, source in ((folder, Source.INBOX), (self._sent_folder, Source.SENT)):
            if name and not self.stopping.is_set():
                self._fetch(mailbox, name, source)
                self.decide()
        self._show_state(mailbox)
        # Only here, where every reply is known: after an outage the clock is ahead of the mail.
        if not self.stopping.is_set() and close_quiet_tickets(self.store, self.desk):
            self.work_came()

    def _made_mirror(self) -> Mirror | None:
        rules = None if self._read_only else mirror_rules(self.settings)
        if rules is None:
            return None
        return Mirror(
            self.store,
            self.desk,
            rules,
            inbox=self.settings.mailbox.folder,
            max_octets=self.settings.mailbox.max_message_octets,
            refused=(MailboxRefused,),
        )

    def _show_state(self, mailbox: MirrorMailbox) -> None:
        """Bring mailbox and tickets in step. What the server refuses here stops no mail."""
        if self.mirror is None or self.stopping.is_set():
            return
        if time.monotonic() < self._mirror_rests_until:
            return
        try:
            done = self.mirror.round(mailbox, self.decide, self.stopping.is_set)
            self._put_own_mail(mailbox)
        except MailboxRefused as error:
            self.mirror.forget_connection()
            self._mirror_rests_until = time.monotonic() + _MIRROR_REST
            log.error("the mailbox cannot show the tickets' state: %s", error)
            return
        if done.changed or done.moved or done.marked:
            log.info(
                "mailbox: %d tickets changed there, %d messages moved, %d marked",
                done.changed,
                done.moved,
                done.marked,
            )

    def _put_own_mail(self, mailbox: MirrorMailbox) -> None:
        """Copies of what left into Sent, proposed answers into Drafts."""
        rules, stop = mirror_rules(self.settings), self.stopping.is_set
        if rules is None:
            return
        refused = (MailboxRefused,)
        filed = file_sent(
            mailbox, self.store, self.desk, self._sent_folder, rules.file_sent, refused, stop
        )
        drafts = rules.drafts_folder or mailbox.find_special("\\Drafts") if rules.drafts else None
        proposed = keep_proposals(mailbox, self.store, self.desk, drafts, stop) if drafts else 0
        if filed or proposed:
            log.info("mailbox: %d copies put into Sent, %d answers proposed", filed, proposed)

    def _fetch(self, mailbox: MirrorMailbox, folder: str, source: Source) -> None:
        try:
            fetch_new(
                mailbox,
                folder,
                source,
                self.store,
                self.desk.clock,
                max_octets=self.settings.mailbox.max_message_octets,
                stop=self.stopping.is_set,
                skip_known=source is Source.SENT,
            )
        except MailboxRefused as error:
            if source is Source.INBOX:
                raise
            log.error("the Sent folder is left out until the next start: %s", error)
            self._sent_folder = ""

    def decide(self) -> int:
        decided = decide_waiting(
            self.store,
            self.suggests,
            self.desk,
            self._trial,
            stop=self.stopping.is_set,
            watch=self._tell_outcome,
        )
        if decided:
            self.work_came()
        return decided

    def deliver(self) -> int:
        """Send what is due. Raises SmtpUnreachable or SmtpRefused when the server cannot be used."""
        with self._sending:
            if self._in_doubt:
                resolve_interrupted(self.store, self.desk)
            self._in_doubt = True  # until we know how it ended
            try:
                done = deliver_due(
                    self.store,
                    self._submission,
                    self.desk,
                    unreachable=(SmtpUnreachable, SmtpRefused),
                    stop=self.stopping.is_set,
                    watch=self._tell_delivered,
                )
            except (SmtpUnreachable, SmtpRefused):
                self._in_doubt = False
                raise
            self._in_doubt = False
            return done

    def _tell_outcome(self, outcome: Outcome) -> None:
        """Numbers and reasons alone: what people write and who they are stays out of the log."""
        where = f", ticket {outcome.ticket.id}" if outcome.ticket else ""
        level = logging.WARNING if outcome.quarantined else logging.INFO
        log.log(level, "message %d%s: %s", outcome.waiting.id, where, outcome.text)
        self._watch.outcome(outcome)

    def _tell_delivered(self, delivered: Delivered) -> None:
        # What the server said is logged where it is heard; this is what never reached it.
        passage, _, reason = delivered.text.partition(":")
        if passage in _NOT_RELEASED:
            log.info("outbox %d: %s", delivered.mail.id, delivered.text)
        if passage == Passage.HOLD:
            self.alerts.tell("held", _HELD.format(reason=reason.strip()))
        elif passage == OutboxState.SENT and delivered.mail.mail_class is MailClass.AUTOMATIC:
            self.alerts.over("held")
        self._watch.delivered(delivered)

    def let_go(self) -> None:
        """End the child process a message is tried in; the rest ends with this process."""
        self._parser_trial.close()

    def close(self) -> None:
        self._sender.close()
        self._parser_trial.close()
        self.store.close()

    def link_server(self) -> LinkServer | None:
        """What answers those who follow a link of a mail, where links are on. Raises OSError when it cannot listen."""
        return link_server(self.settings, self.store, self.desk)

    def queue_reports(self) -> int:
        """What comes round by the calendar and is due: digests and the admin's week."""
        digest, admin = self.settings.digest, self.settings.admin
        queued = 0
        if digest.at:
            queued += queue_digests(self.store, self.desk, time_of_day.fromisoformat(digest.at))
        if admin.address and admin.weekly_report:
            queued += queue_weekly_report(self.store, self.desk, admin.address, _MONDAY_AT)
        return queued

    def queue_due(self) -> int:
        """Everything time makes due, reports included: one tick of a clock that somebody else moves."""
        closing = close_quiet_tickets(self.store, self.desk)
        return closing + self.queue_what_is_due() + self.queue_reports()

    def queue_what_is_due(self) -> int:
        """What time alone makes due. Returns how many mails were queued."""
        jobs = (queue_reminders, remind_of_clocks, warn_of_updates, queue_updates)
        queued = sum(job(self.store, self.desk) for job in jobs)
        return queued + (self._bursts.look(self.store, self.desk) if self._bursts else 0)

    def take_up_model(self) -> None:
        """Take over the model that was promoted or replaced meanwhile; a faulty one is told of and left."""
        stamp = model_stamp(self.settings)
        if stamp == self._model_stamp:
            return
        loaded = load_suggester(self.settings)
        if stamp != model_stamp(self.settings):
            return  # it is being written: the next look sees it whole
        self._model_stamp = stamp
        self.suggests.take_over(loaded)
        if not loaded.fault:
            self.alerts.over("model")
            log.info("the suggestion model is loaded anew")
            return
        still = "the last good one goes on" if self.suggests.serves else "no suggestions are made"
        self.alerts.tell("model", f"the new suggestion model cannot serve, {still}: {loaded.fault}")

    def train_if_due(self) -> None:
        entry = train_when_due(self.settings, self.store, self.desk.clock)
        if entry is not None:
            log.info("training from %d confirmed tickets: %s", entry.tickets, entry.verdict)

    def take_up_templates(self) -> None:
        """Take up edited templates, keep what serves now, and tell of each fault once."""
        for fault in self.templates.reload():
            self._watch.template_fault(fault)
        serving, faults = self.templates.serving(), self.templates.faults()
        seen = ([version.name for version in serving], faults)
        if seen == self._kept_templates:
            return
        told = keep_templates(self.store, serving, [str(f) for f in faults], self.desk.clock())
        for line in told:  # the last good version serves
            self.alerts.tell(
                f"template {line}", f"a template is broken, its last good version serves: {line}"
            )
        for line in {str(fault) for fault in self._template_faults} - {str(f) for f in faults}:
            self.alerts.over(f"template {line}")
        self._template_faults = faults
        self._kept_templates = seen
