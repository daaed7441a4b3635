"""What a mail costs the desk, step by step, beside what committing its bytes alone costs.

No server takes part: mixed mail is kept, decided and delivered in this process, with the shipped model and
templates.  python benchmarks/desk.py [mails] [--profile STEP]
"""

from __future__ import annotations

import cProfile
import pstats
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from mailflow.app import App
from mailflow.config import load_settings
from mailflow.desk.context import Source
from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.mail.message import RawMessage
from tests.daemon import write_config
from tests.traffic import Mail, mixed_mail

_SUPPORT = "support@desk.test"
_BUDGETS = ("PER_HOUR", "PER_DOMAIN_PER_HOUR")  # they are not what is measured here


class TakesAll:
    """A server that takes every mail at once."""

    def begin(
        self, envelope_sender: str, recipients: Sequence[str], size: int, needs_utf8: bool
    ) -> list[RecipientResult]:
        return [RecipientResult(r, Outcome.ACCEPTED, 250, "ok") for r in recipients]

    def finish(self, octets: bytes) -> DataResult:
        return DataResult(Outcome.ACCEPTED, 250, "ok")

    def abandon(self) -> None: ...


def main(count: int, profiled: str | None) -> None:
    mails = list(mixed_mail(count, 7, _SUPPORT))
    with tempfile.TemporaryDirectory() as folder:
        bare = _commits(Path(folder) / "bare.db", mails)
        app = _app(Path(folder))

        def keep() -> None:
            for mail in mails:
                with app.store.begin() as work:
                    work.intake.keep(RawMessage(mail.octets), Source.INBOX, app.desk.clock())

        steps: dict[str, Callable[[], object]] = {
            "keep": keep,
            "decide": app.decide,
            "deliver": app.deliver,
        }
        print(f"{count} mixed mails; one commit of the bytes alone: {bare:.2f} ms")
        total = 0.0
        for name, step in steps.items():
            cost = _profile(step, count) if name == profiled else _clocked(step, count)
            total += cost
            print(f"  {name:8} {cost:6.2f} ms of CPU a mail")
        print(f"  together {total:6.2f} ms, {total / bare:.0f} commits")
        app.close()


def _app(folder: Path) -> App:
    path = write_config(folder, imap_port=1, smtp_port=1, support=_SUPPORT)
    unlimited = {f"MAILFLOW_SENDING__{budget}": "1000000" for budget in _BUDGETS}
    settings = load_settings(path, {"MAILFLOW_MAILBOX__PASSWORD": "unused", **unlimited})
    return App(settings, submission=TakesAll())


def _commits(path: Path, mails: list[Mail]) -> float:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE raw (octets BLOB)")

    def store() -> None:
        for mail in mails:
            database.execute("INSERT INTO raw VALUES (?)", (mail.octets,))

    try:
        return _clocked(store, len(mails))
    finally:
        database.close()


def _clocked(step: Callable[[], object], count: int) -> float:
    begun = time.process_time()
    step()
    return (time.process_time() - begun) * 1000 / count


def _profile(step: Callable[[], object], count: int) -> float:
    profile = cProfile.Profile()
    begun = time.process_time()
    profile.runcall(step)
    cost = (time.process_time() - begun) * 1000 / count
    pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
    return cost


if __name__ == "__main__":
    arguments = sys.argv[1:]
    profiled = arguments[arguments.index("--profile") + 1] if "--profile" in arguments else None
    main(int(next((a for a in arguments if a.isdigit()), "400")), profiled)
