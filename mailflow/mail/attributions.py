"""Attributions: the line before quoted mail that says who wrote it ("On …, X wrote:").

``is_attribution`` judges one candidate line (a wrapped attribution is joined before it is asked). All
compare case-folded text, look at a bounded length and are linear.
"""

from __future__ import annotations

import re
from typing import Final

from mailflow.mail.quote_words import DAYS, OPENERS, WROTE_ENDINGS, WROTE_VERBS, listed

MAX_ATTRIBUTION: Final = 400  # characters of a joined attribution

#: Whoever quotes without a date: "Quoting X", "Zitat von X". Only before quoted lines.
_QUOTING: Final = re.compile(
    r"^(?:quoting|excerpts from|thus spake|zitat von|zitiere|citando(?: a)?|citation de|citerar|quoth|also sprach|"
    r"in article|in message|cytuj[eę]|cytat z|cituji|quote from|mensagem de|ha escrit)\b"
)

# ---------------------------------------------------------------------------------------------
# Evidence: what a date and an address look like, whatever the language.

_YEAR: Final = r"(?:19|20)\d\d"
_DATE: Final = re.compile(
    rf"\b{_YEAR}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?\d{{1,2}}|\b\d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?\d{{2,4}}"
    rf"|\d{{4}}\s?[年년]|\b\d{{1,2}}[.,]?(?:\s(?:de|of))?\s?[^\W\d]{{3,12}}\.?,?(?:\s(?:de|del))?\s?'?(?:{_YEAR}|\d\d\b)"
    rf"|[^\W\d]{{3,12}}\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s{_YEAR}|\b\d{{1,2}}\s?月\s?\d{{1,2}}"
)
_WHOLE_DATE: Final = re.compile(
    rf"\b\d{{1,2}}\b.{{1,20}}\b{_YEAR}\b|\b{_YEAR}\b.{{1,20}}\b\d{{1,2}}\b|{_YEAR}年|\b25\d\d\b"
)
_TIME: Final = re.compile(
    r"\b\d{1,2}\s?[:.h：時时]\s?\d{2}|[上下]午|오[전후]|\b\d{1,2}\s?[ap]\.?m\b"
)
_DAY_MONTH: Final = re.compile(r"\b\d{1,2}\.?\s?[^\W\d_]{3,12}\b|\b[^\W\d_]{3,12}\.?\s\d{1,2}\b")
_ADDRESS: Final = re.compile(r"[^\s<>\"@,;:()]{1,64}@[^\s<>\"@,;:()]{1,120}")
_BRACKETED: Final = re.compile(r"[<(\[][^<>()\s]{1,64}@[^<>()\s]{1,120}")
_LEADING_DATE: Final = re.compile(
    rf"^[\"'*_\s(\[]{{0,4}}(?:{_YEAR}(?:[./年년-]|\(e\)ko)|\d{{1,2}}[./-]\s?\d{{1,2}}[./-]\s?\d{{2,4}}|\d{{4}}\s?년"
    r"|\d{1,2}[.,]?\s(?:de\s)?[^\W\d]{3,12}[.,]?\s|\d{1,2}:\d\d,|\d{1,2}月\d{1,2})"
)
# 2016-03-03 17:21 GMT+01:00 Some One — Gmail in most languages until 2018.
_OLD_GMAIL: Final = re.compile(
    rf"^{_YEAR}[-/]\d{{1,2}}[-/]\d{{1,2}}(?:\s+\d{{1,2}}:\d\d\s+(?:GMT|UTC)\s?[+-]\d|[\s,].{{0,120}}<[^<>\s]+@)",
    re.IGNORECASE,
)
# ---- On Tue, 22 Dec 2015 … wrote ---- : Zoho, in its users' languages.
_ZOHO: Final = re.compile(r"^-{2,6}\s?\S.{5,300}\S\s?-{2,6}$")
# >>> Name <a@b> 3/3/2026 9:15 AM >>> : GroupWise.
_GROUPWISE: Final = re.compile(r"^>>>\s?[^>\s].{5,300}\s?>>>$")
# … <a@b> wrote:   Hello — Yahoo on Android goes on in the same line.
_RUNS_ON: Final = re.compile(
    r"^(.{10,300}?>\)?\s{0,3}(?:[^\s:：]{1,16}(?:\s[^\s:：]{1,16})?)?\s?[:：])\s{1,8}\S"
)
# Name ---03.02.2016 09:15:00---first words of the old mail : Lotus Notes.
_NOTES: Final = re.compile(
    r"^[^\s-].{1,80}? -{3}\d{1,4}[./-]\d{1,2}[./-]\d{1,4} \d{1,2}:\d\d(?::\d\d)?.{0,6}-{3}"
)
# * Name <a@b> [2026-03-03 09:15 +0100]: : mutt as many of its users set it.
_BRACKETED_MOMENT: Final = re.compile(
    r"^\*?\s?[^\s\[\]()][^\[\]]{0,120}[\[(][^\[\]()]{6,60}[\])]\s?:$"
)
# >>>>> "Name" == Name <a@b> writes: : Gnus with Supercite.
_SUPERCITE: Final = re.compile(r'^>{0,8}\s?"[^"]{1,80}" == ')

