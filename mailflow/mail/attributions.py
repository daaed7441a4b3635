"""The words that stand before quoted mail, per language: attributions, header blocks, dividers.

``is_attribution`` judges one candidate line (a wrapped attribution is joined before it is asked),
``header_label`` names the header field a line pretends to be, ``is_divider`` knows the lines that
begin an older message. All compare case-folded text, look at a bounded length and are linear.
"""

from __future__ import annotations

import re
from typing import Final

MAX_ATTRIBUTION: Final = 400  # characters of a joined attribution
MAX_HEADER_LINE: Final = 2_000

#: "wrote", as mail clients say it. Matched as whole words, case-folded.
WROTE_VERBS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("wrote", "writes", "has written", "said"),
    "de": ("schrieb", "schrieben", "geschrieben", "schreibt"),
    "fr": ("a écrit", "a ecrit", "écrit", "écrivait", "as écrit"),
    "es": ("escribió", "escribio", "escribe", "ha escrito"),
    "it": ("ha scritto", "scrisse", "scrive", "hai scritto"),
    "pt": ("escreveu", "escreve"),
    "nl": ("schreef", "geschreven", "schrijft"),
    "pl": ("napisał", "napisała", "napisał(a)", "napisał/a", "napisali", "pisze"),
    "sv, da, nb": ("skrev", "skreiv", "skriver", "har skrevet"),
    "fi": ("kirjoitti", "kirjoittaa"),
    "cs, sk": ("napsal", "napsala", "napsal(a)", "píše", "napísal", "napísala", "napísal(a)"),
    "ru": ("написал", "написала", "написал(а)", "написали", "пишет", "писал", "писал(а)"),
    "uk": ("написав", "написала", "написав(ла)", "пише", "писав"),
    "be, bg": ("напісаў", "напісаў(-ла)", "написа"),
    "tr": ("yazdı", "yazdi", "yazmış"),
    "hu": ("írta", "ezt írta", "írt"),
    "ro": ("a scris", "scris"),
    "el": ("έγραψε", "έγραψεν"),
    "hr, sr, sl": (
        "napisao",
        "napisala je",
        "je napisao/la",
        "napisao/la",
        "napisal/-a",
        "је написао",
        "je napisao",
        "je napisal",
    ),
    "et, lv, lt": ("kirjutas", "rakstīja", "rašė", "parašė"),
    "ca, eu, gl": ("va escriure", "ha escrit", "idatzi du", "escribiu"),
    "is, fo": ("skrifaði", "ritaði"),
    "he": ("כתב", "כתבה", "מאת"),
    "ar, fa": ("كتب", "كتبت", "نوشت"),
    "vi, id, th": ("đã viết", "menulis", "เขียน", "เขียนว่า"),
}

#: Languages that write without spaces: matched anywhere, near the end of the line.
WROTE_ENDINGS: Final[dict[str, tuple[str, ...]]] = {
    "zh": ("写道", "寫道", "写到", "写了", "寫了", "编写", "撰写", "的来信", "来信"),
    "ja": ("のメール", "書きました", "書き込みました", "書いた", "さんの書き込み", "のメッセージ"),
    "ko": (
        "작성",
        "쓴 글",
        "작성했습니다",
        "보냄",
        "씀",
        "썼습니다",
        "님이 작성",
        "보낸 메시지",
        "님의 말",
    ),
}

#: How an attribution begins when it begins with the date.
OPENERS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("on", "in message", "at"),
    "de": ("am", "in der nachricht", "um"),
    "fr": ("le", "en date de", "dans le message"),
    "es": ("el", "en fecha", "el día"),
    "it": ("il", "in data", "il giorno", "alle"),
    "pt": ("em", "no dia", "a", "às"),
    "nl": ("op",),
    "pl": ("w dniu", "dnia", "w wiadomości"),
    "sv, da, nb": ("den", "på", "d."),
    "fi": ("klo",),
    "cs, sk": ("dne", "dňa", "v"),
    "ru, uk": ("в", "от", "у", "від", "на"),
    "tr": ("tarihinde",),
    "ro": ("pe", "în data de"),
    "hu": ("ekkor", "dátum"),
    "el": ("στις", "την"),
    "ca, gl": ("el dia", "o", "a"),
    "zh": ("在", "于", "於"),
    "vi, id": ("vào", "pada"),
    "he, ar": ("ב-", "בתאריך", "في", "بتاريخ"),
}

