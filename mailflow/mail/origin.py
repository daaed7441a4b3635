"""Who wrote a message — a person or a machine — and whether an automatic mail may answer it.

The first of ``RULES`` that holds decides; its name is the reason people are shown.

"May we answer" is a second decision (``REFUSALS``): a person may ask us to be quiet, and mail that
no machine signed may still have nobody to answer to. RFC 3834 section 2 is the guide.
"""

from __future__ import annotations

from mailflow.mail.message import Address, Answerable, Bounce, Origin, OriginVerdict, OwnIdentity
from mailflow.mail.mime import Part
from mailflow.mail.origin_evidence import evidence_of
from mailflow.mail.origin_rules import RULES
from mailflow.mail.refusals import REFUSALS


def classify_origin(
    root: Part,
    *,
    author: Address | None,
    subject: str,
    text: str,
    bounce: Bounce | None,
    own: OwnIdentity,
    whole: str = "",
) -> tuple[OriginVerdict, Answerable]:
    """Judge a message. ``text`` is its new text, ``bounce`` what ``read_bounce`` found. Total.

    ``whole`` is all its readable text, where that is at hand.
    """
    evidence = evidence_of(root, author, subject, text, whole or text, bounce, own)
    verdict = OriginVerdict(Origin.PERSON, "nothing-says-otherwise")
    for rule in RULES:
        if rule.holds(evidence):
            verdict = OriginVerdict(rule.kind, rule.name)
            break
    if verdict.kind is not Origin.PERSON:
        return verdict, Answerable(False, f"{verdict.kind}: {verdict.rule}")
    for refusal in REFUSALS:
        if refusal.holds(evidence):
            return verdict, Answerable(False, refusal.reason)
    return verdict, Answerable(True, "written by a person")
