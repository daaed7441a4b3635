"""The words that mail clients put around what they quote, per language. Tables only, case-folded.

Each value is a list separated by ``|``; ``listed`` takes it apart.
"""

from __future__ import annotations

from typing import Final


def listed(table: dict[str, str]) -> tuple[str, ...]:
    """Every word of a table, in order, case-folded: "στις" folds to "στισ"."""
    return tuple(word.casefold() for words in table.values() for word in words.split("|"))


#: "wrote", matched as whole words.
WROTE_VERBS: Final[dict[str, str]] = {
    "en": "wrote|writes|has written|said",
    "de": "schrieb|schrieben|geschrieben|schreibt",
    "fr": "a écrit|a ecrit|écrit|écrivait|as écrit",
    "es": "escribió|escribio|escribe|ha escrito",
    "it": "ha scritto|scrisse|scrive|hai scritto",
    "pt": "escreveu|escreve",
    "nl": "schreef|geschreven|schrijft",
    "pl": "napisał|napisała|napisał(a)|napisał/a|napisali|pisze",
    "sv, da, nb": "skrev|skreiv|skriver|har skrevet",
    "fi": "kirjoitti|kirjoittaa",
    "cs, sk": "napsal|napsala|napsal(a)|píše|napísal|napísala|napísal(a)",
    "ru": "написал|написала|написал(а)|написали|пишет|писал|писал(а)",
    "uk": "написав|написала|написав(ла)|пише|писав",
    "be, bg": "напісаў|напісаў(-ла)|написа",
    "tr": "yazdı|yazdi|yazmış",
    "hu": "írta|ezt írta|írt",
    "ro": "a scris|scris",
    "el": "έγραψε|έγραψεν",
    "hr, sr, sl": "piše|написа|је написала|je napisala|napisala|napisao|napisala je|je napisao/la|napisao/la|napisal/-a|је написао|je napisao|je napisal",
    "et, lv, lt": "kirjutas|rakstīja|rašė|parašė",
    "ca, eu, gl": "va escriure|ha escrit|idatzi du|idatzi zuen|escribiu",
    "is, fo": "skrifaði|ritaði",
    "he": "כתב|כתבה|מאת",
    "ar, fa": "كتب|كتبت|نوشت",
    "vi, id, th": "đã viết|menulis|เขียน|เขียนว่า",
}

#: The same where words are written without spaces: matched near the end of the line.
WROTE_ENDINGS: Final[dict[str, str]] = {
    "zh": "写道|寫道|写到|写了|寫了|编写|撰写|的来信|来信",
    "ja": "のメール|書きました|書き込みました|書いた|さんの書き込み|のメッセージ",
    "ko": "작성|쓴 글|작성했습니다|보냄|씀|썼습니다|님이 작성|보낸 메시지|님의 말",
}

#: How an attribution begins when it begins with the date.
OPENERS: Final[dict[str, str]] = {
    "en": "on|in message|at",
    "de": "am|in der nachricht|um",
    "fr": "le|en date de|dans le message",
    "es": "el|en fecha|el día",
    "it": "il|in data|il giorno|alle",
    "pt": "em|no dia|a|às",
    "nl": "op",
    "pl": "w dniu|dnia|w wiadomości",
    "sv, da, nb": "den|på|d.",
    "fi": "klo",
    "cs, sk": "dne|dňa|v",
    "ru, uk": "в|от|у|від|на",
    "tr": "tarihinde",
    "ro": "pe|în|în data de",
    "hr, sr, sl": "dana|dne|у|u",
    "th": "เมื่อ|ในวันที่|วันที่",
    "hu": "ekkor|dátum",
    "el": "στις|την",
    "ca, gl": "el dia|o|a",
    "zh": "在|于|於",
    "vi, id": "vào|pada",
    "he, ar": "ב-|בתאריך|في|بتاريخ",
}