#: Week days and months begin the attributions of Gmail in many languages.
_DAYS: Final = [
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mo",
    "di",
    "mi",
    "do",
    "fr",
    "sa",
    "so",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "lun",
    "mar",
    "mer",
    "jeu",
    "ven",
    "sam",
    "dim",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "mié",
    "jue",
    "vie",
    "sáb",
    "dom",
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
    "gio",
    "lunedì",
    "martedì",
    "mercoledì",
    "giovedì",
    "venerdì",
    "sabato",
    "domenica",
    "seg",
    "ter",
    "qua",
    "qui",
    "sex",
    "segunda",
    "terça",
    "quarta",
    "quinta",
    "sexta",
    "ma",
    "wo",
    "za",
    "zo",
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "zaterdag",
    "zondag",
    "pon",
    "wt",
    "śr",
    "czw",
    "pt",
    "sob",
    "niedz",
    "poniedziałek",
    "wtorek",
    "środa",
    "czwartek",
    "piątek",
    "sobota",
    "niedziela",
    "mån",
    "tis",
    "ons",
    "tors",
    "fre",
    "lör",
    "sön",
    "måndag",
    "tisdag",
    "onsdag",
    "torsdag",
    "fredag",
    "lördag",
    "söndag",
    "man",
    "tir",
    "tor",
    "lør",
    "søn",
    "mandag",
    "tirsdag",
    "lørdag",
    "søndag",
    "ke",
    "to",
    "pe",
    "la",
    "su",
    "maanantai",
    "tiistai",
    "keskiviikko",
    "torstai",
    "perjantai",
    "lauantai",
    "sunnuntai",
    "po",
    "út",
    "st",
    "čt",
    "pá",
    "ne",
    "pondělí",
    "úterý",
    "středa",
    "čtvrtek",
    "pátek",
    "neděle",
    "пн",
    "вт",
    "ср",
    "чт",
    "пт",
    "сб",
    "вс",
    "нд",
    "понедельник",
    "вторник",
    "среда",
    "четверг",
    "пятница",
    "суббота",
    "воскресенье",
    "pzt",
    "sal",
    "çar",
    "per",
    "cum",
    "cmt",
    "paz",
    "hétfő",
    "kedd",
    "szerda",
    "csütörtök",
    "péntek",
    "szombat",
    "vasárnap",
    "δευ",
    "τρί",
    "τετ",
    "πέμ",
    "παρ",
    "σάβ",
    "κυρ",
]

