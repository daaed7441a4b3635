"""Settings of what the desk knows and says: suggestions, articles, wording, bursts."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from mailflow.config.fields import Lines, OptionalPath
from mailflow.config.sections.section import Section

# Times and guarantees written into a template are promises nobody checks; measured times come as values.
_CLAIMS = (
    r"\bwithin (?:\d+|an|one|two|three) (?:minutes?|hours?|days?)\b",
    r"\bwe (?:guarantee|promise)\b",
    r"\binnerhalb (?:von \d+|einer|eines|von zwei) (?:Minuten|Stunden?|Tag(?:en|es)?)\b",
    r"\bwir (?:garantieren|versprechen)\b",
    r"\b(?:sous|dans les) \d+ (?:minutes|heures|jours)\b",
    r"\bnous (?:garantissons|promettons)\b",
    r"\ben (?:menos de )?\d+ (?:minutos|horas|días)\b",
    r"\b(?:em|dentro de) (?:menos de )?\d+ (?:minutos|horas|dias)\b",
    r"\b(?:garantizamos|garantimos|prometemos)\b",
)


class SuggestionsSettings(Section):
    """Priority and article, suggested to agents."""

    enabled: bool = True
    """Suggest at all."""
    model: OptionalPath = None
    """A trained model's folder or file. Empty: the newest one trained here, else the one shipped."""
    precision: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """An article is suggested only where at least this share of such suggestions was right."""
    train: Literal["never", "daily", "weekly"] = "daily"
    """How often to train from your own tickets, when agents confirmed at least ten new ones."""
    embeddings: OptionalPath = None
    """Folder of static embeddings (model2vec) that such training learns with. Empty: none."""


class TemplatesSettings(Section):
    """The wording of notices."""

    folder: OptionalPath = None
    """Folder with your own versions; what is not there comes from the shipped ones."""
    forbidden_claims: Lines = _CLAIMS
    """Regular expressions for what no wording may promise; a file that does is not taken up."""

    @field_validator("forbidden_claims")
    @classmethod
    def _expressions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(
                    f"holds {pattern!r}, which is no regular expression: {error}"
                ) from None
        return value


class ArticlesSettings(Section):
    """Known issues and their solutions."""

    folder: OptionalPath = None
    """Folder of Markdown files with front matter, kept in step with the database. Empty: none."""
    announce: Literal["ask", "at once"] = "ask"
    """Who lets news of an article from the folder go to those who wait: you, or nobody has to."""


class BurstsSettings(Section):
    """Many people who report the same at once: agents are told once, with a draft article."""

    enabled: bool = True
    """Tell agents of such bursts."""
    people: Annotated[int, Field(ge=3, le=1000)] = 5
    """So many different people at least; more where that is usual at your desk."""
    hours: Annotated[int, Field(ge=1, le=24)] = 2
    """Within so many hours."""
