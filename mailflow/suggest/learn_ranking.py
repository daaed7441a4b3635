"""Learning a ranking: kernel least squares whose leave-one-out answers come for free.

With G the inverse of the regularised kernel matrix and alpha = G Y, the answer for row i had it not
been trained on is y_i - alpha_i / G_ii, and for a set of rows B it is Y_B - inv(G_BB) alpha_B
(Rasmussen and Williams 2006, 5.4.2). So every past ticket is judged as new, and every article's
tickets are judged with that article hidden, for the price of one training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import lapack

from mailflow.desk.ticket import Article
from mailflow.suggest.accept import Accept, precision_curve
from mailflow.suggest.features import features_of_text
from mailflow.suggest.ranking import (
    DEFAULT_WEIGHTS,
    SIGNS,
    Evidence,
    Integers,
    Ranking,
    kernel,
    likeness_for,
    probabilities,
    signs_for,
)
from mailflow.suggest.space import Floats, Row, learn_space

RIDGE = 0.1
SHARES = (0.25, 0.2, 0.55)  # of the stems, pairs and character n-grams in a cosine
MAX_TICKETS = 15_500  # the kernel matrix takes 4 n² octets
CHUNK = 512
HIDDEN_SHARE = 0.18  # of the calibration: one hidden among many is harder than most strangers
PECULIAR = 0.5  # of a word's texts stand under one article: hidden with it
MIN_TO_MEASURE = 60  # with fewer tickets no bound reaches 95 %


@dataclass(frozen=True, slots=True)
class LearnArticle:
    id: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class LearnTicket:
    """A past ticket; ``article_id`` '' means that no article fitted, None that nobody said."""

    subject: str
    body: str
    article_id: str | None = None
    priority: str | None = None

    @property
    def text(self) -> str:
        return f"{self.subject}\n{self.body}" if self.subject else self.body


@dataclass(frozen=True, slots=True)
class Judged:
    """Past tickets judged as if new; what serving would have said of each."""

    chances: Floats
    evidence: Evidence
    truth: Integers  # -1: none fits
    known: npt.NDArray[np.float64]
    length: npt.NDArray[np.float64]

    @property
    def right(self) -> npt.NDArray[np.float64]:
        right: npt.NDArray[np.float64] = (self.chances.argmax(axis=1) == self.truth).astype(
            np.float64
        )
        return right

    @property
    def signs(self) -> npt.NDArray[np.float64]:
        return signs_for(self.chances, self.evidence, self.known, self.length)


def learn_ranking(
    articles: Sequence[LearnArticle], tickets: Sequence[LearnTicket], *, own_tickets: bool
) -> tuple[Ranking, Accept]:
    """The ranking and its accept model. ``own_tickets``: a person of this installation confirmed them."""
    ranking, rows = _untrained(articles, tickets)
    inverse, alpha = _regression(ranking)
    ranking = replace(ranking, alpha=alpha)
    if not ranking.tickets:
        return ranking, unmeasured()
    seen = _leave_one_out(ranking, inverse, rows)
    ranking = replace(ranking, weights=_fitted_weights(seen, ranking))
    seen = _with_weights(seen, ranking.weights)
    hidden = _with_classes_hidden(ranking, inverse, rows)
    if len(seen.truth) < MIN_TO_MEASURE:
        return ranking, unmeasured()
    return ranking, _learn_accept(seen, hidden, own_tickets)


def _untrained(
    articles: Sequence[LearnArticle], tickets: Sequence[LearnTicket]
) -> tuple[Ranking, list[Row]]:
    index = {article.id: c for c, article in enumerate(articles)}
    labelled = [
        (index.get(ticket.article_id, -1), ticket)
        for ticket in tickets[-MAX_TICKETS:]
        if ticket.article_id is not None
    ]
    labelled.sort(key=lambda pair: pair[0])
    texts = [ticket.text for _, ticket in labelled]
    classes = [c for c, _ in labelled]
    notes = [_note(ticket) for _, ticket in labelled]
    for c, article in enumerate(articles):
        texts.append(_article_text(article))
        classes.append(c)
    features = [features_of_text(text) for text in texts]
    few = 1 if len(texts) < 3_000 else 2
    space = learn_space(features, shares=SHARES, min_documents=(1, few, few))
    rows = [space.row(f) for f in features]
    matrix = space.matrix(rows)
    ranking = Ranking(
        space=space,
        articles=tuple(Article(article.id, article.title, article.body) for article in articles),
        rows=matrix,
        by_feature=matrix.T.tocsr(),
        row_class=np.array(classes, dtype=np.int64),
        tickets=len(labelled),
        row_notes=tuple(notes),
        alpha=np.zeros((len(texts), len(articles)), dtype=np.float32),
        weights=DEFAULT_WEIGHTS,
    )
    return ranking, rows


def _article_text(article: LearnArticle) -> str:
    """The title counts twice, and a slug such as ``login-loop`` has words too."""
    slug = article.id.replace("_", " ").replace("-", " ")
    return f"{slug}\n{article.title}\n{article.title}\n{article.body}"


def _note(ticket: LearnTicket) -> str:
    words = " ".join((ticket.subject or ticket.body)[:300].split())
    return words if len(words) <= 60 else words[:59].rsplit(" ", 1)[0] + "…"


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK))


def _targets(ranking: Ranking) -> Floats:
    targets = np.zeros(ranking.alpha.shape, dtype=np.float32)
    fitting = np.flatnonzero(ranking.row_class >= 0)
    targets[fitting, ranking.row_class[fitting]] = 1
    return targets


def _regression(ranking: Ranking) -> tuple[Floats, Floats]:
    """The inverse of the regularised kernel matrix, and alpha."""
    count = ranking.rows.shape[0]
    matrix = np.empty((count, count), dtype=np.float32, order="F")
    for part in _chunks(count):
        matrix[:, part] = kernel((ranking.rows @ ranking.rows[part].T).toarray())
    matrix[np.diag_indices(count)] += RIDGE
    factor, failed = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ArithmeticError("the kernel matrix is not positive definite")
    for part in _chunks(count):  # only the lower triangle was written
        inverse[part, part.stop :] = inverse[part.stop :, part].T
        block = np.tril(inverse[part, part])
        inverse[part, part] = block + np.tril(block, -1).T
    return inverse, inverse @ _targets(ranking)


def _leave_one_out(ranking: Ranking, inverse: Floats, rows: Sequence[Row]) -> Judged:
    n = ranking.tickets
    regression = _targets(ranking)[:n] - ranking.alpha[:n] / np.diag(inverse)[:n, None]
    likeness = []
    for part in _chunks(n):
        cosines = (ranking.rows[part] @ ranking.rows.T).toarray()
        cosines[np.arange(part.stop - part.start), np.arange(part.start, part.stop)] = 0
        likeness.append(likeness_for(ranking, cosines))
    evidence = Evidence(regression, *(np.concatenate(kind) for kind in zip(*likeness, strict=True)))
    known = _known(ranking, rows)
    return _judged(ranking, evidence, ranking.row_class[:n], known, rows)


def _with_classes_hidden(ranking: Ranking, inverse: Floats, rows: Sequence[Row]) -> Judged:
    """Every ticket judged by a model that never saw its article, that article's tickets, or the
    words that stand mostly in them."""
    regression = np.zeros((ranking.tickets, len(ranking.articles)), dtype=np.float32)
    likeness = [np.zeros_like(regression) for _ in range(3)]
    known = np.zeros(ranking.tickets)
    documents = _documents(ranking, ranking.rows)
    for c in np.unique(ranking.row_class[: ranking.tickets]):
        if c < 0:
            continue
        members = np.flatnonzero(ranking.row_class == c)
        own = members[members < ranking.tickets]
        peculiar = _documents(ranking, ranking.rows[members]) >= PECULIAR * documents
        queries = ranking.rows[own] @ sparse.diags((~peculiar).astype(np.float32))
        cosines = (queries @ ranking.by_feature).toarray()
        near = kernel(cosines)
        block = inverse[np.ix_(members, members)].astype(np.float64)
        taken = np.linalg.solve(block, ranking.alpha[members].astype(np.float64)).astype(np.float32)
        answer = near @ ranking.alpha - (near @ inverse[:, members]) @ taken
        answer[:, c] = -1
        regression[own] = answer
        cosines[:, members] = 0
        for kind, found in zip(likeness, likeness_for(ranking, cosines), strict=True):
            kind[own] = found
        known[own] = _known_without(ranking, [rows[int(i)] for i in own], members, peculiar)
    kept = np.flatnonzero(ranking.row_class[: ranking.tickets] >= 0)
    evidence = Evidence(regression[kept], *(kind[kept] for kind in likeness))
    truth = np.full(len(kept), -1, dtype=np.int64)
    return _judged(ranking, evidence, truth, known[kept], [rows[int(i)] for i in kept])


def _documents(ranking: Ranking, rows: sparse.csr_matrix) -> Integers:
    return np.bincount(rows.indices, minlength=ranking.space.offsets[-1])


def _stem_documents(ranking: Ranking, rows: sparse.csr_matrix) -> Integers:
    stems = len(ranking.space.blocks[0].hashes)
    return np.bincount(rows.indices[rows.indices < stems], minlength=stems)


def _known_without(
    ranking: Ranking, queries: Sequence[Row], hidden: Integers, peculiar: npt.NDArray[np.bool_]
) -> list[float]:
    """The known share of each query when the hidden rows had never been seen."""
    left = _stem_documents(ranking, ranking.rows) - _stem_documents(ranking, ranking.rows[hidden])
    left[peculiar[: len(left)]] = 0
    return [_share(row, left, ranking) for row in queries]


def _known(ranking: Ranking, rows: Sequence[Row]) -> npt.NDArray[np.float64]:
    documents = _stem_documents(ranking, ranking.rows)
    return np.array([_share(row, documents - 1, ranking) for row in rows[: ranking.tickets]])


def _share(row: Row, documents: Integers, ranking: Ranking) -> float:
    stems = row.columns < len(documents)
    squares = row.values[stems].astype(np.float64) ** 2
    return float(squares[documents[row.columns[stems]] > 0].sum()) / ranking.space.shares[0]


def _judged(
    ranking: Ranking,
    evidence: Evidence,
    truth: Integers,
    known: npt.NDArray[np.float64],
    rows: Sequence[Row],
) -> Judged:
    length = np.array([row.words for row in rows[: len(truth)]], dtype=np.float64)
    return Judged(probabilities(evidence.pooled(ranking.weights)), evidence, truth, known, length)


def _with_weights(judged: Judged, weights: Sequence[float]) -> Judged:
    return replace(judged, chances=probabilities(judged.evidence.pooled(weights)))


def _fitted_weights(seen: Judged, ranking: Ranking) -> tuple[float, ...]:
    """The weights under which the right articles are likeliest, held near the defaults."""
    from scipy.optimize import minimize

    scope = np.flatnonzero(seen.truth >= 0)
    per_article = len(scope) / max(1, len(np.unique(seen.truth[scope])))
    if per_article < 8:  # leaving one of few out says too little about having them all
        return DEFAULT_WEIGHTS
    scope = scope[:: max(1, len(scope) // 4000)]
    evidence = seen.evidence
    kinds = np.stack(
        [evidence.regression, evidence.neighbours, evidence.nearest, evidence.article], axis=-1
    )[scope].astype(np.float64)
    truth, start = seen.truth[scope], np.array(DEFAULT_WEIGHTS)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        scores = kinds @ weights
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        chances /= chances.sum(axis=1, keepdims=True)
        rows = np.arange(len(truth))
        slope = np.einsum("nc,nck->k", chances, kinds) - kinds[rows, truth].sum(axis=0)
        away = (weights - start) / start
        value = -np.log(chances[rows, truth] + 1e-12).sum() + (away**2).sum()
        return value, slope + 2 * away / start

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    return tuple(float(weight) for weight in found.x)


def _learn_accept(seen: Judged, hidden: Judged, own_tickets: bool) -> Accept:
    from sklearn.linear_model import LogisticRegression

    signs = np.concatenate([seen.signs, hidden.signs])
    right = np.concatenate([seen.right, hidden.right])
    per_hidden = HIDDEN_SHARE / (1 - HIDDEN_SHARE) * len(seen.truth) / max(1, len(hidden.truth))
    weight = np.concatenate([np.ones(len(seen.truth)), np.full(len(hidden.truth), per_hidden)])
    if right.min() == right.max():
        return unmeasured()
    centre, scale = signs.mean(axis=0), signs.std(axis=0) + 1e-6
    fit = LogisticRegression(C=1.0, max_iter=500)
    fit.fit((signs - centre) / scale, right, sample_weight=weight)
    accept = replace(
        unmeasured(),
        centre=tuple(centre.tolist()),
        scale=tuple(scale.tolist()),
        weights=tuple(fit.coef_[0].tolist()),
        intercept=float(fit.intercept_[0]),
        own_tickets=own_tickets,
    )
    scores = accept.score(signs)
    of_seen = scores[: len(seen.truth)]
    slope, offset = 1.0, 0.0
    if seen.right.min() < seen.right.max():
        platt = LogisticRegression(C=100.0).fit(of_seen[:, None], seen.right)
        slope, offset = max(1e-3, float(platt.coef_[0, 0])), float(platt.intercept_[0])
    at, bound, strict = precision_curve(scores, right, weight)
    return replace(accept, slope=slope, offset=offset, scores=at, precision=bound, strict=strict)


def unmeasured() -> Accept:
    """Without past tickets: a cautious guess for ranking, and no threshold that would allow speaking."""
    weights = [0.0] * SIGNS
    weights[0], weights[7] = 0.5, 0.5
    return Accept((0.0,) * SIGNS, (1.0,) * SIGNS, tuple(weights), -0.5, 1.0, 0.0)
