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
from scipy import sparse
from scipy.linalg import lapack

from mailflow.desk.ticket import Article
from mailflow.suggest.accept import Accept, logistic, precision_curve
from mailflow.suggest.embeddings import Embeddings, Meaning
from mailflow.suggest.function_words import function_stems, quiet_features, worth_with
from mailflow.suggest.index import index_of
from mailflow.suggest.learn_margins import (
    JudgedMargins,
    judged_margins,
    learn_margins,
    worth_learning,
)
from mailflow.suggest.ranking import (
    SIGNS,
    Evidence,
    Ranking,
    default_weights,
    likeness_for,
    probabilities,
    signs_for,
    whole_vocabulary,
    with_far,
)
from mailflow.suggest.regression import Regression, kernel, regression_of
from mailflow.suggest.space import Doubles, Floats, Integers, Rows, learn_space, rows_of
from mailflow.suggest.words import words_of

RIDGE = 0.1
SHARES = (0.25, 0.15, 0.2, 0.4)  # of the blocks in a cosine
MAX_TICKETS = 15_500  # the kernel matrix takes 4 n² octets
NEAR_ARTICLES = 3_000  # up to so many articles are all part of the regression
CHUNK = 256
FITTED_ON = 1_500  # tickets from which the weights of the evidence are learned
HIDDEN_TO_LEARN = 0.4  # share of hidden tickets from which the signs are weighed
HIDDEN_TO_SPEAK = 0.2  # and in the threshold: to one message in five of a desk no article fits
PECULIAR = 0.5  # of a word's texts stand under one article: hidden with it
PRIOR = (0.4, 0.0, 0.7, 0.0, 0.2, 0.0, 0.0, 0.2, 0.7, 0.0, 0.0, 0.0, 0.0, 0.7)  # by sign
HELD = 200.0  # how strongly the accept model is held near it: as by so many tickets
MIN_TO_MEASURE = 60  # with fewer tickets no bound reaches 95 %


@dataclass(frozen=True, slots=True)
class LearnArticle:
    id: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class LearnTicket:
    """A past ticket; ``article_id`` '' means that no article fitted, None that nobody said.

    ``number``: of the ticket in this installation, to name it to agents.
    """

    subject: str
    body: str
    article_id: str | None = None
    priority: str | None = None
    number: int | None = None

    @property
    def text(self) -> str:
        return f"{self.subject}\n{self.body}" if self.subject else self.body


@dataclass(frozen=True, slots=True)
class Judged:
    """Past tickets judged as if new: the signs serving would have seen, and whether it was right."""

    signs: Doubles
    right: Doubles


@dataclass(frozen=True, slots=True)
class Learning:
    """A ranking being learned, with what judging its tickets as new needs."""

    ranking: Ranking
    rows: Rows
    inverse: Floats
    targets: Floats
    documents: Integers  # rows in which each feature stands
    margins: JudgedMargins | None = None


def learn_ranking(
    articles: Sequence[LearnArticle],
    tickets: Sequence[LearnTicket],
    *,
    own_tickets: bool,
    embeddings: Embeddings | None = None,
) -> tuple[Ranking, Accept]:
    """The ranking and its accept model. ``own_tickets``: a person of this installation confirmed them."""
    ranking, rows = _untrained(articles, tickets, embeddings)
    if not len(ranking.row_class):
        return ranking, unmeasured()
    learning = _regression(ranking, rows)
    if not ranking.tickets:
        return learning.ranking, unmeasured()
    learning = _with_margins(learning)
    learning = replace(learning, ranking=replace(learning.ranking, weights=_fitted(learning)))
    if ranking.tickets < MIN_TO_MEASURE:
        return learning.ranking, unmeasured()
    seen, hidden = _leave_one_out(learning), _with_classes_hidden(learning)
    return learning.ranking, _learn_accept(seen, hidden, own_tickets)


