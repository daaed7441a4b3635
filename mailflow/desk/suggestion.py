"""What the suggester says about a message. The desk reads it; it never changes a ticket by itself."""

from __future__ import annotations

from dataclasses import dataclass

from mailflow.desk.ticket import Priority


@dataclass(frozen=True, slots=True)
class PrioritySuggestion:
    """``confidence`` is a calibrated probability in 0..1; when ``abstained`` the label is only a ranking."""

    label: Priority
    confidence: float
    abstained: bool


@dataclass(frozen=True, slots=True)
class ArticleSuggestion:
    article_id: str
    confidence: float  # calibrated: the probability that this article is the right one


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``articles`` is ranked best first. ``suggested_article`` is set only above the measured precision target.

    ``for_customer`` says whether that article may also be shown to a customer: it may only when the
    precision was measured on this installation's own confirmed tickets. ``because`` holds short
    human phrases: the words and past tickets that decided.
    """

    priority: PrioritySuggestion | None = None
    articles: tuple[ArticleSuggestion, ...] = ()
    suggested_article: str | None = None
    for_customer: bool = False
    because: tuple[str, ...] = ()
    content_free: bool = False  # thanks and the like: nothing is asked, nothing told
    feature_request: bool = False  # asks for something that is not there yet
    model: str = ""  # version of the model that spoke


NO_SUGGESTION = Suggestion()
