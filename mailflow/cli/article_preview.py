"""Whom the news of an article would reach, and what they would read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailflow.cli.screen import cell, print_table, screen
from mailflow.desk.ticket import Article

if TYPE_CHECKING:
    from mailflow.desk.articles import Departure
    from mailflow.flow.answer import Desk

_SHOWN = 20  # people a preview names


def preview(desk: Desk, article: Article, departures: Sequence[Departure]) -> None:
    """How many, who, when, and what they would read."""
    from mailflow.desk.notices import plain_facts
    from mailflow.desk.policy import SendingMode
    from mailflow.desk.progress import article_letter

    console = screen()
    console.print(
        cell(f"{people(len(departures))} waiting for “{article.title}” would be told:", "bold")
    )
    rows = [
        [
            f"#{d.ticket.id}",
            d.ticket.requester.address,
            d.ticket.language or "",
            f"{d.at:%H:%M} UTC",
            d.ticket.subject,
        ]
        for d in departures[:_SHOWN]
    ]
    print_table(
        console, ["ticket", "to", "", "from", "subject"], rows, giving_way=("subject", "to")
    )
    if len(departures) > _SHOWN:
        console.print(
            f"… and {len(departures) - _SHOWN} more, the last at {departures[-1].at:%Y-%m-%d %H:%M} UTC"
        )
    first = departures[0].ticket
    letter = article_letter(first, article, desk.policy)
    rendered = desk.renders.render(letter.kind, letter.language, plain_facts(letter.facts))
    console.print(cell(f"\nWhat #{first.id} would read: {rendered.subject}", "dim"), soft_wrap=True)
    for line in rendered.text.splitlines():
        console.print(cell(f"  │ {line}"), soft_wrap=True)
    if desk.policy.mode is SendingMode.SHADOW:
        kind = letter.kind.value
        words = (
            f"Shadow mode: this is recorded and does not leave, unless `mailflow sending on {kind}` was said before. "
            "Whoever it did not leave for waits on: announce it again once sending is on."
        )
        console.print(cell(words, "yellow"), soft_wrap=True)


def people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"
