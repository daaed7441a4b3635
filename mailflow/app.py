"""The composition root: builds every edge once, puts the jobs on the clock, and stops them in order.

Three threads: the main one waits for a signal, one follows the mailbox, and APScheduler's ask what is
due. APScheduler owns no state; whatever is due stands in a row.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as time_of_day

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from mailflow.alerts import Alerts
from mailflow.article_folder import watched_folder
from mailflow.config import Settings
from mailflow.desk.context import Source
from mailflow.desk.gate import Passage
from mailflow.desk.outbox import MailClass, OutboxState
from mailflow.edges.imap import (
    MailboxRefused,
    MailboxUnreachable,
    reconnect_delay,
)
from mailflow.edges.imap_mirror import MirrorMailbox
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
from mailflow.learning import train_if_due
from mailflow.report_page import week_page
from mailflow.store.database import SqlStore, open_store
from mailflow.store.faults import StoreUnavailable
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

_DELIVER_EVERY = 2.0  # seconds; new mail wakes the job at once
_UPDATES_EVERY = 15.0
_RELOAD_EVERY = 2.0
_REPORTS_EVERY = 30.0
_MONDAY_AT = time_of_day(7)
_SETTLE = 0.5  # a template file is taken up so long after it was saved
_MODEL_EVERY = 5.0
_TRAIN_EVERY = 3600.0  # only asks whether a training is due
_REST_AFTER_REFUSAL = 1200.0  # three tries an hour: more may lock the account
_MIRROR_REST = 60.0  # after a refusal
_STOP_SECONDS = 4.0
_HELD = (
    "The outbox holds mail back: {reason}. Look with `mailflow outbox list --state held`, "
    "let it go with `mailflow outbox release --all`."
)
_NOT_RELEASED = frozenset(p.value for p in Passage if p is not Passage.RELEASE)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what happens, as it happens: the demo's screen, a test."""

    outcome: Callable[[Outcome], None] = lambda outcome: None
    delivered: Callable[[Delivered], None] = lambda delivered: None
    template_fault: Callable[[TemplateFault], None] = lambda fault: None