def _untrained(
    articles: Sequence[LearnArticle],
    tickets: Sequence[LearnTicket],
    embeddings: Embeddings | None = None,
) -> tuple[Ranking, Rows]:
    index = {article.id: c for c, article in enumerate(articles)}
    labelled = [
        (index.get(ticket.article_id, -1), ticket)
        for ticket in tickets[-MAX_TICKETS:]
        if ticket.article_id is not None
    ]
    labelled.sort(key=lambda pair: pair[0])
    classes = [c for c, _ in labelled]
    asked = sorted({c for c in classes if c >= 0})
    near = asked if len(articles) > NEAR_ARTICLES else list(range(len(articles)))
    far = sorted(set(range(len(articles))) - set(near))
    written = [ticket.text for _, ticket in labelled]
    written += [_article_text(articles[c]) for c in near]
    far_written = [_article_text(articles[c]) for c in far]
    texts, far_texts = [words_of(t) for t in written], [words_of(t) for t in far_written]
    meaning = None
    if embeddings is not None:
        meaning = Meaning(embeddings, embeddings.vectors(written), embeddings.vectors(far_written))
    few = 1 if len(texts) < 3_000 else 2
    space = learn_space(
        texts,
        shares=SHARES,
        min_documents=(1, few, few, few),
        light_texts=far_texts,
        quiet=quiet_features(function_stems()),
        worth=worth_with(len(labelled)),
    )
    rows = rows_of(space, texts)
    far_rows = rows_of(space, far_texts, light=True).matrix
    ranking = Ranking(
        space=space,
        articles=tuple(Article(article.id, article.title, article.body) for article in articles),
        rows=rows.matrix,
        row_class=np.array(classes + near, dtype=np.int64),
        tickets=len(labelled),
        row_notes=tuple(_note(ticket) for _, ticket in labelled),
        regression=Regression(np.zeros((len(texts), len(near)), dtype=np.float32)),
        columns=np.array(near, dtype=np.int64),
        weights=default_weights(meaning),
        index=index_of(rows.matrix),
        far_rows=far_rows,
        far_class=np.array(far, dtype=np.int64),
        far=index_of(far_rows, exact=False) if far else None,
        meaning=meaning,
    )
    return replace(ranking, vocabulary=whole_vocabulary(ranking)), rows


def _article_text(article: LearnArticle) -> str:
    """The title counts twice, and a slug such as ``login-loop`` has words too."""
    slug = article.id.replace("_", " ").replace("-", " ")
    return f"{slug}\n{article.title}\n{article.title}\n{article.body}"


def _note(ticket: LearnTicket) -> str:
    words = " ".join((ticket.subject or ticket.body)[:300].split())
    short = words if len(words) <= 60 else words[:59].rsplit(" ", 1)[0] + "…"
    return short if ticket.number is None else f"#{ticket.number} {short}"


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK))


def _targets(ranking: Ranking) -> Floats:
    targets = np.zeros(ranking.regression.alpha.shape, dtype=np.float32)
    fitting = np.flatnonzero(ranking.row_class >= 0)
    targets[fitting, ranking.line_of[fitting]] = 1
    return targets


def _regression(ranking: Ranking, rows: Rows) -> Learning:
    """alpha, and the inverse of the regularised kernel matrix."""
    count = ranking.rows.shape[0]
    matrix = np.empty((count, count), dtype=np.float32, order="F")
    for part, cosines in ranking.index.in_chunks(ranking.rows):
        matrix[:, part] = kernel(cosines).T
    matrix[np.diag_indices(count)] += RIDGE
    factor, failed = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ArithmeticError("the kernel matrix is not positive definite")
    for part in _chunks(count):  # only the lower triangle was written
        inverse[part, part.stop :] = inverse[part.stop :, part].T
        block = np.tril(inverse[part, part])
        inverse[part, part] = block + np.tril(block, -1).T
    targets = _targets(ranking)
    documents = np.bincount(ranking.rows.indices, minlength=ranking.space.offsets[-1])
    ranking = replace(ranking, regression=regression_of(inverse @ targets, ranking.line_of))
    return Learning(ranking, rows, inverse, targets, documents)


def _with_margins(learning: Learning) -> Learning:
    ranking = learning.ranking
    if ranking.far is not None or not worth_learning(
        ranking.rows, ranking.row_class, ranking.tickets
    ):
        return learning
    rows, classes, count = ranking.rows, ranking.row_class, len(ranking.articles)
    margins = learn_margins(rows, classes, count)
    judged = judged_margins(rows, classes, ranking.tickets, count)
    return replace(learning, ranking=replace(ranking, margins=margins), margins=judged)


