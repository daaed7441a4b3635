"""The suggester as the daemon uses it: whatever happens to the model, mail flows on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailflow.config import Settings
from mailflow.desk.suggestion import NO_SUGGESTION, Suggestion
from mailflow.desk.ticket import Article
from mailflow.shipped import shipped

if TYPE_CHECKING:
    from mailflow.suggest.model import Model

log = logging.getLogger(__name__)

_TRAINED = "model"  # below state.directory: what `mailflow model train --out` of this desk wrote


class Suggester:
    """Suggests with a model, or abstains without one. ``fault`` says why there is none."""

    def __init__(self, model: Model | None, fault: str = "") -> None:
        self._model = model
        self.fault = fault
        self.articles: Mapping[str, Article] = MappingProxyType(_articles_of(model))

    def suggest_many(self, texts: Sequence[tuple[str, str]]) -> Sequence[Suggestion]:
        if self._model is not None and texts:
            try:
                return self._model.suggest_many(texts)
            except Exception:
                # A suggestion is a comfort: no fault of the model may delay a ticket.
                log.exception(
                    "the model failed on %d messages; they go without suggestions", len(texts)
                )
        return [NO_SUGGESTION] * len(texts)


def _articles_of(model: Model | None) -> dict[str, Article]:
    """The articles the model was trained on, for their titles."""
    if model is None or model.ranking is None:
        return {}
    pairs = zip(model.ranking.article_ids, model.ranking.titles, strict=True)
    return {article_id: Article(article_id, title, "") for article_id, title in pairs}


def load_suggester(settings: Settings) -> Suggester:
    """The model the configuration names, else the one trained here, else the shipped seed."""
    if not settings.suggestions.enabled:
        return Suggester(None, "suggestions are switched off")
    from mailflow.suggest.model import load_model
    from mailflow.suggest.unusable import ModelUnusable

    folder = model_folder(settings)
    try:
        return Suggester(load_model(folder, precision=settings.suggestions.precision))
    except ModelUnusable as error:
        log.error("no suggestions are made: %s", error)
        return Suggester(None, str(error))


def model_folder(settings: Settings) -> Path:
    named = settings.suggestions.model
    trained = settings.state.directory / _TRAINED
    return named or (trained if trained.is_dir() else shipped("models") / "seed")
