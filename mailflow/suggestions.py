"""The suggester as the daemon uses it: whatever happens to the model, mail flows on."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailflow.config import Settings
from mailflow.desk.suggestion import (
    NO_SUGGESTION,
    ArticleSuggestion,
    PrioritySuggestion,
    Suggestion,
)
from mailflow.desk.ticket import Article, Priority
from mailflow.model_shelf import Shelf
from mailflow.shipped import shipped

if TYPE_CHECKING:
    from mailflow.suggest.model import Model
    from mailflow.suggest.phrases import PhraseModel

log = logging.getLogger(__name__)

_TRAINED = "model"  # below state.directory: what `mailflow model train --out` of this desk wrote


class Suggester:
    """Suggests with a model, or abstains without one. ``fault`` says why there is none."""

    def __init__(
        self,
        model: Model | None,
        fault: str = "",
        *,
        thanks: PhraseModel | None = None,
        feature_requests: PhraseModel | None = None,
    ) -> None:
        self._model = model
        self._thanks, self._feature_requests = thanks, feature_requests
        self.fault = fault
        self.articles: Mapping[str, Article] = MappingProxyType(model.articles if model else {})

    def suggest_many(self, texts: Sequence[tuple[str, str]]) -> Sequence[Suggestion]:
        said = self._suggest_many(texts)
        return [
            replace(suggestion, content_free=self._is(self._thanks, text), feature_request=asked)
            for suggestion, (subject, text) in zip(said, texts, strict=True)
            for asked in (self._is(self._feature_requests, f"{subject}\n{text}"),)
        ]

    def take_over(self, other: Suggester) -> None:
        """Serve with what ``other`` loaded, and go on with what served where it has a fault; whoever is in
        the middle of a batch ends it with the old."""
        if other._model is not None:
            self._model, self.articles = other._model, other.articles
        self._thanks = other._thanks or self._thanks
        self._feature_requests = other._feature_requests or self._feature_requests
        self.fault = other.fault

    @property
    def serves(self) -> bool:
        return self._model is not None

    @staticmethod
    def _is(model: PhraseModel | None, text: str) -> bool:
        return model is not None and model.says(text)

    def _suggest_many(self, texts: Sequence[tuple[str, str]]) -> Sequence[Suggestion]:
        if self._model is not None and texts:
            try:
                return [_plain(suggestion) for suggestion in self._model.suggest_many(texts)]
            except Exception:
                # A suggestion is a comfort: no fault of the model may delay a ticket.
                log.exception(
                    "the model failed on %d messages; they go without suggestions", len(texts)
                )
        return [NO_SUGGESTION] * len(texts)


def _plain(said: Suggestion) -> Suggestion:
    """The same in Python's own types: a number of numpy's would stop the record of a ticket."""
    priority = said.priority and PrioritySuggestion(
        Priority(said.priority.label),
        float(said.priority.confidence),
        bool(said.priority.abstained),
    )
    return Suggestion(
        priority=priority,
        articles=tuple(
            ArticleSuggestion(str(a.article_id), float(a.confidence)) for a in said.articles
        ),
        suggested_article=str(said.suggested_article) if said.suggested_article else None,
        for_customer=bool(said.for_customer),
        because=tuple(str(reason) for reason in said.because),
        model=str(said.model),
    )


def load_suggester(settings: Settings) -> Suggester:
    """The model the configuration names, else the one trained here, else the shipped seed."""
    if not settings.suggestions.enabled:
        return Suggester(None, "suggestions are switched off")
    from mailflow.suggest.model import load_model
    from mailflow.suggest.unusable import ModelUnusable

    thanks, first = _phrases("replies")
    requests, second = _phrases("feature-requests")
    model, third = None, ""
    try:
        model = _tried(load_model(model_folder(settings), precision=settings.suggestions.precision))
    except ModelUnusable as error:
        log.error("the model cannot serve: %s", error)
        third = str(error)
    fault = " ".join(f for f in (third, first, second) if f)
    return Suggester(model, fault, thanks=thanks, feature_requests=requests)


def _tried(model: Model) -> Model:
    """The model, after it read a message: numbers that fit each other may still lead nowhere."""
    from mailflow.suggest.files import RETRAIN
    from mailflow.suggest.unusable import ModelUnusable

    try:
        model.suggest("A trial", "I cannot log in to my account.")
    except Exception as error:
        raise ModelUnusable(f"it fails on a message: {error}", RETRAIN) from error
    return model


def model_stamp(settings: Settings) -> tuple[object, ...]:
    """Changes whenever another model is to serve or the files of the one that serves are replaced."""
    if not settings.suggestions.enabled:
        return ()
    from mailflow.suggest.files import ARRAYS_NAME, JSON_NAME

    folder = model_folder(settings)
    found: list[object] = [folder]
    for name in (JSON_NAME, ARRAYS_NAME):
        with contextlib.suppress(OSError):  # what is not there is told when it is loaded
            facts = (folder / name).stat()
            found.append((name, facts.st_mtime_ns, facts.st_size, facts.st_ino))
    return tuple(found)


def _phrases(name: str) -> tuple[PhraseModel | None, str]:
    """A shipped phrase model, or why there is none: without it every reply reopens."""
    from mailflow.suggest.phrases import load_phrases
    from mailflow.suggest.unusable import ModelUnusable

    try:
        return load_phrases(shipped("models") / name), ""
    except ModelUnusable as error:
        log.error("%s are not recognised: %s", name, error)
        return None, str(error)


def model_folder(settings: Settings) -> Path:
    """The one that serves: named in the settings, promoted here, trained to var/model, or shipped."""
    named = settings.suggestions.model or Shelf(settings.state.directory).serving()
    trained = settings.state.directory / _TRAINED
    return named or (trained if trained.is_dir() else shipped("models") / "seed")