_VERB: Final = re.compile(
    r"(?<!\w)(?:"
    + "|".join(sorted(map(re.escape, listed(WROTE_VERBS)), key=len, reverse=True))
    + r")(?!\w)"
)
_VERBS: Final = listed(WROTE_VERBS)
_CJK_VERBS: Final = listed(WROTE_ENDINGS)
_CJK_VERB: Final = re.compile("|".join(map(re.escape, listed(WROTE_ENDINGS))))
_OPENER: Final = re.compile(
    r"^[\"'*_(\[\s]{0,4}(?:(?:"
    + "|".join(
        sorted(
            {re.escape(word) for word in (*listed(OPENERS), *DAYS)},
            key=len,
            reverse=True,
        )
    )
    + r")(?![^\W_])|[在于於])"
)
_OWN_WORDS: Final = re.compile(
    r"\b(?:i|we|you|he|she|it|they|ich|wir|sie|er|du|je|nous|vous|il|elle|tu|yo|usted|él|ella|eu|você|jag|vi|jeg|ik|wij|u|я|мы|вы)\s+"
    r"(?:have\s+|avez\s+|haben\s+|har\s+)?(?:wrote|schrieb|schrieben|écrit|escreveu|skrev|schreef|написал|said)"
)


# How attributions begin that begin with a phrase: Apple in Polish, Gmail in Catalan.
_HEADS: Final = ("wiadomość napisana przez", "missatge de ", "mensagem de ", "message de ")
_SENTENCE: Final = re.compile(
    r"(?:^|\s)(?:my|our|your|his|their|mein\w*|unser\w*|ihre?[mnrs]?|euer|eure|mon|ma|notre|votre|vos|mi|nuestr[oa]|vuestr[oa]|su|"
    r"il (?:mio|nostro|vostro|suo)|la (?:mia|nostra|vostra|sua)|(?:o )?(?:meu|nosso|seu)|(?:a )?(?:minha|nossa|sua)|"
    r"mijn|onze|ons|uw|mitt|vår|vores|deres|mój|moja|nasz\w*|můj|moje|náš|мо[йяе]|наш\w*|ваш\w*)\s[^\W\d]"
    r"|\bsaid\b|\bto (?:me|us|you)\b|\b(?:mir|uns|ihnen)\b"
)
_DIGIT: Final = re.compile(r"\d")
_CUE: Final = re.compile(r'[\d@<"]')  # a moment, an address, or Supercite's quoted name
# Marks of writing direction that right-to-left clients put around names and addresses.
_INVISIBLE: Final = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def is_attribution(line: str, *, quote_follows: bool) -> bool:
    """Whether ``line`` introduces quoted mail ("On …, X wrote:").

    Where ``quote_follows`` is false (clients that do not mark what they quote) the line must carry
    a date or an address besides the verb, so that a sentence that says "wrote" is nobody's cue.
    """
    text = _INVISIBLE.sub("", line[: MAX_ATTRIBUTION + 50]).strip().strip("*_").strip()
    if not 6 <= len(text) <= MAX_ATTRIBUTION:
        return False
    folded = text.casefold()
    colon = text.endswith((":", "：", ":*", ":_", ";"))
    if not (quote_follows or colon or _could_end(text) or _verb_last(folded)):
        return False  # most lines of most mails end here, cheaply
    if _OLD_GMAIL.match(text) or _SUPERCITE.match(text):
        return True
    if _GROUPWISE.match(text):
        return "@" in text or bool(_DATE.search(folded))
    dated = bool(_DATE.search(folded))
    timed = bool(_TIME.search(folded))
    addressed = "@" in text and bool(_ADDRESS.search(text))
    says = bool(_VERB.search(folded))
    if not says and (found := _CJK_VERB.search(folded)):
        says = found.end() >= len(folded) - 4
    if _ZOHO.match(text):
        return says and (dated or addressed)
    ends = colon or (says and _verb_last(folded))
    if ends and dated and addressed and (says or (timed and _BRACKETED.search(text))):
        return True  # Gmail in languages that need no verb: date, time, name <address>:
    if quote_follows:
        return _before_quote(folded, ends=ends, says=says, when=dated or timed, addressed=addressed)
    if not (ends and says) or _OWN_WORDS.search(folded):
        return False
    if not addressed and _SENTENCE.search(folded):
        return False  # "Your technician wrote on 3 March at 9:14:" is somebody's sentence
    opened = bool(_OPENER.match(folded) or _LEADING_DATE.match(folded))
    some_day = dated or (timed and bool(_DAY_MONTH.search(folded)))
    return addressed or (opened and some_day) or (some_day and timed)


