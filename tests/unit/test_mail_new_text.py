"""What an author newly wrote, language by language and client by client."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.mail.html_text import html_to_text
from mailflow.mail.new_text import split_new_text

QUOTE = "> What is your order number?\n> Regards, the desk\n"

#: (language and client, the attribution as it stands in the mail)
ATTRIBUTIONS = [
    ("en gmail", "On Tue, Mar 3, 2026 at 9:15 AM Help Desk <help@desk.example> wrote:"),
    (
        "en gmail wrapped",
        "On Tue, Mar 3, 2026 at 9:15 AM A Very Long Desk Name Indeed <\nhelp@desk.example> wrote:",
    ),
    (
        "en gmail wrapped verb",
        "On Tue, Mar 3, 2026 at 9:15 AM A Very Long Desk Name <help@desk.example>\nwrote:",
    ),
    ("en apple", "On 3 Mar 2026, at 09:15, Help Desk <help@desk.example> wrote:"),
    ("en apple mac", "On Mar 3, 2026, at 9:15 AM, Help Desk <help@desk.example> wrote:"),
    ("en thunderbird", "On 03/03/2026 09:15, Help Desk wrote:"),
    ("en thunderbird iso", "On 2026-03-03 09:15, Help Desk wrote:"),
    ("en mutt", "On Tue, Mar 03, 2026 at 09:15:00AM +0100, Help Desk wrote:"),
    ("en gnus", "Help Desk <help@desk.example> writes:"),
    ("en proton", "On Tuesday, March 3rd, 2026 at 9:15 AM, Help Desk <help@desk.example> wrote:"),
    (
        "en proton old",
        "------- Original Message -------\nOn Tuesday, March 3rd, 2026 at 9:15 AM, Help Desk <help@desk.example> wrote:",
    ),
    (
        "en outlook.com mobile",
        'On Tue, Mar 3, 2026 at 9:15 AM +0100, "Help Desk" <help@desk.example> wrote:',
    ),
    (
        "en yahoo",
        "On Tuesday, March 3, 2026, 09:15:00 AM GMT+1, Help Desk <help@desk.example> wrote:",
    ),
    ("en zoho", "---- On Tue, 03 Mar 2026 09:15:00 +0100 Help Desk <help@desk.example> wrote ----"),
    ("en horde", "Quoting Help Desk <help@desk.example>:"),
    ("en bare", "Help Desk wrote:"),
    ("de gmail", "Am Di., 3. März 2026 um 09:15 Uhr schrieb Help Desk <help@desk.example>:"),
    ("de gmail old", "Am 3. März 2026 um 09:15 schrieb Help Desk <help@desk.example>:"),
    ("de inbox", "Help Desk <help@desk.example> schrieb am Di., 3. März 2026, 09:15:"),
    ("de apple", "Am 03.03.2026 um 09:15 schrieb Help Desk <help@desk.example>:"),
    ("de thunderbird", "Am 03.03.26 um 09:15 schrieb Help Desk:"),
    ("de gmx", "Am 03.03.2026 09:15:12 schrieb Help Desk:"),
    ("de horde", "Zitat von Help Desk <help@desk.example>:"),
    ("de k9", "Am 3. März 2026 09:15:12 MEZ schrieb Help Desk <help@desk.example>:"),
    ("fr gmail", "Le mar. 3 mars 2026 à 09:15, Help Desk <help@desk.example> a écrit :"),
    ("fr apple", "Le 3 mars 2026 à 09:15, Help Desk <help@desk.example> a écrit :"),
    ("fr thunderbird", "Le 03/03/2026 à 09:15, Help Desk a écrit :"),
    ("fr yahoo", "Le mardi 3 mars 2026 à 09:15:00 UTC+1, Help Desk <help@desk.example> a écrit :"),
    ("es gmail", "El mar, 3 mar 2026 a las 9:15, Help Desk (<help@desk.example>) escribió:"),
    ("es apple", "El 3 mar 2026, a las 9:15, Help Desk <help@desk.example> escribió:"),
    ("es thunderbird", "El 03/03/2026 a las 9:15, Help Desk escribió:"),
    (
        "es yahoo",
        "El martes, 3 de marzo de 2026, 09:15:00 CET, Help Desk <help@desk.example> escribió:",
    ),
    (
        "it gmail",
        "Il giorno mar 3 mar 2026 alle ore 09:15 Help Desk <help@desk.example> ha scritto:",
    ),
    ("it apple", "Il giorno 3 mar 2026, alle ore 09:15, Help Desk <help@desk.example> ha scritto:"),
    ("it thunderbird", "Il 03/03/2026 09:15, Help Desk ha scritto:"),
    ("pt gmail", "Em ter., 3 de mar. de 2026 às 09:15, Help Desk <help@desk.example> escreveu:"),
    ("pt apple", "Em 3 de mar. de 2026, à(s) 09:15, Help Desk <help@desk.example> escreveu:"),
    ("pt thunderbird", "Em 03/03/2026 09:15, Help Desk escreveu:"),
    ("pt PT", "Help Desk <help@desk.example> escreveu no dia terça, 3/03/2026 à(s) 09:15:"),
    ("nl gmail", "Op di 3 mrt 2026 om 09:15 schreef Help Desk <help@desk.example>:"),
    (
        "nl apple",
        "Op 3 mrt. 2026, om 09:15 heeft Help Desk <help@desk.example> het volgende geschreven:",
    ),
    ("nl thunderbird", "Op 03-03-2026 om 09:15 schreef Help Desk:"),
    ("nl old gmail", 'Op 3 mrt. 2026 09:15 schreef "Help Desk" <help@desk.example> het volgende:'),
    ("pl gmail", "wt., 3 mar 2026 o 09:15 Help Desk <help@desk.example> napisał(a):"),
    (
        "pl apple",
        "Wiadomość napisana przez Help Desk <help@desk.example> w dniu 03.03.2026, o godz. 09:15:",
    ),
    ("pl thunderbird", "W dniu 3.03.2026 o 09:15, Help Desk pisze:"),
    ("pl onet", "W dniu 2026-03-03 09:15:00 użytkownik Help Desk <help@desk.example> napisał:"),
    ("sv gmail", "Den tis 3 mars 2026 kl 09:15 skrev Help Desk <help@desk.example>:"),
    ("sv apple", "3 mars 2026 kl. 09:15 skrev Help Desk <help@desk.example>:"),
    ("sv thunderbird", "Den 2026-03-03 kl. 09:15, skrev Help Desk:"),
    ("da gmail", "Den tirs. 3. mar. 2026 kl. 09.15 skrev Help Desk <help@desk.example>:"),
    ("da apple", "Den 3. mar. 2026 kl. 09.15 skrev Help Desk <help@desk.example>:"),
    ("nb gmail", "tir. 3. mars 2026 kl. 09:15 skrev Help Desk <help@desk.example>:"),
    ("nb apple", "3. mars 2026 kl. 09:15 skrev Help Desk <help@desk.example>:"),
    ("nb thunderbird", "På 03.03.2026 09:15, skrev Help Desk:"),
    ("fi gmail", "ti 3. maalisk. 2026 klo 9.15 Help Desk (help@desk.example) kirjoitti:"),
    ("fi apple", "Help Desk <help@desk.example> kirjoitti 3.3.2026 kello 9.15:"),
    ("fi thunderbird", "Help Desk kirjoitti 3.3.2026 klo 9.15:"),
    ("cs gmail", "út 3. 3. 2026 v 9:15 odesílatel Help Desk <help@desk.example> napsal:"),
    ("cs apple", "3. 3. 2026 v 9:15, Help Desk <help@desk.example>:"),
    ("cs thunderbird", "Dne 03. 03. 26 v 9:15 Help Desk napsal(a):"),
    (
        "cs seznam",
        "---------- Původní e-mail ----------\nOd: Help Desk <help@desk.example>\nKomu: pat@customer.example\nDatum: 3. 3. 2026 9:15:12\nPředmět: Re: objednávka",
    ),
    ("ru gmail", "вт, 3 мар. 2026 г. в 09:15, Help Desk <help@desk.example>:"),
    ("ru gmail old", "3 марта 2026 г., 9:15 пользователь Help Desk <help@desk.example> написал:"),
    ("ru yandex", '03.03.2026, 09:15, "Help Desk" <help@desk.example>:'),
    ("ru mail.ru", "Вторник, 3 марта 2026, 9:15 +03:00 от Help Desk <help@desk.example>:"),
    ("ru apple", "3 марта 2026 г., в 9:15, Help Desk <help@desk.example> написал(а):"),
    ("ru thunderbird", "03.03.2026 9:15, Help Desk пишет:"),
    ("uk gmail", "вт, 3 бер. 2026 р. о 09:15 Help Desk <help@desk.example> пише:"),
    ("tr gmail", "Help Desk <help@desk.example>, 3 Mar 2026 Sal, 09:15 tarihinde şunu yazdı:"),
    ("tr apple", "Help Desk <help@desk.example> şunları yazdı (3 Mar 2026 09:15):"),
    ("tr thunderbird", "03.03.2026 09:15 tarihinde Help Desk yazdı:"),
    ("hu gmail", "Help Desk <help@desk.example> ezt írta (időpont: 2026. márc. 3., K, 9:15):"),
    ("ro gmail", "În mar., 3 mar. 2026 la 09:15, Help Desk <help@desk.example> a scris:"),
    ("el gmail", "Στις Τρί 3 Μαρ 2026 στις 9:15 π.μ., ο/η Help Desk <help@desk.example> έγραψε:"),
    ("ja gmail", "2026年3月3日(火) 9:15 Help Desk <help@desk.example>:"),
    ("ja apple", "2026/03/03 9:15、Help Desk <help@desk.example>のメール:"),
    ("ja thunderbird", "On 2026/03/03 9:15, Help Desk wrote:"),
    ("zh gmail", "Help Desk <help@desk.example> 于2026年3月3日周二 09:15写道："),
    ("zh apple", "在 2026年3月3日，上午9:15，Help Desk <help@desk.example> 写道："),
    ("zh-tw gmail", "Help Desk <help@desk.example> 於 2026年3月3日 週二 上午9:15寫道："),
    ("zh-tw apple", "Help Desk <help@desk.example> 於 2026年3月3日 上午9:15 寫道："),
    ("zh thunderbird", "在 2026/3/3 9:15, Help Desk 写道:"),
    ("ko gmail", "2026년 3월 3일 (화) 오전 9:15, Help Desk <help@desk.example>님이 작성:"),
    ("ko apple", "2026. 3. 3. 오전 9:15, Help Desk <help@desk.example> 작성:"),
    ("vi gmail", "Vào Th 3, 3 thg 3, 2026 vào lúc 09:15 Help Desk <help@desk.example> đã viết:"),
    ("old gmail", "2026-03-03 9:15 GMT+01:00 Help Desk <help@desk.example>:"),
    (
        "he gmail",
        "\u202bבתאריך יום ג׳, 3 במרץ 2026 ב-9:15 מאת \u202aHelp Desk\u202c\u200f <\u202ahelp@desk.example\u202c\u200f>:\u202c",
    ),
]

#: Attributions clear enough that what follows need not be marked with '>'.
CLEAR = [
    (name, line) for name, line in ATTRIBUTIONS if name not in ("en horde", "en bare", "de horde")
]


@pytest.mark.parametrize(("name", "attribution"), ATTRIBUTIONS, ids=[n for n, _ in ATTRIBUTIONS])
def test_the_attribution_and_the_quote_go(name: str, attribution: str) -> None:
    split = split_new_text(f"It is 4711.\n\nPat\n\n{attribution}\n\n{QUOTE}")
    assert split.new_text == "It is 4711.\n\nPat"
    assert attribution in split.hidden.quotes
    assert "> What is your order number?" in split.hidden.quotes


@pytest.mark.parametrize(("name", "attribution"), CLEAR, ids=[n for n, _ in CLEAR])
def test_a_quote_without_bars_goes_as_well(name: str, attribution: str) -> None:
    split = split_new_text(
        f"It is 4711.\n\n{attribution}\n\nWhat is your order number?\n\nThe desk\n"
    )
    assert split.new_text == "It is 4711."


@pytest.mark.parametrize(("name", "attribution"), ATTRIBUTIONS, ids=[n for n, _ in ATTRIBUTIONS])
def test_an_answer_below_the_quote_stays(name: str, attribution: str) -> None:
    split = split_new_text(f"{attribution}\n\n{QUOTE}\nIt is 4711.\n\nPat\n")
    assert split.new_text == "It is 4711.\n\nPat"


#: (client and language, the header block above the older message)
BLOCKS = [
    (
        "outlook en",
        "From: Help Desk <help@desk.example>\nSent: Tuesday, March 3, 2026 9:15 AM\nTo: Pat\nSubject: Re: Order",
    ),
    (
        "outlook en line",
        "________________________________\nFrom: Help Desk <help@desk.example>\nSent: Tuesday, March 3, 2026 9:15 AM\nTo: Pat\nSubject: Re: Order",
    ),
    (
        "outlook en original",
        "-----Original Message-----\nFrom: Help Desk [mailto:help@desk.example]\nSent: Tuesday, March 3, 2026 9:15 AM\nTo: Pat\nSubject: Re: Order",
    ),
    (
        "outlook en bold",
        "*From:* Help Desk <help@desk.example>\n*Sent:* Tuesday, March 3, 2026 9:15 AM\n*To:* Pat\n*Subject:* Re: Order",
    ),
    (
        "outlook mac",
        "From: Help Desk <help@desk.example>\nDate: Tuesday, 3 March 2026 at 09:15\nTo: Pat <pat@customer.example>\nSubject: Re: Order",
    ),
    (
        "outlook doubled lines",
        "From: Help Desk <help@desk.example>\n\nSent: Tuesday, March 3, 2026 9:15 AM\n\nTo: Pat\n\nSubject: Re: Order",
    ),
    (
        "outlook de",
        "Von: Help Desk <help@desk.example>\nGesendet: Dienstag, 3. März 2026 09:15\nAn: Pat\nBetreff: Re: Bestellung",
    ),
    (
        "outlook de original",
        "-----Ursprüngliche Nachricht-----\nVon: Help Desk [mailto:help@desk.example]\nGesendet: Dienstag, 3. März 2026 09:15\nAn: Pat\nBetreff: Re: Bestellung",
    ),
    (
        "gmx de",
        'Gesendet: Dienstag, 03. März 2026 um 09:15 Uhr\nVon: "Help Desk" <help@desk.example>\nAn: pat@customer.example\nBetreff: Re: Bestellung',
    ),
    (
        "outlook fr",
        "De : Help Desk <help@desk.example>\nEnvoyé : mardi 3 mars 2026 09:15\nÀ : Pat\nObjet : Re: Commande",
    ),
    (
        "outlook fr original",
        "-----Message d'origine-----\nDe : Help Desk [mailto:help@desk.example]\nEnvoyé : mardi 3 mars 2026 09:15\nÀ : Pat\nObjet : Re: Commande",
    ),
    (
        "outlook es",
        "De: Help Desk <help@desk.example>\nEnviado el: martes, 3 de marzo de 2026 9:15\nPara: Pat\nAsunto: Re: Pedido",
    ),
    (
        "outlook it",
        "Da: Help Desk <help@desk.example>\nInviato: martedì 3 marzo 2026 09:15\nA: Pat\nOggetto: Re: Ordine",
    ),
    (
        "outlook pt",
        "De: Help Desk <help@desk.example>\nEnviada em: terça-feira, 3 de março de 2026 09:15\nPara: Pat\nAssunto: Re: Pedido",
    ),
    (
        "outlook nl",
        "Van: Help Desk <help@desk.example>\nVerzonden: dinsdag 3 maart 2026 09:15\nAan: Pat\nOnderwerp: Re: Bestelling",
    ),
    (
        "outlook pl",
        "Od: Help Desk <help@desk.example>\nWysłano: wtorek, 3 marca 2026 09:15\nDo: Pat\nTemat: Re: Zamówienie",
    ),
    (
        "outlook sv",
        "Från: Help Desk <help@desk.example>\nSkickat: den 3 mars 2026 09:15\nTill: Pat\nÄmne: Re: Beställning",
    ),
    (
        "outlook da",
        "Fra: Help Desk <help@desk.example>\nSendt: 3. marts 2026 09:15\nTil: Pat\nEmne: Re: Ordre",
    ),
    (
        "outlook nb",
        "Fra: Help Desk <help@desk.example>\nSendt: tirsdag 3. mars 2026 09:15\nTil: Pat\nEmne: Re: Ordre",
    ),
    (
        "outlook fi",
        "Lähettäjä: Help Desk <help@desk.example>\nLähetetty: tiistai 3. maaliskuuta 2026 9.15\nVastaanottaja: Pat\nAihe: Re: Tilaus",
    ),
    (
        "outlook cs",
        "Od: Help Desk <help@desk.example>\nOdesláno: úterý 3. března 2026 9:15\nKomu: Pat\nPředmět: Re: Objednávka",
    ),
    (
        "outlook ru",
        "От: Help Desk <help@desk.example>\nОтправлено: 3 марта 2026 г. 9:15\nКому: Pat\nТема: Re: Заказ",
    ),
    (
        "outlook tr",
        "Kimden: Help Desk <help@desk.example>\nGönderildi: 3 Mart 2026 Salı 09:15\nKime: Pat\nKonu: Re: Sipariş",
    ),
    (
        "outlook ja",
        "差出人: Help Desk <help@desk.example>\n送信日時: 2026年3月3日 9:15\n宛先: Pat\n件名: Re: 注文",
    ),
    (
        "outlook zh",
        "发件人: Help Desk <help@desk.example>\n发送时间: 2026年3月3日 9:15\n收件人: Pat\n主题: Re: 订单",
    ),
    (
        "qq zh",
        '------------------ 原始邮件 ------------------\n发件人: "Help Desk" <help@desk.example>;\n发送时间: 2026年3月3日(星期二) 上午9:15\n收件人: "Pat"<pat@customer.example>;\n主题: Re: 订单',
    ),
    (
        "outlook zh-tw",
        "寄件者: Help Desk <help@desk.example>\n寄件日期: 2026年3月3日 上午 09:15\n收件者: Pat\n主旨: Re: 訂單",
    ),
    (
        "outlook ko",
        "보낸 사람: Help Desk <help@desk.example>\n보낸 날짜: 2026년 3월 3일 화요일 오전 9:15\n받는 사람: Pat\n제목: Re: 주문",
    ),
    (
        "gmail forward",
        "---------- Forwarded message ---------\nFrom: Help Desk <help@desk.example>\nDate: Tue, Mar 3, 2026 at 9:15 AM\nSubject: Order\nTo: <pat@customer.example>",
    ),
    (
        "gmail forward de",
        "---------- Forwarded message ---------\nVon: Help Desk <help@desk.example>\nDate: Di., 3. März 2026 um 09:15 Uhr\nSubject: Bestellung\nTo: <pat@customer.example>",
    ),
    (
        "apple forward",
        "Begin forwarded message:\n\nFrom: Help Desk <help@desk.example>\nSubject: Order\nDate: 3 March 2026 at 09:15:12 CET\nTo: pat@customer.example",
    ),
    (
        "apple forward de",
        "Anfang der weitergeleiteten Nachricht:\n\nVon: Help Desk <help@desk.example>\nBetreff: Bestellung\nDatum: 3. März 2026 um 09:15:12 MEZ\nAn: pat@customer.example",
    ),
    (
        "apple forward fr",
        "Début du message réexpédié :\n\nDe: Help Desk <help@desk.example>\nObjet: Commande\nDate: 3 mars 2026 à 09:15:12 UTC+1\nÀ: pat@customer.example",
    ),
    (
        "thunderbird forward",
        "-------- Forwarded Message --------\nSubject: Order\nDate: Tue, 3 Mar 2026 09:15:12 +0100\nFrom: Help Desk <help@desk.example>\nTo: pat@customer.example",
    ),
    (
        "thunderbird forward de",
        "-------- Weitergeleitete Nachricht --------\nBetreff: Bestellung\nDatum: Tue, 3 Mar 2026 09:15:12 +0100\nVon: Help Desk <help@desk.example>\nAn: pat@customer.example",
    ),
    (
        "samsung",
        "-------- Original message --------\nFrom: Help Desk <help@desk.example>\nDate: 03/03/2026 09:15 (GMT+01:00)\nTo: pat@customer.example\nSubject: Re: Order",
    ),
    (
        "lotus notes",
        "----- Forwarded by Pat/Customer on 03.03.2026 09:15 -----\n\nFrom: Help Desk/Desk\nTo: Pat/Customer\nDate: 03.03.2026 09:10\nSubject: Order",
    ),
    (
        "blackberry",
        "-----Original Message-----\nFrom: Help Desk <help@desk.example>\nDate: Tue, 3 Mar 2026 09:15:12\nTo: <pat@customer.example>\nSubject: Re: Order",
    ),
    ("groupwise", ">>> Help Desk <help@desk.example> 3/3/2026 9:15 AM >>>"),
    ("reply above", "--- Reply above this line ---"),
    (
        "above this line",
        "##- Please type your reply above this line -##\n\nYour request (4711) has been updated.",
    ),
]


@pytest.mark.parametrize(("name", "block"), BLOCKS, ids=[n for n, _ in BLOCKS])
def test_a_header_block_begins_the_older_message(name: str, block: str) -> None:
    split = split_new_text(
        f"It is 4711.\n\nPat\n\n{block}\n\nWhat is your order number?\n\nThe desk"
    )
    assert split.new_text == "It is 4711.\n\nPat"
    assert "What is your order number?" in split.hidden.quotes


@pytest.mark.parametrize(("name", "block"), BLOCKS[:-3], ids=[n for n, _ in BLOCKS[:-3]])
def test_a_forward_without_a_word_is_kept_whole(name: str, block: str) -> None:
    text = f"{block}\n\nPlease help me, my order never came.\n\nKim"
    assert "my order never came" in split_new_text(text).new_text


FOOTERS = [
    "Sent from my iPhone",
    "Sent from my iPad",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from Mail for Windows 10",
    "Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows",
    "Sent from Outlook Mobile<https://aka.ms/blhgte>",
    "Sent from Yahoo Mail on Android",
    "Sent from Yahoo Mail for iPhone",
    "Sent with Proton Mail secure email.",
    "Sent from Proton Mail for iOS",
    "Sent via the Samsung Galaxy S21 5G, an AT&T 5G smartphone",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Get Outlook for Android",
    "Sent from my Verizon, Samsung Galaxy smartphone",
    "Sent from my mobile device. Please excuse any typos.",
    "Von meinem iPhone gesendet",
    "Gesendet von meinem iPhone",
    "Von meinem Samsung Galaxy Smartphone gesendet.",
    "Gesendet mit der GMX Mail App",
    "Gesendet von Outlook für Android",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Holen Sie sich Outlook für iOS",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon appareil mobile Samsung.",
    "Envoyé à partir d’Outlook pour Android",
    "Télécharger Outlook pour iOS",
    "Enviado desde mi iPhone",
    "Enviado desde mi Samsung Galaxy",
    "Obtener Outlook para Android",
    "Inviato da iPhone",
    "Inviato dal mio dispositivo Samsung",
    "Scarica Outlook per iOS",
    "Enviado do meu iPhone",
    "Obter o Outlook para iOS",
    "Verstuurd vanaf mijn iPhone",
    "Verzonden vanaf mijn Samsung-apparaat",
    "Outlook voor Android downloaden",
    "Wysłane z iPhone'a",
    "Wysłano z telefonu Samsung Galaxy",
    "Pobierz aplikację Outlook dla systemu iOS",
    "Skickat från min iPhone",
    "Hämta Outlook för Android",
    "Sendt fra min iPhone",
    "Hent Outlook til iOS",
    "Lähetetty iPhonesta",
    "Hanki Outlook Androidille",
    "Odesláno z iPhonu",
    "Získat Outlook pro Android",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "Отправлено из Яндекс.Почты для мобильных устройств",
    "iPhone'umdan gönderildi",
    "Android için Outlook'u edinin",
    "iPhoneから送信",
    "Android 版 Outlook を入手",
    "发自我的iPhone",
    "从我的 iPhone 发送",
    "从我的华为手机发送",
    "從我的 iPhone 傳送",
    "获取 Outlook for iOS",
    "나의 iPhone에서 보냄",
    "Android용 Outlook 다운로드",
    "Sent via mobile",
    "Sent with Airmail",
    "Sent from Windows Mail",
    "<<sent by galaxy>>",
    "(Sent from mobile device)",
    "From my iPhone",
    "Sent from Front",
    "Get BlueMail for Android",
    "Sent securely with Proton Mail",
    "Von unterwegs gesendet",
    "Inviato da Posta per Windows",
    "Verzonden vanuit Mail voor Windows",
    "Skickades från E-post för Windows",
    "Windows 版のメールから送信",
    "Windows용 메일에서 보냄",
    "Secured with Tuta Mail: https://tuta.com",
]


@pytest.mark.parametrize("footer", FOOTERS)
def test_a_mobile_footer_is_a_signature(footer: str) -> None:
    split = split_new_text(f"It is 4711.\n\n{footer}\n")
    assert split.new_text == "It is 4711."
    assert footer in split.hidden.signature


@pytest.mark.parametrize("footer", FOOTERS)
def test_a_mobile_footer_above_the_quote_goes_too(footer: str) -> None:
    split = split_new_text(
        f"It is 4711.\n\n{footer}\n\nOn 3 Mar 2026, Desk <d@desk.example> wrote:\n{QUOTE}"
    )
    assert split.new_text == "It is 4711."
    assert footer in split.hidden.signature


#: Last lines of letters that name a device or a program, and were written by a person.
NO_FOOTERS = [
    "Try Windows 11", "Download the mobile app", "Powered by Windows Server 2022", "Sent by courier on Monday",
    "Sent from the wrong warehouse", "Von meinem alten Handy auf das neue", "Mit meinem Tablet und dem PC",
    "Outlook für Windows", "Outlook voor Mac", "Envoyé par mail hier", "Télécharger Windows", "Enviado por mail",
    "Inviato via mail", "Verzonden via mail", "Pobierz aplikację", "Skickat via mail", "Sendt på mail",
    "Telefonumdan giriş yapamıyorum", "iphoneから送信できません", "내 iphone", "갤럭시 S21", "samsung TV 55",
    "使用 Windows", "从 Windows 10 升级", "下载 Windows", "Az én telefonom: Nokia", "Get the iPhone version",
]  # fmt: skip


@pytest.mark.parametrize("line", NO_FOOTERS)
def test_a_last_line_about_a_device_is_no_footer(line: str) -> None:
    letter = f"Hello, my question is about this:\n\n{line}"
    assert split_new_text(letter).new_text == letter


DISCLAIMERS = [
    "This email and any attachments are confidential and intended solely for the use of the individual or entity to whom they are addressed. If you are not the intended recipient, please delete it.",
    "CONFIDENTIALITY NOTICE: The information in this message is privileged\nand intended only for the recipient named above.",
    "Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen. Wenn Sie nicht der\nrichtige Adressat sind, informieren Sie bitte den Absender und löschen Sie diese Mail.",
    "Ce message et toutes les pièces jointes sont confidentiels et établis à l'intention exclusive de ses destinataires. Si vous recevez ce message par erreur, merci de le détruire.",
    "Este mensaje y sus archivos adjuntos son confidenciales y se dirigen exclusivamente a su destinatario. Si lo ha recibido por error, elimínelo.",
    "Questo messaggio e i suoi allegati sono confidenziali e riservati al destinatario indicato. Chi lo avesse ricevuto per errore è pregato di cancellarlo.",
    "Please consider the environment before printing this e-mail.",
    "Denne e-posten kan inneholde konfidensiell informasjon. Dersom du ikke er rett mottaker, vennligst slett den.",
    "Ez az e-mail bizalmas információkat tartalmazhat, és kizárólag a címzettnek szól.",
    "Το παρόν μήνυμα είναι εμπιστευτικό και προορίζεται αποκλειστικά για τον παραλήπτη.",
    "本邮件及其附件含有保密信息，仅限于发送给上面地址中列出的个人或群组。",
    "본 메일에 포함된 정보는 비밀이거나 법적으로 보호받을 수 있습니다. 수신인이 아닌 경우 삭제해 주십시오.",
    "Táto správa je dôverná a je určená výhradne adresátovi.",
    "Pomyśl o środowisku, zanim wydrukujesz tę wiadomość.",
    "Aviso de confidencialidade: Esta mensagem destina-se exclusivamente ao seu destinatário.",
]

#: What customers write about such matters.
NO_DISCLAIMERS = [
    "Ich bitte um vertrauliche Behandlung dieser Nachricht.",
    "Este mensaje de error contiene datos confidenciales de otro cliente.\n\nGracias",
    "The intended recipient of parcel 4711 moved away. Please send it back.\n\nPat",
    "My e-mail with the privileged customer code was lost.\n\nPlease send it again.\n\nPat",
    "Questo messaggio di errore appare: area riservata non disponibile.\n\nGrazie",
    "Het bericht was uitsluitend bestemd voor mij, maar mijn buurman kreeg het.\n\nGroet",
    "Gemäß Art. 15 DSGVO (Verordnung (EU) 2016/679) verlange ich Auskunft über meine Daten.\n\nPat",
    "I printed the label before printing the invoice.",
    "機密文書の廃棄について質問があります。\n\nよろしくお願いします。",
]


@pytest.mark.parametrize("text", NO_DISCLAIMERS)
def test_who_writes_about_confidential_matters_is_heard(text: str) -> None:
    letter = f"Hello,\n\nthere is something wrong.\n\n{text}"
    assert split_new_text(letter).new_text == letter


@pytest.mark.parametrize("disclaimer", DISCLAIMERS)
def test_a_disclaimer_is_hidden(disclaimer: str) -> None:
    split = split_new_text(f"The printer is broken.\n\nPat\n\n{disclaimer}\n")
    assert split.new_text == "The printer is broken.\n\nPat"
    assert disclaimer.split("\n")[0] in split.hidden.signature


SIGNATURES = [
    "-- \nPat Example\nphone 123",
    "--\nPat Example\nphone 123",
    "—\nPat Example",
    "-- \n\nPat",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_what_stands_below_the_separator_is_the_signature(signature: str) -> None:
    split = split_new_text(f"It is 4711.\n\n{signature}\n")
    assert split.new_text == "It is 4711."
    assert "Pat" in split.hidden.signature


def test_a_card_below_a_drawn_line_is_the_signature() -> None:
    card = "—————\nPat Field\nProduct Manager\n📧 pat@field.example\n📱 +1 555-0123"
    split = split_new_text(f"It is 4711.\n\nCheers\nPat\n\n{card}\n")
    assert split.new_text == "It is 4711.\n\nCheers\nPat"
    assert split.hidden.signature == card


def test_what_is_told_below_a_drawn_line_is_text() -> None:
    text = "It is 4711.\n\n-----\nPlease write to this one as well:\n+49 40 5550123"
    assert split_new_text(text).new_text == text


def test_a_list_footer_below_hides_no_signature() -> None:
    footer = "_______________\nUsers mailing list\nhttps://lists.example/listinfo/users"
    split = split_new_text(f"It is 4711.\n\n----\nPat Field\nDirector\n\n{footer}\n")
    assert split.new_text == "It is 4711."


def test_lines_drawn_between_parts_of_a_text_separate_no_signature() -> None:
    text = "Our analysis:\n\nFigures\n----\n\n1. faster\n2. smaller\n\n----\n\nNot a signature.\n\n====\n\nNor is this."
    assert split_new_text(text).new_text == text


KEPT = [
    ("a sentence about writing", "On 3 March you wrote that it is done.\nIt is not."),
    ("what somebody wrote", "My boss wrote: please order ten.\n\nSo please order ten."),
    ("a date and a colon", "Here are the dates from 2026-03-03 on:\n\nMonday\nTuesday"),
    (
        "a travel request",
        "I would like to book:\n\nFrom: Berlin\nTo: Paris\nDate: 3 May 2026\n\nThanks",
    ),
    ("a heading", "Summary\n-------\n\nIt is broken."),
    ("a list", "Please send:\n\n- a pen\n- an apple\n\nThanks"),
    ("a dashed heading", "First part\n\n----- second part -----\n\nmore text of mine"),
    (
        "a sentence about sending",
        "Hello,\n\nSent from the warehouse yesterday, it never arrived. Where is it?",
    ),
    (
        "a sentence about a telephone",
        "Hello,\n\nSent from my desk, this is easier than on my mobile phone.",
    ),
    (
        "a paragraph about links",
        "Hello,\n\nI cannot open the links in the message from outside.\n\nPat",
    ),
    ("a confidential question", "Hello,\n\nThe report is confidential, who may read it?\n\nPat"),
    ("an e-mail in the text", "Please write to ann@customer.example:\nshe knows.\n\nPat"),
    ("code", "See this:\n\n```\n> not a quote\n-- \nFrom: x\n```\n\nDone."),
    ("only a quote", "> I quote myself\n> twice"),
    ("only a footer", "Sent from my iPhone"),
    ("a greeting and regards", "Hello,\n\nit works.\n\nBest regards\nAnn"),
    ("an emoji", "👍"),
    (
        "a log",
        "It says:\n\n2026-03-03 09:15:01 ERROR failed to start\n2026-03-03 09:15:02 ERROR gave up\n\nWhat now?",
    ),
    (
        "a mail log",
        "It says:\n\n2026-03-03 09:15:01 cannot send to kim@customer.example:\nconnection refused\n\nWhat now?",
    ),
    ("a markdown table", "Prices:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nok?"),
]


@pytest.mark.parametrize(("name", "text"), KEPT, ids=[n for n, _ in KEPT])
def test_ordinary_text_stays_whole(name: str, text: str) -> None:
    assert split_new_text(text).new_text == text


def test_answers_between_quotes_survive_with_what_they_answer() -> None:
    split = split_new_text(
        "Hi,\n\nOn 3 Mar 2026 Desk wrote:\n> Which size?\n\nLarge.\n\n> Which colour?\n\nRed.\n\n> Bye\n> Desk\n"
    )
    assert split.new_text == "Hi,\n\n> Which size?\n\nLarge.\n\n> Which colour?\n\nRed."
    assert "On 3 Mar 2026 Desk wrote:" in split.hidden.quotes


def test_a_greeting_above_and_the_answer_below_the_quote() -> None:
    split = split_new_text(f"Hi,\n\nOn 3 Mar 2026 Desk wrote:\n{QUOTE}\nIt is 4711.\n")
    assert split.new_text == "Hi,\n\nIt is 4711."


def test_a_list_footer_goes() -> None:
    split = split_new_text(
        "It is 4711.\n\n_______________________________________________\nusers mailing list\n"
        "users@lists.example\nhttps://lists.example/listinfo/users\n"
    )
    assert split.new_text == "It is 4711."


def test_yahoo_on_android_goes_on_in_the_line_of_the_attribution() -> None:
    split = split_new_text(
        "It is 4711.\n\nSent from Yahoo Mail on Android\n\n"
        "  On Tue, Mar 3, 2026 at 9:15, Help Desk<help@desk.example> wrote:   Hello Pat,\n\nwhich number?\n"
    )
    assert split.new_text == "It is 4711."


def test_a_scanner_signs_in_two_lines() -> None:
    split = split_new_text(
        "It is 4711.\n\nVirus-free.\nwww.avast.com <https://www.avast.com/sig>\n"
    )
    assert split.new_text == "It is 4711."


def test_the_warning_of_a_gateway_goes() -> None:
    split = split_new_text(
        "CAUTION: This email originated from outside of the organisation. Do not click links.\n\nIt is 4711.\n"
    )
    assert split.new_text == "It is 4711."


@pytest.mark.parametrize(
    "banner",
    [
        "[Vous ne recevez pas souvent de courriers de d@desk.example. https://aka.ms/LearnAboutSenderIdentification ]",
        "ATTENZIONE: questa e-mail proviene dall'esterno dell'organizzazione.",
        "UWAGA: Ta wiadomość pochodzi spoza organizacji. Nie klikaj w linki.",
        "ADVARSEL: Denne e-mail kommer fra en ekstern afsender.",
        "ВНИМАНИЕ: Это письмо получено от внешнего отправителя.",
        "DİKKAT: Bu e-posta kuruluş dışından gönderilmiştir.",
        "【注意】このメールは外部から送信されています。",
        "[Externe E-Mail]",
        "ZjQcmQRYFpfptBannerStart\nThis Message Is From an External Sender\n\nIt came from outside.\nZjQcmQRYFpfptBannerEnd",
    ],
)
def test_the_warning_of_a_gateway_in_other_languages(banner: str) -> None:
    assert split_new_text(f"{banner}\n\nIt is 4711.\n").new_text == "It is 4711."


@pytest.mark.parametrize(
    "text",
    [
        "Wiadomość od zewnętrznej firmy nie dotarła.\n\nCo teraz zrobić?",
        "Attention: my e-mail came back from an external server.\n\nWhat now?",
        "Письмо от внешнего партнёра не пришло.\n\nПомогите.",
    ],
)
def test_who_writes_about_the_outside_is_no_gateway(text: str) -> None:
    assert split_new_text(text).new_text == text


def test_the_heading_of_a_disclaimer_goes_with_it() -> None:
    split = split_new_text(
        "It is 4711.\n\nDisclaimer\n\nThis message is intended solely for the use of the recipient.\n"
    )
    assert split.new_text == "It is 4711."


def test_an_unfinished_angle_on_the_line_of_the_attribution() -> None:
    split = split_new_text(
        'Yes.\n\nAm 21.04.2026 17:48 schrieb "Desk" <desk@a-long-name.example\n>:\n\n> x\n'
    )
    assert split.new_text == "Yes."


HTML = [
    (
        "gmail",
        '<div dir="ltr">It is 4711.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, Mar 3, 2026 at 9:15 AM Desk &lt;<a href="mailto:d@desk.example">d@desk.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="border-left:1px solid">Which number?</blockquote></div>',
    ),
    (
        "apple",
        '<html><body>It is 4711.<br><div><br><blockquote type="cite"><div>On 3 Mar 2026, at 09:15, Desk &lt;d@desk.example&gt; wrote:</div><br><div>Which number?</div></blockquote></div></body></html>',
    ),
    (
        "thunderbird",
        '<p>It is 4711.</p><div class="moz-cite-prefix">Am 03.03.26 um 09:15 schrieb Desk:<br></div><blockquote type="cite" cite="mid:x">Which number?</blockquote>',
    ),
    (
        "yahoo",
        '<div>It is 4711.</div><div id="ydp1yahoo_quoted_1" class="yahoo_quoted"><div>On Tuesday, Desk wrote:</div><div>Which number?</div></div>',
    ),
    (
        "proton",
        '<div>It is 4711.</div><div class="protonmail_quote">On Tuesday, March 3rd, 2026, Desk wrote:<br><blockquote class="protonmail_quote" type="cite">Which number?</blockquote></div>',
    ),
    (
        "outlook web",
        '<div>It is 4711.</div><hr tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><b>Kellõ:</b> Desk<br><b>X:</b> y</div><div>Which number?</div>',
    ),
    (
        "outlook windows",
        '<div class="WordSection1"><p>It is 4711.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>Kto:</b> Desk<br></p></div><p>Which number?</p></div>',
    ),
    (
        "windows mail",
        '<p>It is 4711.</p><div style="BORDER-TOP: #b5c4df 1pt solid; BORDER-RIGHT: medium none"><p><b>Kto:</b> Desk</p></div><p>Which number?</p>',
    ),
    (
        "gmail between",
        '<div class="gmail_quote"><div class="gmail_attr">On Tue, Mar 3, 2026 Desk wrote:</div><blockquote class="gmail_quote">Which number?</blockquote><div>It is 4711.</div></div>',
    ),
    (
        "outlook 2003",
        '<p>It is 4711.</p><div class="OutlookMessageHeader"><hr>Desk</div><p>Which number?</p>',
    ),
    (
        "outlook ios",
        '<div>It is 4711.</div><div id="ms-outlook-mobile-signature">Get Outlook</div><div id="mail-editor-reference-message-container"><div>Desk</div><div>Which number?</div></div>',
    ),
    (
        "web.de",
        '<div>It is 4711.</div><div name="quote" style="border-left: 2px solid #C3D9E5;"><b>Gesendet:</b> 3. März 2026 09:15<br><b>Von:</b> d@desk.example<br><b>Betreff:</b> x<br>Which number?</div>',
    ),
    (
        "gmail signature",
        '<div>It is 4711.<br><div class="gmail_signature">Pat, Director</div></div>',
    ),
]


@pytest.mark.parametrize(("name", "html"), HTML, ids=[n for n, _ in HTML])
def test_the_html_structure_tells(name: str, html: str) -> None:
    split = split_new_text(html_to_text(html), html)
    assert split.new_text == "It is 4711."


def test_what_pgp_puts_around_a_signed_text_goes() -> None:
    split = split_new_text(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nIt is 4711.\n- -- \nAnn\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEB\n=abcd\n-----END PGP SIGNATURE-----\n"
    )
    assert split.new_text == "It is 4711."
    assert "iQEzBAEB" in split.hidden.signature


@pytest.mark.parametrize(
    "above", ["On Monday at 9:30 it is fine for me", "Ask Ann <ann@customer.example> instead"]
)
def test_a_line_right_above_an_attribution_is_kept(above: str) -> None:
    for attribution in (
        "On 3/3/26 09:14, Desk wrote:",
        "Desk <d@desk.example> writes:",
        "Desk wrote:",
    ):
        assert split_new_text(f"{above}\n{attribution}\n{QUOTE}").new_text == above


def test_supercite_names_the_author_on_each_line() -> None:
    split = split_new_text(
        '>>>>> "Help" == Help Desk <help@desk.example> writes:\n\n'
        "    Help> What is your order number?\n    Help> Regards\n\nIt is 4711.\n"
    )
    assert split.new_text == "It is 4711."


def test_the_html_structure_helps_a_text_part_that_wraps_otherwise() -> None:
    html = '<p>It is 4711, as I said before.</p><div id="divRplyFwdMsg">Desk, last Tuesday, about the order</div><p>Which number?</p>'
    text = "It is 4711,\nas I said before.\n\nDesk, last Tuesday,\nabout the order\n\nWhich number?"
    assert split_new_text(text, html).new_text == "It is 4711,\nas I said before."


def test_an_attribution_in_a_language_nobody_lists_is_told_by_the_html() -> None:
    html = (
        "<div>It is 4711.</div><div class=gmail_attr>Xyz 3 Foo 2026 via the Desk of Many Hands Helping qwert:</div>"
        "<blockquote class=gmail_quote>What is it?</blockquote>"
    )
    text = "It is 4711.\n\nXyz 3 Foo 2026 via the Desk of\nMany Hands Helping qwert:\n\n> What is\n> it?\n"
    assert split_new_text(text, html).new_text == "It is 4711."


def test_answers_between_the_blockquotes_of_html_survive() -> None:
    html = (
        '<div class="moz-cite-prefix">On 3 Mar 2026 Desk wrote:</div><blockquote type="cite">Which size?</blockquote>'
        '<p>Large.</p><blockquote type="cite">Which colour?</blockquote><p>Red.</p>'
    )
    new_text = split_new_text(html_to_text(html), html).new_text
    assert "Large." in new_text
    assert "Red." in new_text


HOSTILE = {
    "on": "On " * 30_000,
    "wrote": "On x wrote:\n" * 20_000,
    "quotes": ">" * 100_000,
    "quoted lines": "> x\n" * 100_000,
    "from": "From: a@b\n" * 50_000,
    "subject": "Subject: x\n\n" * 50_000,
    "dashes": "-- \n" * 60_000,
    "long": "a" * 2_000_000,
    "fences": "```\n" * 50_000,
    "angles": "<" * 200_000 + "\n" + "On 1 <\n" * 20_000,
    "blank": "\n" * 500_000,
    "spaces": " " * 500_000 + "x",
    "disclaimer": ("this message is confidential " * 10 + "\n\n") * 3_000,
    "sent": "Sent from my iPhone\n" * 30_000,
    "colons": "a: b: c:\n" * 50_000,
    "digits": "1. 2. 3. 4. 5. 6.\n" * 30_000,
    "names": "Kim Lee <a@b.test>\nwrote:\n" * 30_000,
    "forms": "From: a\nTo: b\nSubject: c\nColour: d\n" * 20_000,
    "brackets": "* Kim [2026-03-03 09:15 +0100]:\n" * 30_000,
    "armour": "-----BEGIN PGP SIGNATURE-----\nabc\n" * 30_000,
    "mixed": "On 2026-03-03 09:15\n> x\nSent from my\n-- \nFrom: a\n" * 6_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_bounded_time(name: str) -> None:
    started = time.process_time()
    split_new_text(HOSTILE[name])
    assert time.process_time() - started < 3


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "On 3 Mar 2026 A <a@b.example> wrote:",
                "> q",
                "",
                "text",
                "-- ",
                "```",
                "From: a@b.example",
                "Subject: x",
                "Date: y",
                "Sent from my iPhone",
                "-----Original Message-----",
                "____",
                "| x",
                ">",
                "\x00",
                "é\u200b",
            ]
        ),
        max_size=25,
    ),
    st.one_of(st.none(), st.just("<div id=divRplyFwdMsg>text</div><blockquote>q</blockquote>")),
)
def test_nothing_is_lost_and_nothing_left_empty(lines: list[str], html: str | None) -> None:
    text = "\n".join(lines)
    split = split_new_text(text, html)
    if text.strip():
        assert split.new_text.strip()
    shown = "\n".join((split.new_text, split.hidden.quotes, split.hidden.signature))
    for line in lines:
        if any(character.isalnum() for character in line):
            assert line.strip() in shown


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.one_of(st.none(), st.text(max_size=200)))
def test_any_text_can_be_split(text: str, html: str | None) -> None:
    split_new_text(text, html)


def test_a_line_that_a_sentence_announces_is_cited() -> None:
    cited = "I ask because your page promises:\n\n> Delivery within two days."
    assert split_new_text(cited).new_text == cited
    answered = f"It is 4711.\n\nOn 3 Mar 2026, Desk <d@desk.example> wrote:\n{QUOTE}"
    assert split_new_text(answered).new_text == "It is 4711."


def test_the_table_that_notes_drew_begins_the_older_message() -> None:
    table = (
        " " * 14
        + "Desk\n"
        + " " * 14
        + "<d@desk.example>"
        + " " * 40
        + "To\n"
        + " " * 40
        + "ann@x.example\n"
        + " " * 14
        + "03/03/2026 09:14"
        + " " * 41
        + "cc\n"
        + " " * 67
        + "Subject\n"
        + " " * 40
        + "Re: 4711\n"
    )
    assert split_new_text(f"It is 4711.\n\n\n{table}\n\nWhat is it?\n").new_text == "It is 4711."