#: Whoever quotes without a date: "Quoting X", "Zitat von X". Only before quoted lines.
_QUOTING: Final = re.compile(
    r"^(?:quoting|zitat von|zitiere|citando(?: a)?|citation de|citerar|quoth|also sprach|"
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
_TIME: Final = re.compile(
    r"\b\d{1,2}\s?[:.h：時时]\s?\d{2}|[上下]午|오[전후]|\b\d{1,2}\s?[ap]\.?m\b"
)
_DAY_MONTH: Final = re.compile(r"\b\d{1,2}\.?\s?[^\W\d_]{3,12}\b|\b[^\W\d_]{3,12}\.?\s\d{1,2}\b")
_ADDRESS: Final = re.compile(r"[^\s<>\"@,;:()]{1,64}@[^\s<>\"@,;:()]{1,120}")
_BRACKETED: Final = re.compile(r"[<(\[][^<>()\s]{1,64}@[^<>()\s]{1,120}")
_LEADING_DATE: Final = re.compile(
    rf"^[\"'*_\s(\[]{{0,4}}(?:{_YEAR}[./年년-]|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}|\d{{4}}\s?년"
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
    r"^(.{10,300}?>\)?\s{0,3}[^\s:：]{1,16}(?:\s[^\s:：]{1,16})?\s?[:：])\s{1,8}\S"
)
# Name ---03.02.2016 09:15:00---first words of the old mail : Lotus Notes.
_NOTES: Final = re.compile(
    r"^[^\s-].{1,80}? -{3}\d{1,4}[./-]\d{1,2}[./-]\d{1,4} \d{1,2}:\d\d(?::\d\d)?.{0,6}-{3}"
)
# >>>>> "Name" == Name <a@b> writes: : Gnus with Supercite.
_SUPERCITE: Final = re.compile(r'^>{0,8}\s?"[^"]{1,80}" == ')

_VERB: Final = re.compile(
    r"(?<!\w)(?:"
    + "|".join(
        sorted(
            (re.escape(verb) for verbs in WROTE_VERBS.values() for verb in verbs),
            key=len,
            reverse=True,
        )
    )
    + r")(?!\w)"
)
_VERBS: Final = tuple(verb for verbs in WROTE_VERBS.values() for verb in verbs)
_CJK_VERBS: Final = tuple(verb for verbs in WROTE_ENDINGS.values() for verb in verbs)
_CJK_VERB: Final = re.compile(
    "|".join(re.escape(verb) for verbs in WROTE_ENDINGS.values() for verb in verbs)
)
_OPENER: Final = re.compile(
    r"^[\"'*_(\[\s]{0,4}(?:(?:"
    + "|".join(
        sorted(
            {re.escape(word) for words in OPENERS.values() for word in words}
            | {re.escape(day) for day in _DAYS},
            key=len,
            reverse=True,
        )
    )
    + r")(?![^\W_])|[在于於])"
)
_OWN_WORDS: Final = re.compile(
    r"\b(?:i|we|you|ich|wir|sie|du|je|nous|vous|tu|yo|usted|eu|você|jag|vi|jeg|ik|wij|u|я|мы|вы)\s+"
    r"(?:have\s+|avez\s+|haben\s+|har\s+)?(?:wrote|schrieb|schrieben|écrit|escreveu|skrev|schreef|написал|said)"
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
    opened = bool(_OPENER.match(folded) or _LEADING_DATE.match(folded))
    some_day = dated or (timed and bool(_DAY_MONTH.search(folded)))
    return addressed or (opened and some_day) or (some_day and timed)


def _could_end(text: str) -> bool:
    """Attributions that end in neither colon nor verb: Zoho's dashes, Gnus, Gmail of old."""
    return text[0] in '->"' or text[:2] in ("19", "20")


def _before_quote(folded: str, *, ends: bool, says: bool, when: bool, addressed: bool) -> bool:
    """The looser rule for a line right above quoted lines: one sign besides the colon is enough."""
    if _QUOTING.match(folded):
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


def names_field(line: str) -> bool:
    """Whether ``line`` looks like a header field, whatever its language: a short label and a value."""
    match = _HEADER.match(line[:MAX_HEADER_LINE])
    return match is not None and bool(match["value"].strip()) and len(match["label"].split()) <= 3


def is_framed(line: str) -> bool:
    """Words between dashes, as dividers are drawn in every language: ``-----邮件原件-----``."""
    return bool(_FRAMED.match(line.strip()[:120]))


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


def is_groupwise(line: str) -> bool:
    """Whether ``line`` is GroupWise's attribution, which begins as quoted lines do."""
    return bool(_GROUPWISE.match(line.strip()[:MAX_ATTRIBUTION]))


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


def begins_with_date(line: str) -> bool:
    """Whether ``line`` opens as dated attributions do: "On Mon, 3 …", "2016-03-03 …"."""
    folded = line.strip()[:120].casefold()
    if _LEADING_DATE.match(folded):
        return True
    return bool(_OPENER.match(folded)) and any(character.isdigit() for character in folded)


# ---------------------------------------------------------------------------------------------
# Header blocks: Outlook and many others put From/Sent/To/Subject above what they quote.

_LABELS: Final[dict[str, str]] = {
    # role: labels of all languages, case-folded, separated by "|"
    "from": "from|von|de|da|van|od|från|fra|lähettäjä|odesílatel|odosielateľ|от|від|kimden|gönderen|"
    "发件人|寄件者|寄件人|發件人|差出人|送信者|보낸 사람|보낸사람|feladó|expeditor|de la|από|из|מאת|من|từ|dari|"
    "expéditeur|remitente|mittente|afzender|avsändare|avsender|afsender|absender|nadawca|"
    "remetente|kimdən|šalje|pošiljatelj|saatja|siuntėjas|no|frá|از|จาก|发送者|from address",
    "date": "date|sent|datum|gesendet|gesendet am|envoyé|date d'envoi|envoyé le|fecha|enviado|"
    "enviado el|enviado em|enviada|enviada em|enviado a|data|data invio|inviato|inviato il|"
    "verzonden|verzonden op|data wysłania|wysłano|wysłane|dnia|skickat|skickat den|sendt|"
    "dato|lähetetty|päivämäärä|päiväys|pvm|odesláno|dátum|odoslané|дата|отправлено|отправлен|"
    "надіслано|gönderildi|gönderilme tarihi|gönderme tarihi|gönderim tarihi|tarih|发送时间|发送日期|日期|时间|寄件日期|發送時間|傳送時間|"
    "送信日時|日時|日付|보낸 날짜|보낸날짜|날짜|küldve|elküldve|изпратено|تاريخ الإرسال|תאריך שליחה|trimis|data|ημερομηνία|"
    "στάλθηκε|תאריך|נשלח|التاريخ|تاريخ|ngày|đã gửi|tanggal|dikirim|poslano|saadetud|išsiųsta|"
    "nosūtīts|sent at|sent on|وقت|ارسال شده|ส่ง|วันที่|发送|寄件時間|送信日|전송|发件时间|date de l'envoi",
    "to": "to|an|à|a|para|per|pour|naar|aan|do|till|til|vastaanottaja|komu|pro|кому|kime|alıcı|"
    "收件人|收件者|宛先|받는 사람|받는사람|címzett|către|catre|προς|אל|إلى|đến|kepada|destinataire|"
    "destinatario|destinatário|geadresseerde|mottagare|mottaker|modtager|empfänger|odbiorca|za|"
    "prima|kam|saaja|къом|до|к|به|ถึง|ontvanger|recipient|recipients",
    "cc": "cc|kopie|copie|copia|kopia|kopi|kopio|copie à|копия|копія|bilgi|抄送|副本|참조|"
    "másolat|κοιν|עותק|نسخة|bcc|cci|cco|ccn|dw|dk|udw|пв|cópia|kop|cópia para|kopie an|"
    "ב-cc|สำเนา|skrytá kopie|piilokopio|密送|숨은 참조|скрытая копия",
    "subject": "subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|aihe|"
    "otsikko|předmět|predmet|тема|konu|主题|主題|主旨|标题|件名|題名|제목|tárgy|subiect|θέμα|נושא|"
    "الموضوع|chủ đề|subjek|perihal|zadeva|teema|tema|efni|موضوع|เรื่อง|относно|subj|re",
    "reply-to": "reply-to|reply to|antwort an|antworten an|répondre à|responder a|rispondi a|"
    "risposta|beantwoorden|svar til|svara till|odpowiedz do|vastausosoite|odpovědět komu|"
    "ответить|返信先|回复|답장 받는 사람|responder para|antwoord aan|yanıtla",
    "other": "importance|wichtigkeit|priorité|importancia|attachments|anlagen|anhang|pièces jointes|"
    "adjuntos|allegati|bijlagen|anexos|załączniki|bilagor|vedlegg|liitteet|přílohy|вложения|"
    "附件|添付ファイル|첨부|resent-from|newsgroups|organization|x-mailer|message-id|posted at|"
    "priority|mailed-by|signed-by|security|reply-by|conversation|thread-topic|sensitivity|"
    "organisation|delivered-to|conversation-id|to list|list",
}
_ROLE_OF: Final[dict[str, str]] = {
    label.strip().casefold(): role
    for role, labels in reversed(_LABELS.items())
    for label in labels.split("|")
}
# "a", "de", "do", "no", "to" are also words; a colon right after a short label makes a header.
_HEADER: Final = re.compile(
    r"^[\s*_>\u200e\u200f\u202a-\u202e]{0,12}(?P<label>[^\s:：*_<>|][^:：*_<>|\n]{0,28}?)\s?[*_]{0,2}\s?[:：]\s?[*_]{0,2}(?P<value>.*)$"
)
_HAS_VALUE: Final = re.compile(r"\S")


def header_label(line: str) -> str:
    """The role (from, date, to, cc, subject, reply-to, other) of a header-like line, or ''."""
    start = line[:60]
    if ":" not in start and "：" not in start:
        return ""
    match = _HEADER.match(line[:MAX_HEADER_LINE])
    if match is None:
        return ""
    label = " ".join(match["label"].casefold().split()).replace("\u3000", "")
    return _ROLE_OF.get(label) or _ROLE_OF.get(label.replace(" ", "")) or ""


# ---------------------------------------------------------------------------------------------
# Dividers: lines that say "here begins an older message".

#: Phrases in a dashed line, or ended by a colon. Case-folded.
DIVIDER_PHRASES: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "original message",
        "original appointment",
        "original mail",
        "original email",
        "original e-mail",
        "forwarded message",
        "forwarded mail",
        "forwarded by",
        "begin forwarded message",
        "forwarded email",
        "reply message",
        "reply separator",
        "message from",
        "end of forwarded message",
        "forward message",
        "fwd",
        "replied message",
        "original",
    ),
    "de": (
        "ursprüngliche nachricht",
        "originalnachricht",
        "original-nachricht",
        "weitergeleitete nachricht",
        "anfang der weitergeleiteten nachricht",
        "ursprünglicher termin",
        "original nachricht",
        "originalmail",
        "weitergeleitet von",
        "weitergeleitete mail",
    ),
    "fr": (
        "message d'origine",
        "message original",
        "message initial",
        "message transféré",
        "début du message réexpédié",
        "début du message transféré",
        "message transmis",
        "mail original",
        "e-mail d'origine",
        "courriel original",
        "mail d'origine",
        "message réexpédié",
        "rendez-vous d'origine",
        "transféré par",
    ),
    "es": (
        "mensaje original",
        "mensaje reenviado",
        "inicio del mensaje reenviado",
        "mensaje enviado",
        "correo original",
        "cita original",
        "reenviado por",
        "comienzo del mensaje reenviado",
    ),
    "it": (
        "messaggio originale",
        "messaggio inoltrato",
        "inizio messaggio inoltrato",
        "messaggio originario",
        "appuntamento originale",
        "da inoltrare",
        "inizio del messaggio inoltrato",
        "original messaggio",
    ),
    "pt": (
        "mensagem original",
        "mensagem encaminhada",
        "início da mensagem reencaminhada",
        "início da mensagem encaminhada",
        "mensagem reencaminhada",
        "compromisso original",
        "e-mail original",
    ),
    "nl": (
        "oorspronkelijk bericht",
        "origineel bericht",
        "doorgestuurd bericht",
        "begin doorgestuurd bericht",
        "oorspronkelijke afspraak",
        "doorgezonden bericht",
        "oorspronkelijke bericht",
    ),
    "pl": (
        "wiadomość oryginalna",
        "oryginalna wiadomość",
        "treść przekazanej wiadomości",
        "wiadomość przekazana",
        "przekazana wiadomość",
        "początek przekazywanej wiadomości",
        "pierwotna wiadomość",
        "treść oryginalnej wiadomości",
        "wiadomość napisana przez",
    ),
    "sv": (
        "ursprungligt meddelande",
        "originalmeddelande",
        "vidarebefordrat meddelande",
        "vidarebefordrat brev",
        "ursprungligt mail",
        "vidarebefordrat mail",
        "det ursprungliga meddelandet",
    ),
    "da": (
        "oprindelig meddelelse",
        "original meddelelse",
        "videresendt meddelelse",
        "oprindelig besked",
        "videresendt besked",
        "start på videresendt besked",
        "videresendt mail",
        "original besked",
    ),
    "nb": (
        "opprinnelig melding",
        "original melding",
        "videresendt melding",
        "videresendt e-post",
        "start på videresendt melding",
        "opprinnelig e-post",
    ),
    "fi": (
        "alkuperäinen viesti",
        "välitetty viesti",
        "edelleenlähetetty viesti",
        "välitetty viesti alkaa",
        "alkuperäinen tapaaminen",
        "alkup. viesti",
    ),
    "cs, sk": (
        "původní zpráva",
        "přeposlaná zpráva",
        "přeposlaná zpráva začíná",
        "původní e-mail",
        "začátek přeposlané zprávy",
        "pôvodná správa",
        "preposlaná správa",
        "předaná zpráva",
        "začátek přeposílané zprávy",
    ),
    "ru, uk": (
        "исходное сообщение",
        "пересылаемое сообщение",
        "пересланное сообщение",
        "первоначальное сообщение",
        "оригинальное сообщение",
        "начало переадресованного сообщения",
        "начало пересланного сообщения",
        "конец пересылаемого сообщения",
        "оригінальне повідомлення",
        "переслане повідомлення",
        "початкове повідомлення",
        "исходное письмо",
    ),
    "tr": (
        "orijinal mesaj",
        "özgün ileti",
        "orijinal ileti",
        "iletilen mesaj",
        "yönlendirilen mesaj",
        "iletilmiş mesaj",
        "yönlendirilmiş ileti",
        "iletilen ileti",
        "asıl ileti",
        "ilk ileti",
    ),
    "hu": ("eredeti üzenet", "továbbított üzenet", "eredeti levél", "továbbított levél kezdete"),
    "ro": ("mesajul original", "mesaj original", "mesaj redirecționat", "mesaj inițial"),
    "el": ("αρχικό μήνυμα", "προωθημένο μήνυμα", "αρχικό μύνημα"),
    "hr, sl, sr": (
        "izvorna poruka",
        "originalna poruka",
        "proslijeđena poruka",
        "izvirno sporočilo",
        "posredovano sporočilo",
        "оригинална порука",
        "prvotno sporočilo",
    ),
    "ca, eu": (
        "missatge original",
        "missatge reenviat",
        "jatorrizko mezua",
        "missatge enviat originalment",
    ),
    "et, lv, lt": (
        "algne kiri",
        "algne sõnum",
        "edastatud kiri",
        "sākotnējais ziņojums",
        "pradinis pranešimas",
        "originalus laiškas",
        "persiųstas laiškas",
    ),
    "zh": (
        "原始邮件",
        "邮件原件",
        "郵件原件",
        "原始郵件",
        "原邮件",
        "转发邮件",
        "转发的邮件",
        "轉寄的郵件",
        "原文",
        "转发邮件信息",
        "回复的原邮件",
        "原始訊息",
        "轉寄郵件",
        "转发的信息",
        "原始信件",
        "回复的邮件",
    ),
    "ja": (
        "元のメッセージ",
        "元のメール",
        "転送メッセージ",
        "転送されたメッセージ",
        "転送されたメール",
        "オリジナルメッセージ",
        "original message",
        "原文",
        "転送メール",
        "元メール",
    ),
    "ko": (
        "원본 메시지",
        "원본 메일",
        "원본 이메일",
        "전달된 메시지",
        "전달된 메일",
        "원문",
        "원래 메시지",
        "원본메시지",
        "전달 메시지",
    ),
    "ar, he, fa": (
        "الرسالة الأصلية",
        "رسالة معاد توجيهها",
        "הודעה מקורית",
        "ההודעה המקורית",
        "הודעה שהועברה",
        "پیام اصلی",
    ),
    "vi, id, th": (
        "thư gốc",
        "tin nhắn gốc",
        "thư đã chuyển tiếp",
        "pesan asli",
        "pesan terusan",
        "ข้อความต้นฉบับ",
    ),
}
_PHRASES: Final = tuple(phrase for phrases in DIVIDER_PHRASES.values() for phrase in phrases)
_PHRASE_SET: Final = frozenset(_PHRASES)
_LONG_PHRASES: Final = tuple(
    phrase for phrase in _PHRASES if len(phrase) >= 8 or not phrase.isascii()
)
_BARS: Final = "-_=*+~#•·—–> <\t"

