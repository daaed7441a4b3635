"""What stands below a letter: signature separators, mobile footers, disclaimers, list footers.

Only what is marked as such is a signature. "Best regards, Ann" was written by Ann and stays.
"""

from __future__ import annotations

import re
from typing import Final

from mailflow.mail.footer_words import SENT
from mailflow.mail.quote_words import listed

MAX_LINE: Final = 400

_SENT_OPENERS: Final = listed(SENT)

_DEVICE: Final = re.compile(
    r"i(?:phon\w*|pad|pod|os|cloud)|android|samsung|galaxy|huawei|xiaomi|redmi|oppo|oneplus|pixel|honor|"
    r"motorola|nokia|lumia|lenovo|htc|xperia|sony|zte|realme|vivo|blackberry|palm|treo|windows|"
    r"outlook|\bgmail|google|yahoo|proton|tutanota|\btuta\b|mailbird|sparrow|spark|airmail|polymail|"
    r"newton|boxer|nine|aquamail|aqua mail|bluemail|blue mail|k-9|k9|fairemail|thunderbird|gmx|"
    r"web\.de|freenet|t-online|1&1|aol|mail\.ru|yandex|\bmail\b|e-mail app|mobile|mobil\w*|handy|"
    r"handheld|smartphone|phone|teléfono|móvil|movil|celular|cellulare|téléphone|portable|"
    r"telefon\w*|puhelim\w*|телефон\w*|мобильн\w*|почт[аыуе]|яндекс|мобільн\w*|смартфон\w*|планшет\w*|tablet\w*|tablette|device|dispositivo|"
    r"wireless|verizon|t-mobile|at&t|vodafone|orange|nextcloud|roundcube|superhuman|hey\.com|"
    r"wechat|qq|网易|手机|手機|邮箱|電話|电话|携帯|スマート|ヤフー|다음|네이버|휴대|zoho|workspace|mailspring|"
    r"poczt\w+|aplikac\w+|applicazione|aplicativo|aplicación|приложени\w+|アプリ|앱|갤럭시|seznam|libero|canary|edison|claws|evolution|mutt|postbox|macbook|\bmac\b|laptop|surface|gsm|pda|ipod|twobird|mimestream|shortwave",
    re.IGNORECASE,
)
# Turkish, Japanese and Korean put the verb at the end; Korean and Japanese write the device first.
_SENT_ENDINGS: Final = re.compile(
    r"(?:gönderildi|gönderilmiştir|から送信|より送信|で送信|から送信されました|에서 보냄|에서 보낸 메일|에서 보냈습니다|"
    r"에서 보낸 편지|보냄|传送|傳送|发送|發送|寄出|lähetetty|gesendet|verschickt|verzonden|versendet|küldve|を入手|가져오기|下载|다운로드)"
    r"[.。!]?\s*(?:[<(\[]https?://\S{0,200}|https?://\S{0,200})?$",
    re.IGNORECASE,
)
# Outlook's own short link behind a phrase with its name, whatever the language.
_OUTLOOK_LINK: Final = re.compile(
    r"^[^.?!:]{0,60}\bOutlook[^.?!:]{0,40}[<(\[]?https?://aka\.ms/\w{1,20}[>)\]]?$", re.IGNORECASE
)
_LINKS: Final = re.compile(r"[<(\[]{0,2}(?:https?://|mailto:)[^\s>)\]]{0,1000}[>)\]]{0,2}")

