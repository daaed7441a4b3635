"""One version of a notice's wording, whole: what a mail was written with, for ever. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """``name`` is ``notice/language@digest``, and the digest is that of ``sources``.

    ``parts`` maps subject, txt and html to names in ``sources``, which holds the layouts too.
    """

    name: str
    notice: str
    language: str
    parts: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Served:
    """Since when a version served, and how it came to."""

    name: str
    notice: str
    language: str
    since: datetime
    reason: str
