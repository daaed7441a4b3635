"""What the demo shows: one line for each thing that happens, and some mails in full."""

from __future__ import annotations

import threading
import time

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mailflow.desk.decision import Answer, Decision
from mailflow.desk.outbox import MailClass
from mailflow.desk.suggestion import Suggestion
from mailflow.flow.deliver import Delivered
from mailflow.flow.receive import Outcome
from mailflow.mail.message import IncomingMessage

_WIDTH = 100


class Screen:
    """Prints from several threads, one whole line at a time. ``started`` is a monotonic moment."""

    def __init__(self, console: Console, started: float) -> None:
        self._console = console
        self._started = started
        self._lock = threading.Lock()
        self._widest = min(console.width, _WIDTH)

    def scene(self, title: str) -> None:
        with self._lock:
            self._console.print()
            self._console.rule(f"[bold]{escape(title)}", align="left", style="dim")

    def outcome(self, outcome: Outcome) -> None:
        lines = [_headline(outcome)]
        if outcome.decision is not None:
            lines += _reasons(outcome.decision, outcome.suggestion)
        self._print(lines)

    def delivered(self, delivered: Delivered) -> None:
        mail = delivered.mail
        who = "agent" if mail.mail_class is MailClass.INTERNAL else "customer"
        what = mail.kind.value.replace("_", " ") if mail.kind else "the agent's answer"
        people = ", ".join(r.address for r in mail.recipients)
        if delivered.text.startswith("sent"):
            lines = [Text.assemble(("✉ sent", "green"), f"  {what} → {who} {people}")]
        else:
            lines = [
                Text.assemble(("✉ not sent", "yellow"), f"  {what} → {who} {people}"),
                Text(f"  {delivered.text}", style="dim"),
            ]
        self._print(lines)

    def acted(self, what: str) -> None:
        self._print([Text.assemble(("✎ ", "bold"), what)])

    def followed(self, ticket_id: int, status: str, why: str) -> None:
        self._print([Text.assemble((f"↳ ticket {ticket_id} is {status}", "cyan"), f": {why}")])

    def mail(self, title: str, message: IncomingMessage, lines: int = 24) -> None:
        author = message.author.address if message.author else ""
        name = message.author.name if message.author else ""
        shown = message.text.strip().splitlines()
        body = "\n".join(shown[:lines])
        if len(shown) > lines:
            body += f"\n… {len(shown) - lines} more lines"
        text = Text.assemble(
            ("From:    ", "dim"),
            f"{name} <{author}>\n",
            ("To:      ", "dim"),
            ", ".join(a.address for a in message.to) + "\n",
            ("Subject: ", "dim"),
            (message.subject, "bold"),
            "\n\n",
            body,
        )
        with self._lock:
            self._console.print(
                Panel(text, title=escape(title), title_align="left", width=self._widest)
            )

    def table(self, title: str, rows: dict[str, int]) -> None:
        table = Table(title=title, title_justify="left", show_header=False, box=None)
        for name, number in rows.items():
            table.add_row(name, str(number))
        with self._lock:
            self._console.print()
            self._console.print(table)

    def say(self, text: str) -> None:
        with self._lock:
            self._console.print(text, soft_wrap=True)

    def _print(self, lines: list[Text]) -> None:
        moment = f"{time.monotonic() - self._started:5.1f}s "
        with self._lock:
            for number, line in enumerate(lines):
                lead = Text(moment if number == 0 else " " * len(moment), style="dim")
                line.truncate(self._widest - len(moment), overflow="ellipsis")
                self._console.print(lead + line)


def _headline(outcome: Outcome) -> Text:
    message, ticket = outcome.message, outcome.ticket
    author = message.author.address if message and message.author else "unreadable author"
    rest = f"  {author} “{message.subject if message else ''}”"
    if outcome.decision is None:
        return Text.assemble(("! not decided", "red"), rest, f": {outcome.text}")
    if ticket is None:
        return Text.assemble(("○ set aside", "yellow"), rest)
    if outcome.decision.thread.ticket_id is None:
        return Text.assemble((f"● ticket {ticket.id} opened", "bold cyan"), rest)
    return Text.assemble((f"↳ added to ticket {ticket.id}", "cyan"), rest)


def _reasons(decision: Decision, suggestion: Suggestion) -> list[Text]:
    lines = []
    if decision.thread.ticket_id is not None:
        lines.append(Text(f"  proof: {decision.thread.proof}", style="dim"))
    if decision.priority is not None and suggestion.priority is not None:
        sure = f"{suggestion.priority.confidence:.0%}"
        line = Text(f"  priority {suggestion.priority.label} ({sure})", style="magenta")
        if suggestion.suggested_article:
            line.append(f", article {suggestion.suggested_article}")
        lines.append(line)
        if suggestion.because:
            lines.append(Text(f"  because {'; '.join(suggestion.because[:3])}", style="dim"))
    if decision.answer.value is Answer.NOTHING:
        lines.append(Text(f"  no answer: {decision.answer.reason}", style="dim yellow"))
    return lines
