"""The priority of a message by a small lexicon: what a new installation knows before it has tickets.

The lexicon is a TOML file admins edit. A phrase matches when its stems stand in this order with at
most two words between each; a match right after a negation ("not urgent") counts for nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailflow.desk.ticket import Priority
from mailflow.suggest.unusable import ModelUnusable
from mailflow.suggest.words import stem, words_of

GAP = 2
SCALE = (Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT)
NEGATIONS = frozenset(
    [
        "no",
        "not",
        "never",
        "without",
        "isnt",
        "nothing",
        "dont",
        "nicht",
        "kein",
        "keine",
        "keinen",
        "nie",
        "ohne",
        "pas",
        "jamais",
        "sans",
    ]
)


@dataclass(frozen=True, slots=True)
class Rule:
    """``phrases`` are stems in order, each beside the phrase as written."""

    name: str
    priority: Priority
    confidence: float
    phrases: tuple[tuple[tuple[str, ...], str], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    rule: str
    phrase: str
    priority: Priority
    confidence: float


Lexicon = tuple[Rule, ...]


def load_lexicon(path: Path) -> Lexicon:
    """The rules of a lexicon file. Raises ModelUnusable naming the fault."""
    try:
        return parse_lexicon(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
        raise ModelUnusable(f"{path}: {error}", "correct the file, or remove it") from error


def parse_lexicon(text: str) -> Lexicon:
    """Raises ValueError (TOMLDecodeError included) naming the rule and the fault."""
    document = tomllib.loads(text)
    rules = document.get("rule", [])
    if not isinstance(rules, list) or set(document) - {"rule"}:
        raise ValueError("only [[rule]] tables may stand here")
    return tuple(_rule(number, rule) for number, rule in enumerate(rules, 1))


def _rule(number: int, rule: object) -> Rule:
    expected = {"name": str, "priority": str, "confidence": float, "phrases": list}
    if not isinstance(rule, dict) or set(rule) != set(expected):
        raise ValueError(f"rule {number}: needs exactly {', '.join(expected)}")
    for key, kind in expected.items():
        if not isinstance(rule[key], kind):
            raise ValueError(f"rule {number}: {key} must be a {kind.__name__}")
    if rule["priority"] not in list(Priority) or not 0 < rule["confidence"] < 1:
        raise ValueError(
            f"rule {number}: priority must be one of {', '.join(Priority)}, confidence in 0..1"
        )
    phrases = [
        (tuple(stem(w) for w in words_of(str(phrase))), str(phrase)) for phrase in rule["phrases"]
    ]
    return Rule(
        rule["name"],
        Priority(rule["priority"]),
        rule["confidence"],
        tuple((stems, phrase) for stems, phrase in phrases if stems),
    )


def hits_for(lexicon: Lexicon, words: Sequence[str]) -> list[Hit]:
    """The rules that match, at most one phrase each, most certain first."""
    if not lexicon:
        return []
    stems = [stem(word) for word in words]
    places: dict[str, list[int]] = {}
    for place, one in enumerate(stems):
        places.setdefault(one, []).append(place)
    hits = []
    for rule in lexicon:
        for phrase, written in rule.phrases:
            if phrase[0] in places and _stands(phrase, places, words):
                hits.append(Hit(rule.name, written, rule.priority, rule.confidence))
                break
    return sorted(hits, key=lambda hit: -hit.confidence)


def _stands(phrase: Sequence[str], places: dict[str, list[int]], words: Sequence[str]) -> bool:
    for start in places[phrase[0]][:50]:
        end: int | None = start
        for following in phrase[1:]:
            reach = range(end + 1, end + GAP + 2) if end is not None else range(0)
            end = next((p for p in places.get(following, ()) if p in reach), None)
        negated = NEGATIONS & set(words[max(0, start - 2) : start])
        if end is not None and not negated:
            return True
    return False


def chances_from(hits: Sequence[Hit]) -> tuple[float, ...]:
    """A probability per priority of `SCALE`. Words alone never make more than the rule's confidence."""
    if not hits:
        return (0.15, 0.55, 0.22, 0.08)
    serious = max(hits, key=lambda hit: (SCALE.index(hit.priority), hit.confidence))
    rest = 1 - serious.confidence
    near = [0.5 ** abs(SCALE.index(serious.priority) - k) for k in range(len(SCALE))]
    near[SCALE.index(serious.priority)] = 0
    return tuple(
        serious.confidence if SCALE[k] is serious.priority else rest * near[k] / sum(near)
        for k in range(len(SCALE))
    )