def _judged_as_new(learning: Learning, which: Integers) -> Evidence:
    """The evidence for these tickets (places among the rows) had each not been learned from."""
    ranking = learning.ranking
    share = np.diag(learning.inverse)[which, None]
    regression: Floats = learning.targets[which] - ranking.regression.alpha[which] / share
    texts = ranking.rows[which]
    cosines = ranking.index.cosines(texts)
    cosines[np.arange(len(which)), which] = 0
    margins = learning.margins.seen[which] if learning.margins else np.zeros_like(regression)
    vectors, meaning = _meaning(ranking, which, (np.arange(len(which)), which))
    near = Evidence(regression, *likeness_for(ranking, cosines), margins, meaning)
    return with_far(ranking, near, texts, vectors)


def _meaning(
    ranking: Ranking, which: Integers, hidden: tuple[Integers | slice, Integers]
) -> tuple[Floats | None, tuple[Floats, ...]]:
    """The vectors of these tickets, and what they tell while they do not see the ``hidden`` rows."""
    if ranking.meaning is None:
        return None, ()
    vectors = ranking.meaning.rows[which]
    cosines = vectors @ ranking.meaning.rows.T
    cosines[hidden] = 0
    return vectors, likeness_for(ranking, cosines)


def _leave_one_out(learning: Learning) -> Judged:
    ranking, signs, right = learning.ranking, [], []
    left = learning.documents - 1
    for part in _chunks(ranking.tickets):
        which = np.arange(part.start, part.stop)
        evidence = _judged_as_new(learning, which)
        chances = probabilities(evidence.pooled(ranking.weights))
        texts = ranking.rows[which]
        known = _known(ranking, texts, left)
        own = ranking.row_class[which]
        signs.append(signs_for(ranking, texts, evidence, known, own))
        right.append((chances.argmax(axis=1) == ranking.row_class[which]).astype(np.float64))
    return Judged(np.concatenate(signs), np.concatenate(right))


def _with_classes_hidden(learning: Learning) -> Judged:
    """Every ticket judged by a model that never saw its article, that article's tickets, or the
    words that stand mostly in them."""
    ranking, signs = learning.ranking, [np.empty((0, SIGNS))]
    hidden = np.zeros(ranking.space.offsets[-1], dtype=bool)
    for column, c in enumerate(ranking.columns):
        members = np.flatnonzero(ranking.row_class == c)
        own = members[members < ranking.tickets]
        if not len(own):
            continue
        features, counts = np.unique(ranking.rows[members].indices, return_counts=True)
        peculiar = features[counts >= PECULIAR * learning.documents[features]]
        hidden[peculiar] = True
        texts = ranking.rows[own].copy()
        texts.data[hidden[texts.indices]] = 0
        hidden[peculiar] = False
        evidence = _without(learning, texts, members, own, column)
        left = learning.documents.copy()
        left[features] -= counts
        known = _known(ranking, texts, left)
        signs.append(signs_for(ranking, texts, evidence, known))
    found = np.concatenate(signs)
    return Judged(found, np.zeros(len(found)))


def _without(
    learning: Learning,
    texts: sparse.csr_matrix,
    members: Integers,
    own: Integers,
    column: int,
) -> Evidence:
    """The evidence for these texts had the member rows never been there."""
    ranking, inverse = learning.ranking, learning.inverse
    alpha = ranking.regression.alpha
    cosines = ranking.index.cosines(texts)
    near = kernel(cosines)
    block = inverse[np.ix_(members, members)].astype(np.float64)
    taken = np.linalg.solve(block, alpha[members].astype(np.float64)).astype(np.float32)
    answer = near @ alpha - (near @ inverse[:, members]) @ taken
    answer[:, column] = -1
    cosines[:, members] = 0
    margins = learning.margins.hidden[own] if learning.margins else np.zeros(answer.shape)
    likeness = likeness_for(ranking, cosines)
    vectors, meaning = _meaning(ranking, own, (slice(None), members))
    near_ones = Evidence(
        answer.astype(np.float32), *likeness, margins.astype(np.float32, copy=False), meaning
    )
    return with_far(ranking, near_ones, texts, vectors)


def _known(ranking: Ranking, texts: sparse.csr_matrix, documents: Integers) -> Doubles:
    """The share of each text's stems that stand in at least one row, by squared length."""
    stems = len(ranking.space.stems)
    counted = (texts.indices < stems) & (documents[texts.indices] > 0)
    squares = np.where(counted, texts.data.astype(np.float64) ** 2, 0)
    owner = np.repeat(np.arange(texts.shape[0]), np.diff(texts.indptr))
    sums = np.bincount(owner, squares, minlength=texts.shape[0])
    found: Doubles = sums / ranking.space.shares[0]
    return found