def _could_end(text: str) -> bool:
    """Attributions that end in neither colon nor verb: Zoho's dashes, Gnus, Gmail of old."""
    return text[0] in '->"' or text[:2] in ("19", "20")


def _before_quote(folded: str, *, ends: bool, says: bool, when: bool, addressed: bool) -> bool:
    """The looser rule for a line right above quoted lines: one sign besides the colon is enough."""
    if _QUOTING.match(folded) or (when and ends and _BRACKETED_MOMENT.search(folded)):
        return True
    if not ends:
        return (
            (says or addressed)
            and when
            and bool(_OPENER.match(folded) or _LEADING_DATE.match(folded))
        )
    return (
        says or addressed or (when and bool(_OPENER.match(folded) or _LEADING_DATE.match(folded)))
    )


def _verb_last(folded: str) -> bool:
    tail = folded[-24:].rstrip(" .:：*_-—")
    if tail.endswith(_CJK_VERBS):
        return True
    if not tail.endswith(_VERBS):
        return False
    return any(match.end() == len(tail) for match in _VERB.finditer(tail))


def has_cue(line: str) -> bool:
    """Whether ``line`` holds anything an attribution that no quote follows must have: cheap to ask."""
    return bool(_CUE.search(line))


def begins_with_attribution(line: str) -> bool:
    """Whether quoted text goes on in the line of its attribution: Yahoo on Android, Lotus Notes."""
    text = line.strip()[:MAX_ATTRIBUTION]
    if _NOTES.match(text):
        return True
    if "@" not in text or not begins_with_date(text):
        return False
    match = _RUNS_ON.match(text)
    return match is not None and is_attribution(match[1], quote_follows=False)


def is_angled(line: str) -> bool:
    """Whether ``line`` is an attribution that begins as quoted lines do: GroupWise, Supercite."""
    text = line.strip()[:MAX_ATTRIBUTION]
    return bool(_GROUPWISE.match(text) or _SUPERCITE.match(text))


def is_supercite(line: str) -> bool:
    """Whether ``line`` is Supercite's attribution, below which each line begins with the name."""
    return bool(_SUPERCITE.match(line.strip()[:MAX_ATTRIBUTION]))


def may_begin_attribution(line: str) -> bool:
    """Whether ``line`` can be the first line of an attribution that wraps."""
    text = _INVISIBLE.sub("", line[:MAX_ATTRIBUTION]).strip()
    folded = text.casefold()
    if "<" in text or ("@" in text and _ADDRESS.search(text)):
        return True
    if not _DIGIT.search(folded):
        return False
    if _LEADING_DATE.match(folded) or _OPENER.match(folded):
        return True
    return bool(_VERB.search(folded) and (_DATE.search(folded) or _TIME.search(folded)))


def is_verb(line: str) -> bool:
    """Whether ``line`` is nothing but the "wrote:" of an attribution."""
    folded = line[:60].casefold().strip().rstrip(" :：")
    return folded in _VERBS or folded in _CJK_VERBS


def is_dateline(line: str) -> bool:
    """Whether ``line`` is the day at the head of a letter: "Vienna, 3 March 2026"."""
    text = line.strip()
    return len(text) <= 60 and bool(_WHOLE_DATE.search(text)) and not _ADDRESS.search(text)


def has_head(text: str) -> bool:
    """Whether ``text`` begins with a phrase that only attributions begin with."""
    return text[:80].casefold().startswith(_HEADS)


def may_open(text: str) -> bool:
    """Whether ``text`` can be the first line of an attribution above a quote: a date, or verb and date."""
    folded = text[:MAX_ATTRIBUTION].casefold()
    if not _DIGIT.search(folded):
        return False
    dated = bool(_DATE.search(folded) or _TIME.search(folded) or _DAY_MONTH.search(folded))
    opened = bool(_LEADING_DATE.match(folded) or _OPENER.match(folded))
    return dated and (opened or bool(_VERB.search(folded)))


def opens_with_year(line: str) -> bool:
    """Whether ``line`` opens as an attribution does and holds a whole date: "Em qui, 3 de mar de 2016 às"."""
    text = line.strip()[:MAX_ATTRIBUTION]
    opened = begins_with_date(text) or text.startswith("----")
    return opened and bool(_WHOLE_DATE.search(text.casefold()))


def begins_with_date(line: str) -> bool:
    """Whether ``line`` opens as dated attributions do: "On Mon, 3 …", "2016-03-03 …"."""
    folded = line.strip()[:120].casefold()
    if _LEADING_DATE.match(folded):
        return True
    return bool(_OPENER.match(folded)) and any(character.isdigit() for character in folded)
