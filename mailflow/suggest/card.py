"""The model card: what a model was made from, what it was measured at, what it must not be used for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mailflow.suggest.learn_ranking import LearnArticle, LearnTicket
from mailflow.suggest.model import Model


def card_for(
    model: Model,
    version: str,
    data: str,
    articles: Sequence[LearnArticle],
    tickets: Sequence[LearnTicket],
) -> str:
    labelled = [t for t in tickets if t.article_id is not None]
    fitting = sum(1 for t in labelled if t.article_id)
    priorities = Counter(t.priority for t in tickets if t.priority)
    threshold = model.accept.threshold(0.95)
    evidence = "this installation's own tickets" if model.accept.own_tickets else "example tickets"
    lines = [
        f"# Model {version}",
        "",
        "Suggests a priority and a known-issue article for a new message. It ranks and abstains;",
        "people decide. It never changes a ticket by itself.",
        "",
        "| | |",
        "| --- | --- |",
        f"| Articles | {len(articles)} |",
        f"| Past tickets with an article | {fitting} |",
        f"| Past tickets no article fits | {len(labelled) - fitting} |",
        f"| Past tickets with a priority | {sum(priorities.values())} "
        f"({', '.join(f'{count} {name}' for name, count in sorted(priorities.items()))}) |",
        f"| Hash of the data learned from | `{data[:16]}` |",
        *_embeddings_line(model),
        f"| Measured on | {evidence} |",
        f"| Names an article at 95 % precision | {'above its threshold' if threshold is not None else 'never: not enough evidence'} |",
        f"| Shows it to customers | {'when the installation allows it' if model.accept.own_tickets else 'never'} |",
        "",
        "Method: tf-idf of stems, pairs of stems and character n-grams; kernel least squares, linear",
        "margins where tickets are enough, nearest past tickets and the articles' own text, pooled; an",
        "accept model trained on tickets judged as new and on tickets whose article was hidden with its",
        "words.",
        "",
        "Words of grammar count for little while tickets are few, and are no reasons: by lists in seven",
        "languages.",
        "",
        "Limits: languages and products it has not seen lower its confidence; a text stuffed with an",
        "article's words can be ranked wrongly. The folder holds a few words of past tickets: treat it",
        "as you treat the mailbox.",
    ]
    return "\n".join(lines) + "\n"


def _embeddings_line(model: Model) -> list[str]:
    """Nothing for a model without them."""
    meaning = model.ranking and model.ranking.meaning
    if not meaning:
        return []
    known = meaning.embeddings
    return [
        f"| Embeddings (nearest tickets and articles by them too) | `{known.sha256[:16]}` in `{known.folder}` |"
    ]
