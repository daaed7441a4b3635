"""A machine that answers every mail of ours, lies in every header and never gives up, against the real store.

``python -m tests.lying_responder 10000`` prints what left; the tests run a shorter one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailflow.desk.context import Source
from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.desk.policy import Agent, Policy, SendingMode
from mailflow.edges.templates import Templates, TemplateUnusable
from mailflow.flow.answer import Desk
from mailflow.flow.deliver import deliver_due
from mailflow.flow.receive import decide_waiting
from mailflow.mail.message import Location, RawMessage
from mailflow.shipped import shipped
from mailflow.store.database import open_store
from mailflow.suggestions import Suggester

SUPPORT = "support@desk.example"
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Sink:
    """Takes every mail and remembers when it left to whom."""

    clock: Callable[[], datetime]
    left: list[tuple[datetime, str]] = field(default_factory=list)
    _to: tuple[str, ...] = ()

    def begin(
        self, sender: str, recipients: tuple[str, ...], size: int, needs_utf8: bool
    ) -> list[RecipientResult]:
        self._to = tuple(recipients)
        return [RecipientResult(a, Outcome.ACCEPTED, 250, "ok") for a in recipients]

    def finish(self, octets: bytes) -> DataResult:
        self.left += [(self.clock(), address) for address in self._to]
        return DataResult(Outcome.ACCEPTED, 250, "queued")

    def abandon(self) -> None: ...


def rules(clock: Callable[[], datetime]) -> Desk:
    policy = Policy(
        support_address=SUPPORT,
        support_name="Desk",
        own_addresses=frozenset({SUPPORT}),
        agents=(Agent("ann@desk.example", "Ann"),),
        mode=SendingMode.LIVE,
    )
    return Desk(
        policy=replace(policy, agents=()),
        keys=(b"k" * 32,),
        clock=clock,
        renders=Templates([shipped("templates")]),
        articles={},
        temporary=(),
        unrenderable=(TemplateUnusable,),
    )


def lie(number: int, author: str) -> bytes:
    """Nothing says that a machine wrote this: new ids, a growing subject, new words each time."""
    subject = "Re: " * (number % 40) + f"Out again {number}"
    return (
        f"From: {author}\r\nTo: {SUPPORT}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{number}.{author}>\r\nDate: Mon, 02 Mar 2026 08:00:00 +0000\r\n\r\n"
        f"I am person number {number} and I write every second, please answer me.\r\n"
    ).encode()


def rage(
    mails: int,
    author: Callable[[int], str],
    folder: Path,
    *,
    restart_every: int = 100,
    pace: float = 1.0,
) -> list[tuple[datetime, str]]:
    """Let ``mails`` come in, ``pace`` seconds apart, the desk starting anew every so many; what left."""
    now = BEGIN
    sink = Sink(lambda: now)
    desk = rules(lambda: now)
    store = open_store(f"sqlite:///{folder / 'desk.db'}")
    for number in range(mails):
        if number and number % restart_every == 0:
            store.close()
            store = open_store(f"sqlite:///{folder / 'desk.db'}")
        with store.begin() as work:
            raw = RawMessage(lie(number, author(number)), now, Location("INBOX", 1, number + 1))
            work.intake.keep(raw, Source.INBOX, now)
        decide_waiting(store, Suggester(None), desk, lambda octets: None)
        deliver_due(store, sink, desk, unreachable=())
        now += timedelta(seconds=pace)
    store.close()
    return sink.left


def most_within(moments: list[datetime], span: timedelta) -> int:
    """The most moments in any half-open window of this length."""
    window: deque[datetime] = deque()
    most = 0
    for moment in sorted(moments):
        window.append(moment)
        while window[0] <= moment - span:
            window.popleft()
        most = max(most, len(window))
    return most


def worst(left: list[tuple[datetime, str]]) -> dict[str, int]:
    """The fullest hour and day: of one address, of one domain, in all."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    by_address: dict[str, list[datetime]] = {}
    by_domain: dict[str, list[datetime]] = {}
    for moment, address in left:
        by_address.setdefault(address, []).append(moment)
        by_domain.setdefault(address.rpartition("@")[2], []).append(moment)
    return {
        "left": len(left),
        "address in an hour": max((most_within(m, hour) for m in by_address.values()), default=0),
        "address in a day": max((most_within(m, day) for m in by_address.values()), default=0),
        "domain in an hour": max((most_within(m, hour) for m in by_domain.values()), default=0),
        "in all in an hour": most_within([m for m, _ in left], hour),
    }


LIARS: dict[str, Callable[[int], str]] = {
    "one address": lambda n: "liar@liar.example",
    "one domain": lambda n: f"liar{n}@liar.example",
    "everywhere": lambda n: f"liar@liar{n}.example",
}


def main() -> None:
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for name, author in LIARS.items():
        with tempfile.TemporaryDirectory() as folder:
            counted = Counter(worst(rage(mails, author, Path(folder))))
        print(f"{mails} mails from {name}: " + ", ".join(f"{k} {v}" for k, v in counted.items()))


if __name__ == "__main__":
    main()