#: Openers that are footers whatever follows.
_WHOLE_FOOTER: Final = re.compile(
    r"^(?:sent (?:from|with|via|using|by) (?!.*\b(?:on|the|to|for|yesterday|today|love|courier|post|mail|e-mail|email|dhl|ups|fedex)\b)[^.,;:?!\s]{1,20}(?: [^.,;:?!\s]{1,20}){0,2}$|von unterwegs gesendet$|from my (?:i(?:phone|pad)|android|galaxy|pixel|blackberry|samsung)(?: \w{1,12}){0,2}$|(?:von|mit|aus) meine[mrn]\b.{1,50}(?:gesendet|geschickt|versendet|verschickt|geschrieben|getippt|versandt)$|von meine[mr] (?:i(?:phone|pad)|android|galaxy|samsung|huawei|handy|smartphone)$|\w{2,20} from (?:mobile|phone|ipad)$|"
    r"sent from my [^.,;:?!]{1,50}(?:[.,] (?:please |kindly )?(?:excuse|forgive|pardon|ignore|sorry)\b.{0,60})?$|get outlook for\b|sent from (?:mail for windows|yahoo|outlook|gmail|proton|samsung)|"
    r"download (?:the )?(?:all-new )?(?:aol|yahoo|outlook|gmail|hotmail)\b|"
    r"envoyé de mon\b|gesendet von meinem\b|von meinem .{1,40} gesendet|enviado desde mi\b|inviato da(?:l mio)? i(?:phone|pad)|"
    r"enviado do meu\b|verstuurd vanaf mijn\b|verzonden vanaf mijn\b|sendt fra min\b|skickat från min\b|"
    r"发自我的|發自我的|從我的 i|从我的 i|nutitelefonist|"
    r"please excuse (?:my |any |the )?(?:brevity|typos|typo|spelling|terseness|mistakes|errors)|excuse (?:my )?(?:brevity|typos)|"
    r"(?:sorry|apologies|pardon) (?:for|the|my|any) (?:the |any |my )?(?:brevity|typos|spelling|mistakes|terseness)|"
    r"bitte entschuldigen sie (?:die|etwaige|meine) (?:kürze|tippfehler)|entschuldige(?:n sie)? (?:die|meine) kürze|"
    r"excusez la brièveté|veuillez (?:pardonner|excuser) ma brièveté|disculpa(?:d|e)? (?:la|mi) brevedad|"
    r"perdonate la brevità|scusate la brevità|desculpe a brevidade|excuseer voor de beknoptheid|"
    r"простите за краткость|извините за краткость|proszę wybaczyć (?:moją )?lakoniczność|"
    r"virus-?free(?:\.|$)|no virus found in this|this e-?mail (?:has been|was|is) (?:checked|scanned) (?:for|by)|"
    r"diese e-?mail wurde (?:von avast|auf viren)|virenfrei(?:\.|$)|cet e-?mail a été vérifié|garanti sans virus|"
    r"libre de virus|privo di virus|este e-?mail foi (?:verificado|escaneado)|без вирусов|virusvrij|wolny od wirusów|"
    r"get your free .{0,40}mail|do you yahoo!\?|free email .{0,60}$)",
    re.IGNORECASE,
)


# "Envoyé par mail hier": sent by mail as anything is, and not from a program.
_BY_MAIL: Final = re.compile(
    r"\b(?:via|by|par|por|per|med|på|met|mit|with) (?:e-?)?mail\b(?! (?:app|for|pour|für|voor|per|para))"
)


def _host(link: re.Match[str]) -> str:
    """What a link says in a footer: "Sent using https://mail.example/" names its product there only."""
    bare = link.start() and link[0].startswith("http") and link.end() == len(link.string)
    alone = bare and len(link.string[: link.start()].split()) <= 2
    return " " + link[0].split("/")[2][:60] + " " if alone and link[0].count("/") >= 2 else " "


def is_mobile_footer(line: str) -> bool:
    """Whether ``line`` is what a client adds by itself: "Sent from my iPhone", in any language."""
    text = line.strip()
    if not 4 <= len(text) <= MAX_LINE:
        return False
    if _OUTLOOK_LINK.match(text):
        return True
    text = _LINKS.sub(_host, text).strip(" *_[]()<>\"'«»“”|-–—.!~‐").strip()
    folded = " ".join(text.casefold().split())
    if not 4 <= len(folded) <= 110:
        return False
    if _WHOLE_FOOTER.match(folded):
        return True
    if _BY_MAIL.search(folded):
        return False
    if folded.startswith(_SENT_OPENERS) and _DEVICE.search(folded):
        return _is_brief(folded)
    return bool(_SENT_ENDINGS.search(folded) and _DEVICE.search(folded)) and _is_brief(folded)


_SENTENCE: Final = re.compile(
    r"(?<!['’])\b(?:i|we|you|can|cannot|can't|does|doesn't|don't|did|will|won't|failed|fails|works|ich|kann|je|yo|is|are|was|were|has|have|had|it|he|she|they|but|not|never|ist|sind|war|hat|haben|nicht|est|sont|pas|es|son|era|não|niet)\b"
)


_LONE_LINK: Final = re.compile(
    r"^\W{0,3}(?:https?://|www\.)[^\s]{3,300}(?:\s?<[^<>\s]{3,500}>)?\W{0,3}$", re.IGNORECASE
)


def is_lone_link(line: str) -> bool:
    """Whether ``line`` is nothing but a link."""
    return bool(_LONE_LINK.match(line.strip()[:MAX_LINE]))