#: Week days that begin the attributions of Gmail in many languages.
DAYS: Final = [
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
    "ti",
    "tirs",
    "ut",
    "št",
    "pi",
    "uto",
    "sri",
    "čet",
    "pet",
    "sub",
    "ned",
    "tor",
    "sre",
    "mie",
    "joi",
    "vin",
    "sâm",
    "пон",
    "уто",
    "сре",
    "чет",
    "пет",
    "суб",
    "нед",
    "δευ",
    "τρί",
    "τετ",
    "πέμ",
    "παρ",
    "σάβ",
    "κυρ",
]

#: The fields of a header block: role to labels.
#: "a", "de", "do", "no" and "to" are words as well; a colon right behind makes them labels.
FIELD_LABELS: Final[dict[str, str]] = {
    "from": (
        "from|от кого|від кого|von|de|da|van|od|från|fra|lähettäjä|odesílatel|odosielateľ|от|від|kimden|gönderen|"
        "发件人|寄件者|寄件人|發件人|差出人|送信者|보낸 사람|보낸사람|feladó|expeditor|de la|από|из|מאת|من|từ|dari|"
        "expéditeur|remitente|mittente|afzender|avsändare|avsender|afsender|absender|nadawca|"
        "remetente|kimdən|šalje|pošiljatelj|saatja|siuntėjas|nuo|nork|no|frá|از|จาก|发送者|from address"
    ),
    "date": (
        "date|sent|datum|gesendet|gesendet am|envoyé|date d'envoi|envoyé le|fecha|enviado|"
        "enviado el|enviado em|enviada|enviada em|enviado a|data|data invio|inviato|inviato il|"
        "verzonden|verzonden op|data wysłania|wysłano|wysłane|dnia|skickat|skickat den|sendt|"
        "dato|lähetetty|päivämäärä|päiväys|pvm|odesláno|dátum|odoslané|дата|отправлено|отправлен|"
        "надіслано|gönderildi|gönderilme tarihi|gönderme tarihi|gönderim tarihi|tarih|发送时间|发送日期|"
        "日期|时间|寄件日期|發送時間|傳送時間|送信日時|日時|日付|보낸 날짜|보낸날짜|날짜|küldve|elküldve|изпратено|تاريخ الإرسال|"
        "תאריך שליחה|trimis|data|ημερομηνία|στάλθηκε|תאריך|נשלח|التاريخ|تاريخ|ngày|đã gửi|"
        "tanggal|dikirim|poslano|poslato|послато|enviat|enviat el|bidalia|bidaltze-data|data (bidalita)|saadetud|išsiųsta|nosūtīts|sent at|sent on|وقت|ارسال شده|ส่ง|"
        "วันที่|发送|寄件時間|送信日|전송|发件时间|date de l'envoi"
    ),
    "to": (
        "to|до кого|an|à|a|para|per|pour|naar|aan|do|till|til|vastaanottaja|komu|pro|кому|kime|alıcı|收件人|"
        "收件者|宛先|받는 사람|받는사람|címzett|către|catre|προς|אל|إلى|đến|kepada|destinataire|destinatario|"
        "destinatário|geadresseerde|mottagare|mottaker|modtager|empfänger|odbiorca|za|prima|kam|per a|nori|adressaat|kellele|"
        "saaja|къом|до|к|به|ถึง|ontvanger|recipient|recipients"
    ),
    "cc": (
        "cc|kopie|copie|copia|kopia|kopi|kopio|copie à|копия|копія|bilgi|抄送|副本|참조|másolat|κοιν|"
        "עותק|نسخة|bcc|cci|cco|ccn|dw|dk|udw|пв|cópia|kop|cópia para|kopie an|ב-cc|สำเนา|"
        "skrytá kopie|piilokopio|密送|숨은 참조|скрытая копия"
    ),
    "subject": (
        "subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|aihe|"
        "otsikko|předmět|predmet|тема|konu|主题|主題|主旨|标题|件名|題名|제목|tárgy|subiect|θέμα|נושא|الموضوع|"
        "chủ đề|subjek|gaia|tēma|assumpte|perihal|zadeva|teema|tema|efni|موضوع|เรื่อง|относно|subj|re"
    ),
    "reply-to": (
        "reply-to|reply to|antwort an|antworten an|répondre à|responder a|rispondi a|risposta|"
        "beantwoorden|svar til|svara till|odpowiedz do|vastausosoite|odpovědět komu|ответить|返信先|"
        "回复|답장 받는 사람|responder para|antwoord aan|yanıtla"
    ),
    "other": (
        "importance|wichtigkeit|priorité|importancia|attachments|anlagen|anhang|pièces jointes|"
        "adjuntos|allegati|bijlagen|anexos|załączniki|bilagor|vedlegg|liitteet|přílohy|вложения|"
        "附件|添付ファイル|첨부|resent-from|newsgroups|organization|x-mailer|message-id|posted at|priority|"
        "mailed-by|signed-by|security|reply-by|conversation|thread-topic|sensitivity|"
        "organisation|delivered-to|conversation-id|to list|list"
    ),
}