#: Desks ask people to write above a line; what is below is ours.
_ABOVE_LINE: Final = re.compile(
    r"^[\s>#=*_~\[—–-]{0,40}(?:please\s)?(?:(?:type|write|enter|reply|respond)\b.{0,40}\babove\b.{0,40}\bline\b"
    r"|(?:bitte\s)?(?:antworten|schreiben|antwort).{0,40}\b(?:oberhalb|über)\b.{0,40}\b(?:linie|zeile)\b"
    r"|.{0,30}\b(?:répondre|écrire|écrivez|répondez)\b.{0,30}\b(?:au-dessus|dessus)\b.{0,30}\bligne\b"
    r"|.{0,30}\b(?:responda|escriba|escribe)\b.{0,40}\b(?:encima|arriba|acima)\b.{0,30}\b(?:línea|linha)\b"
    r"|.{0,30}\b(?:boven|powyżej|ovanför|over|выше|yukarı)\w{0,4}\b.{0,30}\b(?:lijn|regel|linii|linje|linjen|линии|черты|satır)\w{0,4}\b)",
    re.IGNORECASE,
)


def is_divider(line: str) -> bool:
    """Whether ``line`` alone says that an older message begins: "-----Original Message-----"."""
    text = line.strip()[:200]
    if len(text) < 2 or not (text[0] in _BARS or text[-1] in ":：-_=*]" or "##" in text):
        return False
    core = text.strip(_BARS)
    dashed = len(text) - len(core) >= 4 and text[0] in "-_=*+~#•—–>"
    folded = core.casefold().rstrip(" :：").strip().strip("*_")
    if dashed and (folded in _PHRASE_SET or _dashed_phrase(folded)):
        return True
    if core.endswith((":", "：")) and folded in _LONG_PHRASE_SET:
        return True
    if folded in _LONG_PHRASE_SET and text.endswith(("----", "====", "____")):
        return True
    framed = dashed or "##" in text or (text[0] == "[" and text[-1] == "]")
    return framed and len(text) <= 160 and bool(_ABOVE_LINE.match(text))


_LONG_PHRASE_SET: Final = frozenset(_LONG_PHRASES)


def _dashed_phrase(folded: str) -> bool:
    """ "Original Message from X", "Forwarded by X on 3.4.16", in a dashed line."""
    return len(folded) <= 120 and folded.startswith(_LONG_PHRASES)


_FRAMED: Final = re.compile(r"^([-_=*~])\1{2,}\s?[^\s\d-].{1,60}?\s?\1{3,}$")
_RULE: Final = re.compile(r"^\s{0,8}(?:[-_=*~+#—–]\s?){5,}\s{0,8}$|^\s{0,8}[─━―‐]{3,}\s{0,8}$")


def is_rule(line: str) -> bool:
    """A drawn line: five or more of the same kind of bar and nothing else."""
    return bool(_RULE.match(line[:300]))