def _is_brief(folded: str) -> bool:
    """A footer is one phrase: few words, no sentence, no question."""
    if _SENTENCE.search(folded.replace("have been", "")):
        return False
    return len(folded.split()) <= 14 and "?" not in folded and ". " not in folded.replace("t. ", "")


_DISCLAIMER: Final = re.compile(
    r"confidential(?:ity)?\b.{0,60}(?:notice|note|statement|information|disclaimer)|"
    r"\bdisclaimer\b|intended (?:solely|only|exclusively) for|intended recipient|"
    r"(?:e-?mail|message|communication).{0,80}(?:confidential|privileged)|"
    r"(?:e-?mail|nachricht).{0,80}vertraulich|vertrauliche(?:n)? (?:und|oder|informationen)|"
    r"(?:message|courriel|e-?mail).{0,80}(?:confidentiel|destinataire)|"
    r"(?:mensaje|correo|mensagem|messaggio|e-?mail).{0,120}(?:confidencial|riservat|confidenziali|privilegiad)|"
    r"(?:e-?mail|bericht).{0,80}(?:vertrouwelijk|uitsluitend bestemd)|"
    r"(?:wiadomoś(?:ć|ci)|e-?mail).{0,80}(?:poufn|przeznaczon)|(?:e-?post\w{0,2}|melding\w{0,2}).{0,80}konfidensiel|(?:meddelande|mejl|e-?post|mail).{0,80}(?:konfidentiel|fortrolig|sekretess)|"
    r"(?:viesti|sähköposti).{0,80}luottamuksel|(?:zpráva|e-?mail).{0,80}důvěrn|(?:сообщение|письмо).{0,120}конфиденциальн|"
    r"(?:informazioni|comunicazione).{0,120}(?:riservat|destinat|confidenzial)|(?:mesaj|e-?posta|ileti).{0,80}gizli|機密|机密|기밀|"
    r"(?:e-?mail|üzenet|levél).{0,80}(?:bizalmas|kizárólag a címzett)|(?:mesaj|e-?mail).{0,80}(?:confiden[țţt]i|exclusiv destinatar)|"
    r"μήνυμα.{0,80}(?:εμπιστευτικ|αποκλειστικά για τον)|(?:邮件|郵件).{0,40}(?:保密|仅限|僅限|僅供)|(?:메일|메시지).{0,60}(?:비밀|지정된 수신인|수신인만)|"
    r"(?:лист|повідомлення).{0,80}(?:конфіденц|виключно для)|(?:správa|e-?mail).{0,80}dôvern|(?:poruka|sporočilo|e-?mail).{0,80}(?:povjerljiv|poverljiv|zaupn)|"
    r"הודעה.{0,60}(?:סודי|לנמען)|(?:الرسالة|البريد).{0,60}(?:سري|للمرسل إليه)|aviso de confiden|reglamento.{0,120}le informamos que sus datos|"
    r"n'imprimez ce|tänk på miljön|zanim wydrukujesz|wydruk tej wiadomości|ennen kuin tulostat|før du (?:printer|udskriver|skriver ut)|yazdırmadan önce|"
    r"think before you print|consider the environment|before printing|avant d'imprimer|bevor sie .{0,30}ausdrucken|"
    r"antes de imprimir|prima di stampare|denk aan het milieu|"
    r"questo messaggio e'? stato analizzato|analizzato con|mailscanner|clicca qui per segnalarlo",
    re.IGNORECASE,
)


#: One of these stands in every disclaimer; looked for first, because that is cheap.
_DISCLAIMER_WORDS: Final = (
    "onfiden",
    "disclaim",
    "intended",
    "privileg",
    "vertrau",
    "vertrouw",
    "uitsluitend",
    "destinata",
    "riservat",
    "poufn",
    "przeznaczon",
    "fortrolig",
    "sekretess",
    "luottamuksel",
    "důvěrn",
    "конфиденц",
    "gizli",
    "機密",
    "机密",
    "기밀",
    "before print",
    "before you print",
    "the environment",
    "ausdrucken",
    "d'imprimer",
    "n'imprimez",
    "på miljön",
    "wydruk",
    "tulostat",
    "før du",
    "yazdır",
    "konfidens",
    "bizalmas",
    "címzett",
    "destinatar",
    "εμπιστευτικ",
    "αποκλειστικ",
    "保密",
    "仅限",
    "僅限",
    "僅供",
    "비밀",
    "수신인",
    "конфіденц",
    "виключно",
    "dôvern",
    "povjerljiv",
    "poverljiv",
    "zaupn",
    "סודי",
    "לנמען",
    "سري",
    "للمرسل",
    "le informamos",
    "de imprimir",
    "stampare",
    "milieu",
    "analizzato",
    "mailscanner",
    "clicca",
)