def _fitted(learning: Learning) -> tuple[float, ...]:
    """The weights under which the right articles are likeliest, held near the defaults."""
    from scipy.optimize import minimize

    ranking = learning.ranking
    scope = np.flatnonzero(ranking.row_class[: ranking.tickets] >= 0)
    per_article = len(scope) / max(1, len(np.unique(ranking.row_class[scope])))
    if per_article < 8:  # leaving one of few out says too little about having them all
        return ranking.weights
    scope = scope[:: max(1, -(-len(scope) // FITTED_ON))]
    evidence = _judged_as_new(learning, scope)
    kinds = np.stack(evidence.kinds, axis=1)
    truth, start = ranking.row_class[scope], np.array(ranking.weights)
    of_truth = kinds[np.arange(len(scope)), :, truth].astype(np.float64)

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        scores = np.einsum("nkc,k->nc", kinds, weights.astype(np.float32))
        chances = probabilities(scores)
        slope = np.einsum("nkc,nc->k", kinds, chances) - of_truth.sum(axis=0)
        away = (weights - start) / start
        right = chances[np.arange(len(truth)), truth].astype(np.float64)
        value = -np.log(right + 1e-12).sum() + (away**2).sum()
        return float(value), slope + 2 * away / start

    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * len(start),
        options={"maxiter": 40},
    )
    return tuple(float(weight) for weight in found.x)


def _learn_accept(seen: Judged, hidden: Judged, own_tickets: bool) -> Accept:
    from sklearn.linear_model import LogisticRegression

    signs = np.concatenate([seen.signs, hidden.signs])
    right = np.concatenate([seen.right, hidden.right])
    if right.min() == right.max():
        return unmeasured()
    centre, scale = signs.mean(axis=0), signs.std(axis=0) + 1e-6
    weights, intercept = _rising_fit(
        (signs - centre) / scale, right, _sample(seen, hidden, HIDDEN_TO_LEARN)
    )
    accept = replace(
        unmeasured(),
        centre=tuple(centre.tolist()),
        scale=tuple(scale.tolist()),
        weights=tuple(weights.tolist()),
        intercept=intercept,
        own_tickets=own_tickets,
    )
    scores = accept.score(signs)
    of_seen = scores[: len(seen.right)]
    slope, offset = 1.0, 0.0
    if seen.right.min() < seen.right.max():
        platt = LogisticRegression(C=100.0).fit(of_seen[:, None], seen.right)
        slope, offset = max(1e-3, float(platt.coef_[0, 0])), float(platt.intercept_[0])
    at, bound, strict = precision_curve(scores, right, _sample(seen, hidden, HIDDEN_TO_SPEAK))
    return replace(
        accept,
        slope=slope,
        offset=offset,
        scores=at,
        precision=bound,
        strict=strict,
    )


def _sample(seen: Judged, hidden: Judged, share: float) -> Doubles:
    """What each judged ticket counts so that hidden ones are this share of all."""
    per_hidden = share / (1 - share) * len(seen.right) / max(1, len(hidden.right))
    return np.concatenate([np.ones(len(seen.right)), np.full(len(hidden.right), per_hidden)])


def _rising_fit(signs: Doubles, right: Doubles, weight: Doubles) -> tuple[Doubles, float]:
    """A logistic fit whose weights are never negative: no sign of being right may speak against it,
    however tickets judged in folds differ from what serving sees."""
    from scipy.optimize import minimize

    inputs = np.column_stack([signs, np.ones(len(signs))])
    prior = np.array(PRIOR)

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        scores = inputs @ weights
        value = weight @ (np.logaddexp(0, scores) - right * scores)
        slope = inputs.T @ (weight * (logistic(scores) - right))
        away = weights[:-1] - prior
        value += HELD * away @ away / 2
        return float(value), slope + HELD * np.append(away, 0)

    bounds = [(0.0, None)] * signs.shape[1] + [(None, None)]
    start = np.zeros(inputs.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:-1], float(found.x[-1])


def unmeasured() -> Accept:
    """Without past tickets: a cautious guess for ranking, and no threshold that would allow speaking."""
    weights = [0.0] * SIGNS
    weights[0], weights[7] = 0.5, 0.5
    return Accept((0.0,) * SIGNS, (1.0,) * SIGNS, tuple(weights), -0.5, 1.0, 0.0)
