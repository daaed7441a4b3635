"""Training in a process of its own: data from a pipe, a model folder and a verdict out.

The candidate is judged on the newest confirmed tickets, which neither it nor the serving model learned
from; the model that is kept then learns from all of them.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from mailflow.desk.ticket import Priority
from mailflow.suggest.embeddings import Embeddings, load_embeddings
from mailflow.suggest.learn_ranking import LearnArticle, LearnTicket
from mailflow.suggest.model import Model, load_model
from mailflow.suggest.train import learn_model, load_lexicon, save_model
from mailflow.suggest.unusable import ModelUnusable

LEAST_NEW = 10  # confirmed tickets the serving model did not learn from, to compare at all
HELD_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Comparison:
    """On held-out tickets: first articles right, and steps the priority was off."""

    articles: int = 0
    right: int = 0
    priorities: int = 0
    steps: int = 0


def compare(model: Model, tickets: Sequence[LearnTicket]) -> Comparison:
    scale = list(Priority)
    articles = right = priorities = steps = 0
    said = model.suggest_many([(t.subject, t.body) for t in tickets])
    for ticket, suggestion in zip(tickets, said, strict=True):
        if ticket.article_id:
            articles += 1
            right += suggestion.articles[:1] != () and (
                suggestion.articles[0].article_id == ticket.article_id
            )
        if ticket.priority:
            priorities += 1
            label = suggestion.priority.label if suggestion.priority else Priority.NORMAL
            steps += abs(scale.index(label) - scale.index(Priority(ticket.priority)))
    return Comparison(articles, right, priorities, steps)


def verdict(candidate: Comparison, serving: Comparison) -> tuple[bool, str]:
    """Whether the candidate is not worse in either, and the figures in words."""
    told = (
        f"on {candidate.articles} tickets with an article {candidate.right} right, the serving model "
        f"{serving.right}; on {candidate.priorities} priorities {candidate.steps} steps off, the "
        f"serving model {serving.steps}"
    )
    not_worse = candidate.right >= serving.right and candidate.steps <= serving.steps
    return not_worse, told


def held_out(
    tickets: Sequence[LearnTicket], fresh: int
) -> tuple[list[LearnTicket], list[LearnTicket]]:
    """Older tickets to learn from and the newest to judge on, of the ``fresh`` last ones alone.

    A text that stands in both is judged on by nobody.
    """
    count = max(LEAST_NEW // 2, int(HELD_SHARE * fresh))
    older, newest = list(tickets[:-count]), tickets[-count:]
    known = {t.text for t in older}
    return older, [t for t in newest if t.text not in known]


def _train(facts: dict[str, Any]) -> dict[str, object]:
    articles = [LearnArticle(*row) for row in facts["articles"]]
    tickets = [LearnTicket(*row) for row in facts["tickets"]]
    lexicon_file = Path(facts["lexicon"])
    lexicon = load_lexicon(lexicon_file)
    try:
        embeddings = load_embeddings(Path(facts["embeddings"])) if facts["embeddings"] else None
    except ModelUnusable as error:
        return {"reason": f"training failed: {error.reason}"}
    promote, reason = _judge(
        facts, articles, tickets, Path(facts["serving"]), lexicon_file, embeddings
    )
    model = learn_model(articles, tickets, lexicon, own_tickets=True, embeddings=embeddings)
    version = save_model(model, Path(facts["out"]), articles, tickets, lexicon_file)
    return {"version": version, "promote": promote, "reason": reason}


def _judge(
    facts: dict[str, int],
    articles: Sequence[LearnArticle],
    tickets: Sequence[LearnTicket],
    serving_folder: Path,
    lexicon_file: Path,
    embeddings: Embeddings | None,
) -> tuple[bool, str]:
    try:
        serving = load_model(serving_folder)
    except ModelUnusable as error:
        return True, f"promoted, as no usable model serves: {error.reason}"
    fresh = facts["fresh"]
    if fresh < LEAST_NEW:
        if articles and set(serving.articles).isdisjoint(a.id for a in articles):
            return True, "promoted, as the serving model knows none of the articles"
        return False, f"kept back: {fresh} new confirmed tickets, {LEAST_NEW} are needed to compare"
    older, newest = held_out(tickets, fresh)
    lexicon = load_lexicon(lexicon_file)
    candidate = learn_model(articles, older, lexicon, own_tickets=True, embeddings=embeddings)
    good, told = verdict(compare(candidate, newest), compare(serving, newest))
    return good, f"{'promoted' if good else 'kept back, it is worse'}: {told}"


def _end_with(parent: int) -> None:
    """End this process when the other end of the pipe is closed: nobody waits for the answer any more."""
    os.read(parent, 1)
    os._exit(1)


if __name__ == "__main__":
    _, _parent, _octets, _seconds = sys.argv
    resource.setrlimit(resource.RLIMIT_AS, (int(_octets), int(_octets)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(_seconds), int(_seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Thread(target=_end_with, args=(int(_parent),), daemon=True).start()
    sys.stdout.write(json.dumps(_train(json.load(sys.stdin))) + "\n")