#: Labels that no header block in a reply has: of forms on web pages, of program files, of heads pasted whole.
FOREIGN_LABELS: Final[dict[str, str]] = {
    "forms": (
        "name|your name|full name|first name|last name|e-mail|email|e-mail address|email address|your email|phone|"
        "telephone|phone number|company|address|message|message body|your message|website|url|country|city|comments|"
        "vorname|nachname|ihr name|e-mail-adresse|telefon|telefonnummer|firma|anschrift|adresse|nachricht|"
        "ihre nachricht|mitteilung|kundennummer|nom|prénom|adresse e-mail|téléphone|société|message :|nombre|apellidos|"
        "correo|correo electrónico|teléfono|empresa|mensaje|nome|cognome|telefono|azienda|messaggio|telefone|mensagem|"
        "naam|e-mailadres|telefoonnummer|bedrijf|bericht|imię|imię i nazwisko|wiadomość|namn|meddelande|navn|besked|"
        "melding|nimi|puhelin|viesti|jméno|zpráva|имя|телефон|сообщение|ad soyad|telefon numarası|mesaj|"
        "お名前|氏名|メールアドレス|電話番号|お問い合わせ内容|姓名|电话|电子邮件|留言|이름|전화번호|문의 내용"
    ),
    "heads": (
        "received|return-path|delivered-to|envelope-to|mime-version|content-type|content-transfer-encoding|"
        "dkim-signature|arc-seal|authentication-results|received-spf|x-spam-status|x-received|user-agent"
    ),
}

