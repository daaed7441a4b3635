"""Which short texts speak of the same thing: words weighed by how rare they are, compared by cosine. Pure.

Linear in the texts but for those that share words; every text is capped. Groups are stars around one text
and never chains, so that a few mixed texts cannot tie two topics together.
"""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIKE = 0.3  # cosine from which two messages are taken to speak of the same thing
_CHARACTERS = 1_000  # of one text; the matter is told in the first lines
_TERMS = 80
_BEGINNING = 6  # letters: carries over inflections in the languages we write
_WORD = re.compile(r"[^\W_]{3,40}")
_COURTESIES = """
    about after again all also and any are because been before but can could does dont for from get gets getting
    have has had hello help here how into its ive just like may more need not now old once one only our out over
    please question regards since some still team than thank thanks that the their them then there these they
    this too use using very want was well were what when where which while who why will wish with would you your
    support customer dear morning today yesterday works work working tried try trying issue problem let know
    able anybody anyone everything nothing something same way new great nice feature request add
    aber alle als also auch auf aus bei bin bis bitte dann das dass dem den der des die dies doch ein eine einen
    einer eines etwas freundlichen grüße grüßen guten habe haben hallo heute ich ihnen ihr ihre immer ist jetzt kann
    kein keine können leider mehr mein meine mich mir mit morgen nach nicht noch nur oder schon sehr sein seit sich
    sie sind tag und uns unser viele vielen dank von vor war warum was wenn wie wieder wird wir wäre würde zum zur
    avec aux bien bonjour car ces cette comme cordialement dans depuis des donc elle encore est fait faire ils les
    leur mais merci mes moi mon même notre nous par pas peut plus pour pourquoi quand que quel qui sans ses son
    sont suis sur tous tout très une vos votre vous peux pouvez
    ante buenas buenos como con cuando días del desde donde ella ellos era eso esta estas este estoy está fue
    gracias hace hasta hay hola las los muy más nada nos para pero por porque puede puedo qué saludos ser sin
    sobre son sus también tengo tiene todo una unas unos usted
    agora ainda algum bom boa com dia ele ela eles essa esse este estou foi isso mais meu minha muito não nas
    nos obrigado obrigada olá para pela pelo pode posso porque quando que sem ser seu sua são também tem tenho uma
    você
"""  # and words that carry grammar, in the five languages we write
_PLAIN = frozenset(_COURTESIES.split())


@dataclass(frozen=True, slots=True)
class Group:
    """Positions in what was grouped; the first is the one all others resemble."""

    members: tuple[int, ...]
    people: int  # distinct


def terms_of(text: str) -> frozenset[str]:
    """The beginnings of its telling words: lower case, accents gone, courtesies left out."""
    words = _WORD.findall(text[:_CHARACTERS].casefold().replace("'", "").replace("’", ""))
    told = [_folded(word)[:_BEGINNING] for word in words if word not in _PLAIN]
    return frozenset(list(dict.fromkeys(told))[:_TERMS])


def _folded(word: str) -> str:
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def rarity(background: Sequence[frozenset[str]]) -> Mapping[str, float]:
    """The weight of each term; one that the background lacks weighs ``len(background)`` texts' worth."""
    count = Counter(term for terms in background for term in terms)
    return {t: 1 + math.log((len(background) + 1) / (n + 1)) for t, n in count.items()}


def vector(terms: frozenset[str], weights: Mapping[str, float], texts: int) -> dict[str, float]:
    """Of length one, or empty. ``texts`` is how many the weights were counted in."""
    unseen = 1 + math.log(texts + 1)
    found = {term: weights.get(term, unseen) for term in sorted(terms)}
    length = math.sqrt(sum(w * w for w in found.values()))
    return {term: w / length for term, w in found.items()}


def neighbours(
    ones: Sequence[Mapping[str, float]], others: Sequence[Mapping[str, float]], alike: float = ALIKE
) -> list[list[int]]:
    """For each of ``ones`` the positions of the ``others`` that resemble it, ascending."""
    places: dict[str, list[tuple[int, float]]] = {}
    for position, other in enumerate(others):
        for term, weight in other.items():
            places.setdefault(term, []).append((position, weight))
    found = []
    for one in ones:
        cosine: Counter[int] = Counter()
        for term, weight in one.items():
            for position, theirs in places.get(term, ()):
                cosine[position] += weight * theirs  # type: ignore[assignment]
        found.append(sorted(p for p, c in cosine.items() if c >= alike))
    return found


def stars(near: Sequence[Sequence[int]], people: Sequence[str], least: int = 1) -> list[Group]:
    """Groups of at least ``least`` distinct people, the largest first; nothing stands in two.

    ``near`` holds the neighbours of each text, itself among them; ``people`` who wrote it.
    """
    free = [True] * len(near)

    def size(centre: int) -> int:
        return len({people[p] for p in near[centre] if free[p]})

    heap = [(-size(centre), centre) for centre in range(len(near))]
    heapq.heapify(heap)
    groups = []
    while heap:
        claimed, centre = heapq.heappop(heap)
        if not free[centre] or (now := size(centre)) < least:
            continue
        if now < -claimed:  # neighbours were taken meanwhile: its turn may come later
            heapq.heappush(heap, (-now, centre))
            continue
        members = [centre, *(p for p in near[centre] if free[p] and p != centre)]
        groups.append(Group(tuple(members), now))
        for member in members:
            free[member] = False
    return groups