class App:
    """One mailflow on one mailbox. ``step`` does all due work once; ``start`` and ``stop`` are the daemon."""

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
        self._article_folder = watched_folder(settings, self.store, self.desk, self.alerts)
        self._account = imap_account(settings)
        self._read_only = read_only
        self._sender = SmtpSender(smtp_server(settings))
        self._submission: Submission = submission or signed(settings, self._sender)
        self._parser_trial = ParserTrial()
        self._trial: Trial = trial or self._parser_trial
        self._watch = watch or Watch()
        self._stop = threading.Event()
        self._sent_folder: str | None = settings.mailbox.sent_folder or None
        self._sending = threading.Lock()  # one SMTP dialogue at a time
        self._in_doubt = False  # whether a mail may stand in flight that nobody is sending
        self._rest_until = 0.0  # monotonic: no SMTP before
        self._smtp_failures = 0
        self._mirror = self._made_mirror()
        self._bursts = burst_watch(settings)
        self._mirror_rests_until = 0.0  # monotonic
        self._scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(4)})
        self._follower = threading.Thread(target=self._follow_mailbox, name="mailbox")

    # ── one round ───────────────────────────────────────────────────────────────────────────────

    def step(self) -> None:
        """All due work, once. Raises what makes it impossible: the mailbox's, SMTP's or the store's faults."""
        resolve_interrupted(self.store, self.desk)
        self._article_folder.look()
        self._reload_job()
        with MirrorMailbox(self._account, read_only=self._read_only) as mailbox:
            self.read_mailbox(mailbox)
        self._queue_what_is_due()
        self.queue_reports()
        self.deliver()

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
        self._queue_what_is_due()

    def read_mailbox(self, mailbox: MirrorMailbox) -> None:
        """Everything new in the inbox and the Sent folder becomes decisions."""
        folder = self.settings.mailbox.folder
        if self._sent_folder is None:
            self._sent_folder = mailbox.find_sent_folder() or ""
        for name, source in ((folder, Source.INBOX), (self._sent_folder, Source.SENT)):
            if name and not self._stop.is_set():
                self._fetch(mailbox, name, source)
                self.decide()
        self._show_state(mailbox)
        # Only here, where every reply is known: after an outage the clock is ahead of the mail.
        if not self._stop.is_set() and close_quiet_tickets(self.store, self.desk):
            self._wake_delivery()

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
        if self._mirror is None or self._stop.is_set():
            return
        if time.monotonic() < self._mirror_rests_until:
            return
        try:
            done = self._mirror.round(mailbox, self.decide, self._stop.is_set)
            self._put_own_mail(mailbox)
        except MailboxRefused as error:
            self._mirror.forget_connection()
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
        rules, stop = mirror_rules(self.settings), self._stop.is_set
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
                stop=self._stop.is_set,
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
            stop=self._stop.is_set,
            watch=self._tell_outcome,
        )
        if decided:
            self._wake_delivery()
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
                    stop=self._stop.is_set,
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

    # ── the daemon ──────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start following the mailbox and the clock; returns at once."""
        resolve_interrupted(self.store, self.desk)
        for name, job, seconds in (
            ("deliver", self._deliver_job, _DELIVER_EVERY),
            ("updates", self._updates_job, _UPDATES_EVERY),
            ("templates", self._reload_job, _RELOAD_EVERY),
            ("articles", self._article_folder.look, _RELOAD_EVERY),
            ("reports", self.queue_reports, _REPORTS_EVERY),
            ("model", self._model_job, _MODEL_EVERY),
            ("training", self._training_job, _TRAIN_EVERY),
        ):
            self._scheduler.add_job(
                self._guarded(name, job),
                "interval",
                seconds=seconds,
                id=name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()
        self._follower.start()

    def run_until(self, stopped: threading.Event) -> bool:
        """The daemon's life: start, wait, stop. See ``stop`` for what comes back."""
        log.info("mailflow starts, sending is %s", self.settings.sending.mode)
        self.start()
        stopped.wait()
        log.info("mailflow stops")
        return self.stop()

    def stop(self) -> bool:
        """Finish the mail at hand and the message at hand, then close everything.

        False when a server kept one of them too long: then the process is to end as it is. Whatever was
        under way is taken up again at the next start, as after any kill.
        """
        self._stop.set()
        deadline = time.monotonic() + _STOP_SECONDS
        ending = [self._follower]
        if self._scheduler.running:
            ending.append(threading.Thread(target=self._scheduler.shutdown, daemon=True))
            ending[-1].start()
        for thread in ending:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in ending):
            log.warning(
                "a server keeps us waiting; what is under way is taken up at the next start"
            )
            self._parser_trial.close()
            return False
        self.close()
        return True

    def close(self) -> None:
        self._sender.close()
        self._parser_trial.close()
        self.store.close()

    def _follow_mailbox(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                for _ in self._cycles():
                    failures = 0
            except (MailboxUnreachable, StoreUnavailable) as error:
                failures += 1
                patience = getattr(error, "retry_after", None) or 0.0
                delay = max(patience, reconnect_delay(failures, random.random()))
                log.warning("the mailbox waits %.0f s: %s", delay, error)
            except MailboxRefused as error:
                delay = _REST_AFTER_REFUSAL
                log.error("the mailbox cannot be read: %s", error)
            except Exception:
                # A fault of ours. Silence would be worse than trying again.
                failures += 1
                delay = max(5.0, reconnect_delay(failures, random.random()))
                log.exception("following the mailbox failed; it is tried again in %.0f s", delay)
            else:
                delay = 0.0
            self._stop.wait(delay)

    def _cycles(self) -> Iterator[None]:
        """Rounds over one connection until it breaks or the daemon stops."""
        poll = float(self.settings.mailbox.poll_seconds)
        if self._mirror is not None:
            poll = min(poll, float(self.settings.mirror.every_seconds))
        self.decide()  # what was fetched before needs no server
        if self._mirror is not None:
            self._mirror.forget_connection()
        with MirrorMailbox(self._account, read_only=self._read_only) as mailbox:
            log.info("the mailbox is connected")
            while not self._stop.is_set():
                self.read_mailbox(mailbox)
                yield
                if self._nothing_came_meanwhile(mailbox):
                    mailbox.wait(poll, self._stop)

    def _nothing_came_meanwhile(self, mailbox: MirrorMailbox) -> bool:
        """Open the inbox for waiting. What comes after this look ends the wait at once."""
        folder = self.settings.mailbox.folder
        state = mailbox.open_folder(folder)
        with self.store.begin() as work:
            cursor = work.intake.cursor(folder)
        if cursor is None or cursor.uidvalidity != state.uidvalidity:
            return False
        return not mailbox.uids_after(cursor.last_uid, limit=1)

    def _deliver_job(self) -> None:
        if time.monotonic() < self._rest_until:
            return
        try:
            self.deliver()
            self._smtp_failures = 0
        except SmtpUnreachable as error:
            self._smtp_failures += 1
            delay = reconnect_delay(self._smtp_failures, random.random())
            self._rest_until = time.monotonic() + delay
            log.warning("no mail leaves for %.0f s: %s", delay, error)
        except SmtpRefused as error:
            self._rest_until = time.monotonic() + _REST_AFTER_REFUSAL
            log.error("no mail leaves: %s", error)

    def queue_reports(self) -> int:
        """What comes round by the calendar and is due: digests and the admin's week."""
        digest, admin = self.settings.digest, self.settings.admin
        queued = 0
        if digest.at:
            queued += queue_digests(self.store, self.desk, time_of_day.fromisoformat(digest.at))
        if admin.address and admin.weekly_report:
            queued += queue_weekly_report(
                self.store, self.desk, admin.address, _MONDAY_AT, week_page
            )
        return queued

    def _updates_job(self) -> None:
        if self._queue_what_is_due():
            self._wake_delivery()

    def queue_due(self) -> int:
        """Everything time makes due, reports included: one tick of a clock that somebody else moves."""
        closing = close_quiet_tickets(self.store, self.desk)
        return closing + self._queue_what_is_due() + self.queue_reports()

    def _queue_what_is_due(self) -> int:
        """What time alone makes due. Returns how many mails were queued."""
        jobs = (queue_reminders, remind_of_clocks, warn_of_updates, queue_updates)
        queued = sum(job(self.store, self.desk) for job in jobs)
        return queued + (self._bursts.look(self.store, self.desk) if self._bursts else 0)

    def _model_job(self) -> None:
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

    def _training_job(self) -> None:
        entry = train_if_due(self.settings, self.store, self.desk.clock)
        if entry is not None:
            log.info("training from %d confirmed tickets: %s", entry.tickets, entry.verdict)

    def _reload_job(self) -> None:
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

    def _guarded(self, name: str, job: Callable[[], object]) -> Callable[[], None]:
        def guarded() -> None:
            if self._stop.is_set():
                return
            try:
                job()
            except StoreUnavailable as error:
                log.warning("%s waits for the database: %s", name, error)
            except Exception:
                log.exception("%s failed; it is tried again", name)

        return guarded

    def _wake_delivery(self) -> None:
        if self._scheduler.running:
            with contextlib.suppress(LookupError):  # the scheduler is being shut down
                self._scheduler.modify_job("deliver", next_run_time=datetime.now(UTC))
