"""A loaded model: texts in, suggestions out. Pure after loading; nothing here touches a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mailflow.desk.suggestion import ArticleSuggestion, Suggestion
from mailflow.desk.ticket import Article
from mailflow.suggest.accept import Accept
from mailflow.suggest.because import because_of
from mailflow.suggest.embeddings import embeddings_again
from mailflow.suggest.features import features_of
from mailflow.suggest.files import RETRAIN, Array, read_model
from mailflow.suggest.lexicon import Lexicon, load_lexicon
from mailflow.suggest.packing import (
    Facts,
    unpack_accept,
    unpack_grammar,
    unpack_priority,
    unpack_ranking,
)
from mailflow.suggest.priority import PriorityModel, read_priorities
from mailflow.suggest.ranking import Ranking, evidence_for, probabilities, signs_for
from mailflow.suggest.space import Doubles, Floats, Integers
from mailflow.suggest.telling import spellings_of
from mailflow.suggest.unusable import ModelUnusable
from mailflow.suggest.words import words_of

BATCH = 32
SHOWN = 10
LEXICON_NAME = "priority-lexicon.toml"


@dataclass(frozen=True, slots=True)
class Model:
    """``precision`` is the share of suggested articles that must be right, with a lower bound."""

    version: str
    ranking: Ranking | None
    accept: Accept
    priority: PriorityModel | None
    lexicon: Lexicon
    precision: float = 0.95
    grammar: frozenset[int] = frozenset()  # the stems that tell people nothing

    @property
    def articles(self) -> dict[str, Article]:
        """The articles this model can name, by id."""
        return {a.id: a for a in self.ranking.articles} if self.ranking else {}

    def with_precision(self, target: float) -> Model:
        """The same model with another target, in 0..1."""
        return replace(self, precision=target)

    def suggest(self, subject: str, text: str) -> Suggestion:
        """What this model says of one message. Total; ``text`` is the new text without quotes."""
        return self.suggest_many([(subject, text)])[0]

    def suggest_many(self, texts: Sequence[tuple[str, str]]) -> list[Suggestion]:
        """One suggestion per (subject, text); cheaper a message than one by one. Each is judged alone."""
        found: list[Suggestion] = []
        for start in range(0, len(texts), BATCH):
            found += self._batch([f"{s}\n{t}" if s else t for s, t in texts[start : start + BATCH]])
        return found

    def _batch(self, texts: Sequence[str]) -> list[Suggestion]:
        words = [words_of(text) for text in texts]
        features = features_of(words)
        spellings = spellings_of(features, words, self.grammar)
        grammar = np.fromiter(self.grammar, dtype=np.uint32, count=len(self.grammar))
        readings = read_priorities(self.priority, self.lexicon, features, words, spellings, grammar)
        said = []
        for reading in readings:
            why = tuple(f"priority: {reason}" for reason in reading.because)
            said.append(Suggestion(reading.suggestion, because=why, model=self.version))
        if self.ranking is None:
            return said
        rows = self.ranking.space.rows(features)
        cosines = self.ranking.index.cosines(rows.matrix)
        meaning = self.ranking.meaning
        vectors = meaning.embeddings.vectors(texts) if meaning else None
        evidence = evidence_for(self.ranking, cosines, rows.matrix, vectors)
        chances = probabilities(evidence.pooled(self.ranking.weights))
        scores = self.accept.score(signs_for(self.ranking, rows.matrix, evidence, rows.known))
        confidences = np.clip(self.accept.confidence(scores), 0.001, 0.999)  # nobody is certain
        orders = [_best(row) for row in chances]
        firsts = np.array([order[0] for order in orders])
        whys = because_of(self.ranking, rows, spellings, cosines, firsts, grammar)
        speak, for_customer = self._named(scores)
        for i, suggestion in enumerate(said):
            if not words[i]:  # nothing was said: no article is likelier than another
                said[i] = replace(suggestion, articles=self._any_articles())
                continue
            ranked = self._ranked(chances[i], orders[i], float(confidences[i]))
            said[i] = replace(
                suggestion,
                articles=ranked,
                suggested_article=ranked[0].article_id if speak[i] else None,
                for_customer=for_customer[i],
                because=suggestion.because + whys[i],
            )
        return said

    def _any_articles(self) -> tuple[ArticleSuggestion, ...]:
        """As many as are ever ranked, none of them likely."""
        assert self.ranking is not None  # noqa: S101 - the caller saw to it
        return tuple(ArticleSuggestion(a.id, 0.0) for a in self.ranking.articles[:SHOWN])

    def _named(self, scores: Doubles) -> tuple[list[bool], list[bool]]:
        """For each score, whether the first article is named: to agents, and to the customer too."""
        nobody = [False] * len(scores)
        agents = self.accept.threshold(self.precision)
        if agents is None:
            return nobody, nobody
        speak = scores >= agents
        strict = self.accept.threshold(self.precision, strict=True)
        if strict is None or not self.accept.own_tickets:
            return speak.tolist(), nobody
        return speak.tolist(), (speak & (scores >= strict)).tolist()

    def _ranked(
        self, chances: Floats, order: Integers, first: float
    ) -> tuple[ArticleSuggestion, ...]:
        """The first carries the calibrated confidence; the others share what it leaves, as ranked."""
        assert self.ranking is not None  # noqa: S101 - the caller saw to it
        best, *others = chances[order].tolist()
        rest = (1 - first) / max(1e-9, 1 - best)
        shown = [first, *(min(first, chance * rest) for chance in others)]
        return tuple(
            ArticleSuggestion(self.ranking.articles[c].id, round(confidence, 4))
            for c, confidence in zip(order.tolist(), shown, strict=True)
        )


def _best(chances: Floats) -> Integers:
    """The places of the first `SHOWN`, best first; ties in the articles' order."""
    if len(chances) > SHOWN:
        least = np.partition(chances, len(chances) - SHOWN)[len(chances) - SHOWN]
        some = np.flatnonzero(chances >= least)
    else:
        some = np.arange(len(chances))
    return some[np.argsort(-chances[some], kind="stable")][:SHOWN]


def load_model(folder: Path, *, precision: float = 0.95) -> Model:
    """The model in ``folder``. Raises ModelUnusable only: missing, empty, damaged, hostile, of another version."""
    facts, arrays, version = read_model(folder)
    lexicon = load_lexicon(folder / LEXICON_NAME) if (folder / LEXICON_NAME).exists() else ()
    try:
        return Model(
            version=version,
            ranking=_ranking_of(facts["ranking"], arrays) if facts.get("ranking") else None,
            accept=unpack_accept(facts["accept"]),
            priority=unpack_priority(facts["priority"], arrays) if facts.get("priority") else None,
            lexicon=lexicon,
            precision=precision,
            grammar=unpack_grammar(arrays),
        )
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise ModelUnusable(f"the model in {folder} is damaged: {error}", RETRAIN) from error


def _ranking_of(facts: Facts, arrays: Mapping[str, Array]) -> Ranking:
    named = facts.get("embeddings")
    found = embeddings_again(Path(named["folder"]), named["sha256"]) if named else None
    return unpack_ranking(facts, arrays, found)


__all__ = ["Model", "ModelUnusable", "load_model"]