# What a legal footer speaks of, one expression for each matter.
_LEGAL: Final = tuple(
    re.compile(words)
    for words in (
        # secret
        r"confiden|vertraulich|vertrouwelijk|privileg|riservat|poufn|konfiden|fortrolig|sekretess|luottamuks|důvěrn|dôvern|конфиденц|конфіденц|gizli|"
        r"bizalmas|εμπιστευτικ|povjerljiv|poverljiv|zaupn|機密|机密|机密|保密|기밀|비밀|סודי|سري",
        # for whom
        r"recipient|addressee|individual or entity|intended (?:solely|only|exclusively)|addressed|empfänger|adressat|destinat|geadresseerde|adresat|mottagar|mottaker|modtager|vastaanottaj|adresát|"
        r"адресат|получател|alıcı|kişi|címzett|παραλήπτ|primatelj|prejemnik|primaoc|宛先|受信者|收件人|发送给|수신인|수신자|נמען|للمرسل إليه",
        # nobody else
        r"\b(?:solely|exclusively|sole use)\b|ausschließlich|exclusi[vf]|esclusiv|uitsluitend|wyłącznie|endast|\bkun for\b|ainoastaan|\bvain\b|výhradn|výlučne|исключительно|виключно|"
        r"yalnızca|sadece|kizárólag|αποκλειστικ|isključivo|izključno|のみ|仅|僅",
        # what is in it
        r"informatie|information|informaci|informazion|informação|informações|informacj|informasjon|oplysning|tietoa|attachment|anhang|anhäng|anlagen|pièces? jointe|adjunt|allegat|bijlage|załącznik|"
        r"bilag|bilaga|bifogad|vedlegg|liite|příloh|príloh|вложени|приложени|ekleri|\bekler\b|添付|附件|첨부|정보|情報|信息",
        # what to do, and what not
        r"in error|by mistake|par erreur|por error|por equivocación|per errore|por engano|irrtümlich|versehentlich|fehler erhalten|omyłkow|przez pomyłkę|av misstag|ved en fejl|ved en feil|vahingossa|omylem|по ошибке|yanlışlıkla|誤って|误|잘못|"
        r"delet|destroy|notify|prohibit|unauthori[sz]|disclos|dissemin|vernicht|löschen|informieren|détrui|interdit|elimin|borr|prohibid|vietat|cancell|distrugg|verwijder|verboden|"
        r"usun|zabronion|radera|slet|poista|smaž|vymaž|удал|запрещ|siliniz|yasak|削除|删除|刪除|삭제|apagar|proibid|"
        # by which law
        r"legally|\blaw\b|rechtlich|gesetzlich|legalmente|secreto profesional|prawnie|lagligt|законодательств|2016/679",
    )
)
#: Footers that need no second matter.
_FOOTER_ALONE: Final = re.compile(
    r"disclaimer|confidentiality (?:notice|note|statement)|before printing (?:this|it)|before you print|environment|d'imprimer|n'imprimez|ausdrucken|antes de imprimir|prima di stampare|milieu|"
    r"på miljön|wydrukujesz|wydruk tej|tulostat|før du|yazdırmadan|analizzato|mailscanner|clicca qui|aviso de confiden|le informamos que sus datos"
)


def is_disclaimer(line: str) -> bool:
    """Whether ``line`` opens a legal or environmental footer."""
    text = " ".join(line[: 2 * MAX_LINE].strip("*_ ").split())[:MAX_LINE].casefold()
    if len(text) < 12 or not any(word in text for word in _DISCLAIMER_WORDS):
        return False
    return bool(_DISCLAIMER.search(text))


def is_legal_footer(paragraph: str) -> bool:
    """Whether a paragraph opens a legal footer beyond doubt: nobody speaks in it, and two of its matters are named.

    "The error message contains confidential data" names one, and was written by a customer.
    """
    if not is_disclaimer(paragraph):
        return False
    text = " ".join(paragraph.split())[: 2 * MAX_LINE].casefold()
    if _OWN_VOICE.search(text):
        return False
    return bool(_FOOTER_ALONE.search(text)) or sum(bool(one.search(text)) for one in _LEGAL) >= 2