#: Phrases in a dashed line, or ended by a colon, that begin an older message.
DIVIDER_PHRASES: Final[dict[str, str]] = {
    "en": (
        "original message|original appointment|original mail|original email|original e-mail|"
        "forwarded message|forwarded mail|forwarded by|begin forwarded message|forwarded email|"
        "reply message|reply separator|message from|end of forwarded message|forward message|fwd|"
        "replied message|original"
    ),
    "de": (
        "ursprüngliche nachricht|ursprüngliche mitteilung|originalnachricht|original-nachricht|weitergeleitete nachricht|"
        "anfang der weitergeleiteten nachricht|ursprünglicher termin|original nachricht|"
        "originalmail|weitergeleitet von|weitergeleitete mail"
    ),
    "fr": (
        "message d'origine|message original|message initial|message transféré|"
        "début du message réexpédié|début du message transféré|message transmis|mail original|"
        "e-mail d'origine|courriel original|mail d'origine|message réexpédié|"
        "rendez-vous d'origine|transféré par"
    ),
    "es": (
        "mensaje original|mensaje reenviado|inicio del mensaje reenviado|mensaje enviado|"
        "correo original|cita original|reenviado por|comienzo del mensaje reenviado"
    ),
    "it": (
        "messaggio originale|messaggio inoltrato|inizio messaggio inoltrato|messaggio originario|"
        "appuntamento originale|da inoltrare|inizio del messaggio inoltrato|original messaggio"
    ),
    "pt": (
        "mensagem original|mensagem encaminhada|início da mensagem reencaminhada|"
        "início da mensagem encaminhada|mensagem reencaminhada|compromisso original|"
        "e-mail original"
    ),
    "nl": (
        "oorspronkelijk bericht|origineel bericht|doorgestuurd bericht|"
        "begin doorgestuurd bericht|oorspronkelijke afspraak|doorgezonden bericht|"
        "oorspronkelijke bericht"
    ),
    "pl": (
        "wiadomość oryginalna|oryginalna wiadomość|treść przekazanej wiadomości|"
        "wiadomość przekazana|przekazana wiadomość|początek przekazywanej wiadomości|"
        "pierwotna wiadomość|treść oryginalnej wiadomości|wiadomość napisana przez"
    ),
    "sv": (
        "ursprungligt meddelande|originalmeddelande|vidarebefordrat meddelande|"
        "vidarebefordrat brev|ursprungligt mail|vidarebefordrat mail|det ursprungliga meddelandet"
    ),
    "da": (
        "oprindelig meddelelse|original meddelelse|videresendt meddelelse|oprindelig besked|"
        "videresendt besked|start på videresendt besked|videresendt mail|original besked"
    ),
    "nb": (
        "opprinnelig melding|original melding|videresendt melding|videresendt e-post|"
        "start på videresendt melding|opprinnelig e-post"
    ),
    "fi": (
        "alkuperäinen viesti|välitetty viesti|edelleenlähetetty viesti|välitetty viesti alkaa|"
        "alkuperäinen tapaaminen|alkup. viesti"
    ),
    "cs, sk": (
        "původní zpráva|přeposlaná zpráva|přeposlaná zpráva začíná|původní e-mail|"
        "začátek přeposlané zprávy|pôvodná správa|preposlaná správa|předaná zpráva|"
        "začátek přeposílané zprávy"
    ),
    "ru, uk": (
        "исходное сообщение|пересылаемое сообщение|пересланное сообщение|"
        "первоначальное сообщение|оригинальное сообщение|начало переадресованного сообщения|"
        "начало пересланного сообщения|конец пересылаемого сообщения|оригінальне повідомлення|"
        "переслане повідомлення|перенаправлене повідомлення|початкове повідомлення|исходное письмо"
    ),
    "tr": (
        "orijinal mesaj|özgün ileti|orijinal ileti|iletilen mesaj|yönlendirilen mesaj|"
        "iletilmiş mesaj|yönlendirilmiş ileti|iletilen ileti|asıl ileti|ilk ileti"
    ),
    "hu": "eredeti üzenet|továbbított üzenet|eredeti levél|továbbított levél kezdete",
    "ro": "mesajul original|mesaj original|mesaj redirecționat|mesaj inițial",
    "el": "αρχικό μήνυμα|προωθημένο μήνυμα|αρχικό μύνημα",
    "hr, sl, sr": (
        "izvorna poruka|originalna poruka|proslijeđena poruka|izvirno sporočilo|"
        "posredovano sporočilo|оригинална порука|prvotno sporočilo"
    ),
    "ca, eu": "missatge original|missatge reenviat|jatorrizko mezua|missatge enviat originalment",
    "et, lv, lt": (
        "algne kiri|algne sõnum|edastatud kiri|sākotnējais ziņojums|pradinis pranešimas|"
        "originalus laiškas|persiųstas laiškas"
    ),
    "zh": "原始邮件|邮件原件|郵件原件|原始郵件|原邮件|转发邮件|转发的邮件|轉寄的郵件|原文|转发邮件信息|回复的原邮件|原始訊息|轉寄郵件|转发的信息|原始信件|回复的邮件",
    "ja": "元のメッセージ|元のメール|転送メッセージ|転送されたメッセージ|転送されたメール|オリジナルメッセージ|original message|原文|転送メール|元メール",
    "ko": "원본 메시지|원본 메일|원본 이메일|전달된 메시지|전달된 메일|원문|원래 메시지|원본메시지|전달 메시지",
    "ar, he, fa": "الرسالة الأصلية|رسالة معاد توجيهها|הודעה מקורית|ההודעה המקורית|הודעה שהועברה|پیام اصلی",
    "vi, id, th": "thư gốc|tin nhắn gốc|thư đã chuyển tiếp|pesan asli|pesan terusan|ข้อความต้นฉบับ",
}
