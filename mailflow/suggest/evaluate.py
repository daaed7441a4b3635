"""A model measured on tickets whose article and priority are known: the figures, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import Priority
from mailflow.suggest.learn_ranking import LearnTicket
from mailflow.suggest.measure import (
    ArticleMeasures,
    PriorityMeasures,
    first_confidences,
    measure_articles,
    measure_priority,
    rights,
)
from mailflow.suggest.model import Model
from mailflow.suggest.report import article_lines, priority_lines, report

TARGETS = (0.95, 0.98)


@dataclass(frozen=True, slots=True)
class Evaluation:
    articles: ArticleMeasures | None
    priority: PriorityMeasures | None
    html: str

    @property
    def facts(self) -> dict[str, object]:
        """For programs; keys as in the measures."""
        return {
            "articles": asdict(self.articles) if self.articles else None,
            "priority": asdict(self.priority) if self.priority else None,
        }

    @property
    def lines(self) -> dict[str, list[tuple[str, str]]]:
        """For people: heading to named values."""
        found = {}
        if self.articles:
            found["Articles"] = article_lines(self.articles)
        if self.priority:
            found["Priority"] = priority_lines(self.priority)
        return found


def evaluate_model(model: Model, tickets: Sequence[LearnTicket]) -> Evaluation:
    """Tickets without an article_id (None) or priority count only for the other measure."""
    said = model.suggest_many([(t.subject, t.body) for t in tickets])
    judged = [
        (t.article_id, s) for t, s in zip(tickets, said, strict=True) if t.article_id is not None
    ]
    truths, answers = [a for a, _ in judged], [s for _, s in judged]
    articles = _articles(model, tickets, truths, answers) if judged and model.ranking else None
    ranked = [(Priority(t.priority), s) for t, s in zip(tickets, said, strict=True) if t.priority]
    priority = measure_priority([p for p, _ in ranked], [s for _, s in ranked]) if ranked else None
    page = report(
        f"Model {model.version} on {len(tickets)} tickets",
        articles,
        first_confidences(answers),
        rights(truths, answers),
        np.array([float(bool(truth)) for truth in truths]),
        priority,
    )
    return Evaluation(articles, priority, page)


def _articles(
    model: Model,
    tickets: Sequence[LearnTicket],
    truths: Sequence[str],
    answers: Sequence[Suggestion],
) -> ArticleMeasures:
    texts = [(t.subject, t.body) for t in tickets if t.article_id is not None]
    named = {
        target: [s.suggested_article for s in model.with_precision(target).suggest_many(texts)]
        for target in TARGETS
    }
    return measure_articles(truths, answers, named)