_HEADING: Final = re.compile(
    r"^[\s*_#-]{0,6}(?:legal |e-?mail )?(?:disclaimer|confidentiality(?: notice| note)?|haftungsausschluss|"
    r"hinweis|avertissement|aviso legal|avviso|nota legale)\s?:?[\s*_#-]{0,6}$",
    re.IGNORECASE,
)


def is_disclaimer_heading(line: str) -> bool:
    """Whether ``line`` is nothing but the heading above a disclaimer."""
    return bool(_HEADING.match(line[:80]))


_BANNER: Final = re.compile(
    r"(?:e-?mail|message|sender|nachricht|mail|courriel|correo|mensaje).{0,60}(?:originated|came|comes|is|was sent|sent|received) (?:from )?(?:an |a )?(?:outside|external)|"
    r"(?:external|outside)[ -](?:e-?mail|sender|message|source)|^\W{0,6}external\W{0,6}$|don(?:'|’)t often get e-?mail from|"
    r"(?:e-?mail|nachricht|mail).{0,40}(?:von extern|externen? (?:absender|quelle)|außerhalb)|"
    r"(?:courriel|message|e-?mail).{0,60}(?:externe|extérieur)|(?:correo|mensaje|mensagem|messaggio).{0,60}(?:extern|fuera de|fora d|estern)|"
    r"(?:e-?mail|bericht).{0,60}van buiten|do not click (?:on )?(?:any )?links or open",
    re.IGNORECASE,
)


# What gateways put there themselves: Microsoft's link in every language, Proofpoint's marks, a lone tag.
_MARKED_BANNER: Final = re.compile(
    r"aka\.ms/learnaboutsenderidentification|zjqcmqryfpfptbanner|message is from an (?:external|untrusted) sender|"
    r"^you have not previously corresponded with this sender|"
    r"^\W{0,6}(?:extern\w{0,2}|externe?[sn]? (?:e-?mail|nachricht|mail)|courriel externe|correo externo|外部メール|社外メール|외부 ?메일|外部邮件|外部郵件)\W{0,6}$",
    re.IGNORECASE,
)
# In other languages a word of warning and the outside: either alone stands in many a letter.
_ALERT: Final = re.compile(
    r"^\W{0,6}(?:achtung|vorsicht|warnung|hinweis|attention|avertissement|aviso|atención|advertencia|precaución|attenzione|avviso|atenção|"
    r"let op|waarschuwing|uwaga|ostrzeżenie|obs|varning|advarsel|bemærk|merk|varoitus|huomio|huom|upozornění|pozor|upozornenie|внимание|"
    r"осторожно|предупреждение|увага|dikkat|uyarı|注意|警告|주의|외부|外部|【|caution|warning|external)",
    re.IGNORECASE,
)
_OUTSIDE: Final = re.compile(
    r"(?:mail|messaggio|mensagem|correo|mensaje|courriel).{0,80}(?:estern|fora d|fuera d|extern|extérieur)|(?:wiadomość|mail).{0,60}(?:spoza|zewnętrzn)|"
    r"(?:mejl|e-?post\w{0,3}|mail|meddeland\w{1,2}|besked|melding\w{0,2}).{0,60}(?:extern|ekstern|utanför|utenfor|uden for|udefra)|"
    r"(?:viesti|sähköposti).{0,60}ulko|(?:mail|zpráva|správa).{0,60}(?:vnějšk|mimo |zvenčí|zvonku)|(?:письмо|сообщение|лист|повідомлення).{0,60}(?:внешн|извне|зовнішн)|"
    r"(?:e-?posta|ileti|mesaj).{0,60}(?:dışı|harici|dış )|(?:メール|メッセージ).{0,30}(?:外部|社外)|(?:邮件|郵件).{0,20}(?:外部|组织外|組織外)|(?:메일|메시지).{0,30}외부",
    re.IGNORECASE,
)
#: A person speaks: no gateway and no lawyer says "I", and none speaks of "your mail".
_OWN_VOICE: Final = re.compile(
    r"^(?:your|ihre?|votre|vos|tu|su|sus|il (?:tuo|vostro)|la (?:tua|vostra)|uw|jullie)\s|"
    r"\b(?:i'(?:m|ve|d|ll)|i (?:am|was|have|had|get|got|need|want|would|do|did|don't|can|cannot|can't|could|see|think|know|received|sent|write|wrote|"
    r"tried|use|like|hope|will|should|just|still|also|never|found|bought|ordered|asked|wait|printed|print|read)|my|ich|mir|mich|mein\w{0,2}|"
    r"j'ai|je (?:suis|ne|n|vous|veux|voudrais|souhaite|reçois|peux|dois)|mon|yo|mi|ik|mijn|mij|meu|minha|mio|mia)\b(?!-)",
    re.IGNORECASE,
)


