"""The daemon: puts the app's work on the clock, follows the mailbox, and stops all of it in order.

Three threads: the main one waits for a signal, one follows the mailbox, and APScheduler's ask what is
due; a fourth answers those who follow a link of a mail, where links are on. APScheduler owns no state; whatever
is due stands in a row.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from mailflow.app import App
from mailflow.edges.imap import MailboxRefused, MailboxUnreachable, reconnect_delay
from mailflow.edges.imap_mirror import MirrorMailbox
from mailflow.edges.link_server import LinkServer
from mailflow.edges.smtp import SmtpRefused, SmtpUnreachable
from mailflow.store.faults import StoreUnavailable

log = logging.getLogger(__name__)

_DELIVER_EVERY = 2.0  # seconds; new mail wakes the job at once
_UPDATES_EVERY = 15.0
_RELOAD_EVERY = 2.0
_REPORTS_EVERY = 30.0
_MODEL_EVERY = 5.0
_TRAIN_EVERY = 3600.0  # only asks whether a training is due
_REST_AFTER_REFUSAL = 1200.0  # three tries an hour: more may lock the account
_STOP_SECONDS = 4.0


class Daemon:
    """An app at work until it is stopped."""

    def __init__(self, app: App) -> None:
        self._app = app
        app.work_came = self._wake_delivery
        self._rest_until = 0.0  # monotonic: no SMTP before
        self._smtp_failures = 0
        self._scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(4)})
        self._follower = threading.Thread(target=self._follow_mailbox, name="mailbox")
        self._links: LinkServer | None = None

    def start(self) -> None:
        """Start following the mailbox and the clock; returns at once."""
        app = self._app
        app.settle_interrupted()
        for name, job, seconds in (
            ("deliver", self._deliver, _DELIVER_EVERY),
            ("updates", self._queue_what_is_due, _UPDATES_EVERY),
            ("templates", app.take_up_templates, _RELOAD_EVERY),
            ("articles", app.article_folder.look, _RELOAD_EVERY),
            ("reports", app.queue_reports, _REPORTS_EVERY),
            ("model", app.take_up_model, _MODEL_EVERY),
            ("training", app.train_if_due, _TRAIN_EVERY),
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
        self._answer_links()

    def run_until(self, stopped: threading.Event) -> bool:
        """The daemon's life: start, wait, stop. See ``stop`` for what comes back."""
        log.info("mailflow starts, sending is %s", self._app.settings.sending.mode)
        self.start()
        stopped.wait()
        log.info("mailflow stops")
        return self.stop()

    def stop(self) -> bool:
        """Finish the mail at hand and the message at hand, then close everything.

        False when a server kept one of them too long: then the process is to end as it is. Whatever was
        under way is taken up again at the next start, as after any kill.
        """
        self._app.stopping.set()
        deadline = time.monotonic() + _STOP_SECONDS
        ending = [self._follower]
        enders = [self._scheduler.shutdown] if self._scheduler.running else []
        if self._links is not None:
            enders.append(self._links.stop)
        for end in enders:
            ending.append(threading.Thread(target=end, daemon=True))
            ending[-1].start()
        for thread in ending:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in ending):
            log.warning(
                "a server keeps us waiting; what is under way is taken up at the next start"
            )
            self._app.let_go()
            return False
        self._app.close()
        return True

    def _answer_links(self) -> None:
        """A port that is taken stops no mail; the admin is told that links lead nowhere."""
        try:
            self._links = self._app.link_server()
        except OSError as error:
            self._app.alerts.tell("links", f"Links in mails cannot be followed: {error}")
        if self._links is not None:
            serve = self._links.serve_forever
            threading.Thread(target=serve, name="links", daemon=True).start()

    def _follow_mailbox(self) -> None:
        failures = 0
        while not self._app.stopping.is_set():
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
            self._app.stopping.wait(delay)

    def _cycles(self) -> Iterator[None]:
        """Rounds over one connection until it breaks or the daemon stops."""
        poll = float(self._app.settings.mailbox.poll_seconds)
        if self._app.mirror is not None:
            poll = min(poll, float(self._app.settings.mirror.every_seconds))
        self._app.decide()  # what was fetched before needs no server
        if self._app.mirror is not None:
            self._app.mirror.forget_connection()
        with self._app.mailbox() as mailbox:
            log.info("the mailbox is connected")
            while not self._app.stopping.is_set():
                self._app.read_mailbox(mailbox)
                yield
                if self._nothing_came_meanwhile(mailbox):
                    mailbox.wait(poll, self._app.stopping)

    def _nothing_came_meanwhile(self, mailbox: MirrorMailbox) -> bool:
        """Open the inbox for waiting. What comes after this look ends the wait at once."""
        folder = self._app.settings.mailbox.folder
        state = mailbox.open_folder(folder)
        with self._app.store.begin() as work:
            cursor = work.intake.cursor(folder)
        if cursor is None or cursor.uidvalidity != state.uidvalidity:
            return False
        return not mailbox.uids_after(cursor.last_uid, limit=1)

    def _deliver(self) -> None:
        if time.monotonic() < self._rest_until:
            return
        try:
            self._app.deliver()
            self._smtp_failures = 0
        except SmtpUnreachable as error:
            self._smtp_failures += 1
            delay = reconnect_delay(self._smtp_failures, random.random())
            self._rest_until = time.monotonic() + delay
            log.warning("no mail leaves for %.0f s: %s", delay, error)
        except SmtpRefused as error:
            self._rest_until = time.monotonic() + _REST_AFTER_REFUSAL
            log.error("no mail leaves: %s", error)

    def _guarded(self, name: str, job: Callable[[], object]) -> Callable[[], None]:
        def guarded() -> None:
            if self._app.stopping.is_set():
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

    def _queue_what_is_due(self) -> None:
        if self._app.queue_what_is_due():
            self._wake_delivery()
