"""Training: articles and past tickets in, a model folder with its card out. Deterministic in its content."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mailflow.suggest.accept import Accept
from mailflow.suggest.card import card_for
from mailflow.suggest.embeddings import Embeddings
from mailflow.suggest.files import write_model
from mailflow.suggest.function_words import function_stems
from mailflow.suggest.learn_priority import learn_priority
from mailflow.suggest.learn_ranking import LearnArticle, LearnTicket, learn_ranking, unmeasured
from mailflow.suggest.lexicon import Lexicon, load_lexicon
from mailflow.suggest.model import LEXICON_NAME, Model
from mailflow.suggest.packing import pack_accept, pack_grammar, pack_priority, pack_ranking


@dataclass(frozen=True, slots=True)
class Trained:
    model: Model
    seconds: float


def learn_model(
    articles: Sequence[LearnArticle],
    tickets: Sequence[LearnTicket],
    lexicon: Lexicon,
    *,
    own_tickets: bool,
    embeddings: Embeddings | None = None,
) -> Model:
    """A model in memory. ``own_tickets``: the tickets are this installation's, confirmed by people."""
    ranking, accept = None, unmeasured()
    if articles:
        ranking, accept = learn_ranking(
            articles, tickets, own_tickets=own_tickets, embeddings=embeddings
        )
    priority = learn_priority(tickets, lexicon)
    grammar = frozenset(function_stems().tolist())
    return Model("unsaved", ranking, accept, priority, lexicon, grammar=grammar)


def save_model(
    model: Model,
    folder: Path,
    articles: Sequence[LearnArticle],
    tickets: Sequence[LearnTicket],
    lexicon_file: Path | None,
) -> str:
    """Write the model, its lexicon and its card; return the version."""
    facts: dict[str, object] = {
        "accept": pack_accept(model.accept),
        "data": data_hash(articles, tickets),
    }
    arrays = pack_grammar(model.grammar)
    if model.ranking is not None:
        facts["ranking"], packed = pack_ranking(model.ranking)
        arrays |= packed
    if model.priority is not None:
        facts["priority"], packed = pack_priority(model.priority)
        arrays |= packed
    version = write_model(folder, facts, arrays)
    target = folder / LEXICON_NAME
    if lexicon_file is not None and not (target.exists() and target.samefile(lexicon_file)):
        shutil.copyfile(lexicon_file, target)
    (folder / "MODEL_CARD.md").write_text(
        card_for(model, version, str(facts["data"]), articles, tickets), "utf-8"
    )
    return version


def data_hash(articles: Sequence[LearnArticle], tickets: Sequence[LearnTicket]) -> str:
    """SHA-256 of everything learned from, in order; a ticket's number teaches nothing."""
    digest = hashlib.sha256()
    for facts in [*map(asdict, articles), *map(asdict, tickets)]:
        facts.pop("number", None)
        digest.update(json.dumps(facts, sort_keys=True).encode("utf-8", "replace"))
    return digest.hexdigest()


def lexicon_beside(folder: Path, shipped: Path) -> Path | None:
    """The lexicon training uses: the one in the model's folder, else the shipped one."""
    own = folder / LEXICON_NAME
    return own if own.exists() else shipped if shipped.exists() else None


__all__ = ["Accept", "LearnArticle", "LearnTicket", "learn_model", "load_lexicon", "save_model"]