def is_banner(paragraph: str) -> bool:
    """Whether the first paragraph is the warning a mail gateway puts on top of outside mail."""
    text = " ".join(paragraph.split())
    if not 4 <= len(text) <= 500 or _OWN_VOICE.search(text):
        return False
    if _MARKED_BANNER.search(text) or (len(text) >= 8 and _BANNER.search(text)):
        return True
    return "?" not in text and bool(_ALERT.match(text) and _OUTSIDE.search(text))


def is_asked(line: str) -> bool:
    """Whether ``line`` asks something, other than whether a mail must be printed: no footer does."""
    return "?" in line[:MAX_LINE] and not _PRINT.search(line[:MAX_LINE]) and "://" not in line


_PRINT: Final = re.compile(
    r"\bprint|drucken|imprim|stampar|afdrukken|drukowa|skriv\w? ut|udskriv|tulost|печат|yazdır",
    re.IGNORECASE,
)
_CONTACT: Final = re.compile(
    r"\b(?:tel|phone|telefon|téléphone|teléfono|telefono|mobile?|mobil|cell|fax|direct|office)\b\.?\s?[:.)+]?\s{0,4}[+(\d]",
    re.IGNORECASE,
)


def is_contact_line(line: str) -> bool:
    """Whether ``line`` names a telephone as signatures do."""
    return bool(_CONTACT.search(line[:MAX_LINE]))


_BARE_CONTACT: Final = re.compile(
    r"^\W{0,6}(?:e-?mail\W{1,3})?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\W{0,3}$|^\W{0,6}\+[\d ()/.-]{7,25}$",
    re.IGNORECASE,
)
MAX_CARD_LINE: Final = 50


def is_card(lines: list[str]) -> bool:
    """Whether lines are a visiting card: short, no sentence, and an address or a telephone alone on one."""
    said = [line.strip() for line in lines if line.strip()]
    return any(_BARE_CONTACT.match(line[:MAX_LINE]) for line in said) and not any(
        len(line) > MAX_CARD_LINE or line.endswith((".", "?", "!", ":", ",")) for line in said
    )


# RFC 3676 4.3: "-- ". Editors strip the blank; a dash of any width means the same.
_SEPARATOR: Final = re.compile(
    r"^(?:- )?\s{0,3}[*_]{0,2}(?:--|—|–|―|‐‐|−−|--\s?--|__)[*_]{0,2}[ \t\u00a0]{0,4}$"
)
# Any drawn line; U+1427 is what a Gmail add-on leaves behind.
_DELIMITER: Final = re.compile(
    r"^\s{0,8}(?:([-_=*+~#.•—–─━^])(?:\s?\1){1,}|[-—–](?:[-—–]){3,60}|ᐧ|—|–)\s{0,8}$"
)


def is_separator(line: str) -> bool:
    """The line that separates a signature from the text."""
    return bool(_SEPARATOR.match(line[:80]))


def is_drawn_separator(line: str) -> bool:
    """A separator of four dashes, with which people also divide their text (a rule in Markdown)."""
    return is_separator(line) and line.count("-") >= 4


def is_delimiter(line: str) -> bool:
    """A line that consists of bars, dots or stars alone."""
    return bool(_DELIMITER.match(line[:300]))


_FOOTER_WORDS: Final = re.compile(
    r"unsubscribe|mailing list|listinfo|mailing-list|mail-archive|abmelden|désinscri|désabonn|darse de baja|"
    r"cancelar (?:la )?suscrip|disiscri|uitschrijven|wypisz|avregistrera|afmeld|отписаться|退订|配信停止|수신거부|"
    r"view (?:it|this) (?:on|email|message)|reply to this e-?mail|"
    r"you received this (?:message|email|mail)|you are receiving this|manage your (?:subscription|preferences)|"
    r"privacy policy|this e-?mail was sent to|sent to you by",
    re.IGNORECASE,
)


def is_footer_line(line: str) -> bool:
    """Whether ``line`` belongs to what list managers and web services append."""
    return bool(_FOOTER_WORDS.search(line[:MAX_LINE].casefold()))
