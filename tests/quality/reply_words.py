"""What mail clients say around a quote, per language; wordings of their own translations."""

from __future__ import annotations

_A = "Mia Keller <mia.keller@desk.example>"

#: What the customer writes: an answer, and one more sentence.
WORDS = {
    "en": (
        "Thank you, the second printer works now.\nThe first one still says error 12.",
        "Could you send me a new cable?",
    ),
    "de": (
        "Danke, der zweite Drucker geht jetzt.\nDer erste zeigt weiter Fehler 12 an.",
        "Können Sie mir ein neues Kabel schicken?",
    ),
    "fr": (
        "Merci, la deuxième imprimante fonctionne.\nLa première affiche toujours l'erreur 12.",
        "Pouvez-vous m'envoyer un nouveau câble ?",
    ),
    "es": (
        "Gracias, la segunda impresora ya funciona.\nLa primera sigue mostrando el error 12.",
        "¿Pueden enviarme un cable nuevo?",
    ),
    "it": (
        "Grazie, la seconda stampante ora funziona.\nLa prima mostra ancora l'errore 12.",
        "Potete mandarmi un cavo nuovo?",
    ),
    "pt": (
        "Obrigada, a segunda impressora já funciona.\nA primeira ainda mostra o erro 12.",
        "Podem enviar-me um cabo novo?",
    ),
    "nl": (
        "Bedankt, de tweede printer doet het nu.\nDe eerste geeft nog steeds fout 12.",
        "Kunt u mij een nieuwe kabel sturen?",
    ),
    "pl": (
        "Dziękuję, druga drukarka już działa.\nPierwsza nadal pokazuje błąd 12.",
        "Czy mogą Państwo przysłać nowy kabel?",
    ),
    "sv": (
        "Tack, den andra skrivaren fungerar nu.\nDen första visar fortfarande fel 12.",
        "Kan ni skicka en ny kabel?",
    ),
    "da": (
        "Tak, den anden printer virker nu.\nDen første viser stadig fejl 12.",
        "Kan I sende mig et nyt kabel?",
    ),
    "nb": (
        "Takk, den andre skriveren virker nå.\nDen første viser fortsatt feil 12.",
        "Kan dere sende meg en ny kabel?",
    ),
    "fi": (
        "Kiitos, toinen tulostin toimii nyt.\nEnsimmäinen näyttää yhä virheen 12.",
        "Voisitteko lähettää uuden johdon?",
    ),
    "cs": (
        "Děkuji, druhá tiskárna už funguje.\nPrvní stále hlásí chybu 12.",
        "Můžete mi poslat nový kabel?",
    ),
    "ru": (
        "Спасибо, второй принтер теперь работает.\nПервый всё ещё показывает ошибку 12.",
        "Можете прислать новый кабель?",
    ),
    "tr": (
        "Teşekkürler, ikinci yazıcı artık çalışıyor.\nBirincisi hâlâ hata 12 gösteriyor.",
        "Yeni bir kablo gönderebilir misiniz?",
    ),
    "ja": (
        "ありがとうございます。2台目のプリンターは動きました。\n1台目はまだエラー12が出ます。",
        "新しいケーブルを送っていただけますか。",
    ),
    "zh": (
        "谢谢，第二台打印机现在可以用了。\n第一台还是显示错误12。",
        "可以寄一根新的电缆给我吗？",
    ),
    "ko": (
        "감사합니다. 두 번째 프린터는 이제 됩니다.\n첫 번째는 아직 오류 12가 나옵니다.",
        "새 케이블을 보내 주실 수 있나요?",
    ),
}

#: What is quoted: two lines of the desk.
OLD = {
    "en": "Please switch both printers off and on again.\nDoes the error come back?",
    "de": "Bitte schalten Sie beide Drucker aus und wieder ein.\nKommt der Fehler wieder?",
    "fr": "Veuillez éteindre puis rallumer les deux imprimantes.\nL'erreur revient-elle ?",
    "es": "Apague y vuelva a encender las dos impresoras.\n¿Vuelve a salir el error?",
    "it": "Spenga e riaccenda le due stampanti.\nL'errore ritorna?",
    "pt": "Desligue e volte a ligar as duas impressoras.\nO erro volta a aparecer?",
    "nl": "Zet beide printers uit en weer aan.\nKomt de fout terug?",
    "pl": "Proszę wyłączyć i włączyć obie drukarki.\nCzy błąd powraca?",
    "sv": "Stäng av och sätt på båda skrivarna.\nKommer felet tillbaka?",
    "da": "Sluk og tænd begge printere igen.\nKommer fejlen tilbage?",
    "nb": "Slå begge skriverne av og på.\nKommer feilen tilbake?",
    "fi": "Sammuttakaa molemmat tulostimet ja käynnistäkää ne.\nTuleeko virhe takaisin?",
    "cs": "Vypněte a zapněte obě tiskárny.\nVrací se chyba?",
    "ru": "Выключите и снова включите оба принтера.\nОшибка появляется снова?",
    "tr": "Lütfen iki yazıcıyı da kapatıp açın.\nHata tekrar geliyor mu?",
    "ja": "両方のプリンターの電源を入れ直してください。\nエラーは再び出ますか。",
    "zh": "请把两台打印机关掉再打开。\n错误还会出现吗？",
    "ko": "두 프린터를 모두 껐다가 켜 주세요.\n오류가 다시 나오나요?",
}

GMAIL = {
    "en": f"On Mon, Mar 2, 2026 at 10:00\u202fAM {_A} wrote:",
    "de": f"Am Mo., 2. März 2026 um 10:00 Uhr schrieb {_A}:",
    "fr": f"Le lun. 2 mars 2026 à 10:00, {_A} a écrit :",
    "es": "El lun, 2 mar 2026 a las 10:00, Mia Keller (<mia.keller@desk.example>) escribió:",
    "it": f"Il giorno lun 2 mar 2026 alle ore 10:00 {_A} ha scritto:",
    "pt": f"Em seg., 2 de mar. de 2026 às 10:00, {_A} escreveu:",
    "nl": f"Op ma 2 mrt 2026 om 10:00 schreef {_A}:",
    "pl": f"pon., 2 mar 2026 o 10:00 {_A} napisał(a):",
    "sv": f"Den mån 2 mars 2026 kl 10:00 skrev {_A}:",
    "da": f"Den man. 2. mar. 2026 kl. 10.00 skrev {_A}:",
    "nb": f"man. 2. mars 2026 kl. 10:00 skrev {_A}:",
    "fi": "ma 2. maalisk. 2026 klo 10.00 Mia Keller (mia.keller@desk.example) kirjoitti:",
    "cs": f"po 2. 3. 2026 v 10:00 odesílatel {_A} napsal:",
    "ru": f"пн, 2 мар. 2026 г. в 10:00, {_A}:",
    "tr": f"{_A}, 2 Mar 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "ja": f"2026年3月2日(月) 10:00 {_A}:",
    "zh": f"{_A} 于2026年3月2日周一 10:00写道：",
    "ko": f"2026년 3월 2일 (월) 오전 10:00, {_A}님이 작성:",
}

APPLE = {
    "en": f"On 2 Mar 2026, at 10:00, {_A} wrote:",
    "de": f"Am 02.03.2026 um 10:00 schrieb {_A}:",
    "fr": f"Le 2 mars 2026 à 10:00, {_A} a écrit :",
    "es": f"El 2 mar 2026, a las 10:00, {_A} escribió:",
    "it": f"Il giorno 2 mar 2026, alle ore 10:00, {_A} ha scritto:",
    "pt": f"No dia 02/03/2026, às 10:00, {_A} escreveu:",
    "nl": f"Op 2 mrt. 2026, om 10:00 heeft {_A} het volgende geschreven:",
    "pl": f"Wiadomość napisana przez {_A} w dniu 2 mar 2026, o godz. 10:00:",
    "sv": f"2 mars 2026 kl. 10:00 skrev {_A}:",
    "da": f"Den 2. mar. 2026 kl. 10.00 skrev {_A}:",
    "nb": f"2. mars 2026 kl. 10:00 skrev {_A}:",
    "fi": f"{_A} kirjoitti 2.3.2026 kello 10.00:",
    "cs": f"2. 3. 2026 v 10:00, {_A}:",
    "ru": f"2 марта 2026 г., в 10:00, {_A} написал(а):",
    "tr": f"{_A} şunları yazdı (2 Mar 2026 10:00):",
    "ja": f"2026/03/02 10:00、{_A}のメール:",
    "zh": f"2026年3月2日 10:00，{_A} 写道：",
    "ko": f"2026. 3. 2. 오전 10:00, {_A} 작성:",
}

THUNDERBIRD = {
    "en": "On 3/2/26 10:00, Mia Keller wrote:",
    "de": "Am 02.03.26 um 10:00 schrieb Mia Keller:",
    "fr": "Le 02/03/2026 à 10:00, Mia Keller a écrit :",
    "es": "El 2/3/26 a las 10:00, Mia Keller escribió:",
    "it": "Il 02/03/26 10:00, Mia Keller ha scritto:",
    "pt": "Em 02/03/2026 10:00, Mia Keller escreveu:",
    "nl": "Op 02-03-2026 om 10:00 schreef Mia Keller:",
    "pl": "W dniu 2.03.2026 o 10:00, Mia Keller pisze:",
    "sv": "Den 2026-03-02 kl. 10:00, skrev Mia Keller:",
    "da": "Den 02-03-2026 kl. 10:00 skrev Mia Keller:",
    "nb": "Den 02.03.2026 10:00, skrev Mia Keller:",
    "fi": "Mia Keller kirjoitti 2.3.2026 klo 10.00:",
    "cs": "Dne 02. 03. 26 v 10:00 Mia Keller napsal(a):",
    "ru": "02.03.2026 10:00, Mia Keller пишет:",
    "tr": "2.03.2026 10:00 tarihinde Mia Keller yazdı:",
    "ja": "On 2026/03/02 10:00, Mia Keller wrote:",
    "zh": "在 2026/3/2 10:00, Mia Keller 写道:",
    "ko": "26. 3. 2. 10:00에 Mia Keller 이(가) 쓴 글:",
}

YAHOO = {
    "en": f"On Monday, March 2, 2026 at 10:00:00 AM GMT+1, {_A} wrote:",
    "de": f"Am Montag, 2. März 2026 um 10:00:00 MEZ hat {_A} Folgendes geschrieben:",
    "fr": f"Le lundi 2 mars 2026 à 10:00:00 UTC+1, {_A} a écrit :",
    "es": f"El lunes, 2 de marzo de 2026, 10:00:00 CET, {_A} escribió:",
    "it": f"Il lunedì 2 marzo 2026 alle ore 10:00:00 CET, {_A} ha scritto:",
    "pt": f"Em segunda-feira, 2 de março de 2026 às 10:00:00 BRT, {_A} escreveu:",
    "nl": f"Op maandag 2 maart 2026 om 10:00:00 CET schreef {_A}:",
    "pl": f"W dniu poniedziałek, 2 marca 2026 10:00:00 CET użytkownik {_A} napisał:",
    "sv": f"Den måndag 2 mars 2026 10:00:00 CET skrev {_A}:",
    "da": f"Den mandag den 2. marts 2026 10.00.00 CET skrev {_A}:",
    "nb": f"mandag 2. mars 2026 kl. 10:00:00 CET skrev {_A}:",
    "fi": f"maanantai 2. maaliskuuta 2026 klo 10.00.00 UTC+2 {_A} kirjoitti:",
    "cs": f"V pondělí 2. března 2026 10:00:00 SEČ uživatel {_A} napsal:",
    "ru": f"В понедельник, 2 марта 2026 г. в 10:00:00 GMT+3 {_A} написал(а):",
    "tr": f"2 Mart 2026 Pazartesi 10:00:00 GMT+3 tarihinde {_A} şunu yazdı:",
    "ja": f"2026年3月2日月曜日 10:00:00 JST、{_A}が書きました:",
    "zh": f"在 2026年3月2日星期一 GMT+8 10:00:00， {_A} 写道：",
    "ko": f"2026년 3월 2일 월요일 오전 10:00:00 GMT+9, {_A}님이 작성:",
}

PROTON = {
    "en": f"On Monday, March 2nd, 2026 at 10:00 AM, {_A} wrote:",
    "de": f"Am Montag, 2. März 2026 um 10:00 schrieb {_A}:",
    "fr": f"Le lundi 2 mars 2026 à 10:00, {_A} a écrit :",
    "es": f"El lunes, 2 de marzo de 2026 a las 10:00, {_A} escribió:",
    "it": f"Il lunedì 2 marzo 2026 alle 10:00, {_A} ha scritto:",
    "pt": f"Na segunda-feira, 2 de março de 2026 às 10:00, {_A} escreveu:",
    "nl": f"Op maandag 2 maart 2026 om 10:00, schreef {_A}:",
    "pl": f"W poniedziałek, 2 marca 2026 o 10:00, {_A} napisał(a):",
    "sv": f"Måndagen den 2 mars 2026 kl. 10:00 skrev {_A}:",
    "da": f"Mandag den 2. marts 2026 kl. 10.00 skrev {_A}:",
    "nb": f"Mandag 2. mars 2026 kl. 10:00 skrev {_A}:",
    "fi": f"Maanantaina 2. maaliskuuta 2026 klo 10.00 {_A} kirjoitti:",
    "cs": f"V pondělí 2. března 2026 v 10:00 {_A} napsal(a):",
    "ru": f"Понедельник, 2 марта 2026 г. в 10:00, {_A} написал(а):",
    "tr": f"2 Mart 2026 Pazartesi saat 10:00'da {_A} şunları yazdı:",
    "ja": f"2026年3月2日月曜日の10:00に、{_A} さんは書きました：",
    "zh": f"在 2026年3月2日星期一 10:00，{_A} 写道：",
    "ko": f"2026년 3월 2일 월요일 오전 10:00에 {_A}님이 작성했습니다:",
}

#: Outlook's header block: from, sent, to, subject.
HEADER_LABELS = {
    "en": ("From", "Sent", "To", "Subject"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "pt": ("De", "Enviada em", "Para", "Assunto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "pl": ("Od", "Wysłane", "Do", "Temat"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "nb": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "tr": ("Kimden", "Gönderme Tarihi", "Kime", "Konu"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
}
OUTLOOK_DATE = {
    "en": "Monday, March 2, 2026 10:00 AM",
    "de": "Montag, 2. März 2026 10:00",
    "fr": "lundi 2 mars 2026 10:00",
    "es": "lunes, 2 de marzo de 2026 10:00",
    "it": "lunedì 2 marzo 2026 10:00",
    "pt": "segunda-feira, 2 de março de 2026 10:00",
    "nl": "maandag 2 maart 2026 10:00",
    "pl": "poniedziałek, 2 marca 2026 10:00",
    "sv": "den 2 mars 2026 10:00",
    "da": "2. marts 2026 10:00",
    "nb": "mandag 2. mars 2026 10:00",
    "fi": "maanantai 2. maaliskuuta 2026 10.00",
    "cs": "pondělí 2. března 2026 10:00",
    "ru": "2 марта 2026 г. 10:00",
    "tr": "2 Mart 2026 Pazartesi 10:00",
    "ja": "2026年3月2日 10:00",
    "zh": "2026年3月2日 10:00",
    "ko": "2026년 3월 2일 월요일 오전 10:00",
}

FOOTER = {
    "en": "Sent from my iPhone",
    "de": "Von meinem iPhone gesendet",
    "fr": "Envoyé de mon iPhone",
    "es": "Enviado desde mi iPhone",
    "it": "Inviato da iPhone",
    "pt": "Enviado do meu iPhone",
    "nl": "Verstuurd vanaf mijn iPhone",
    "pl": "Wysłane z iPhone'a",
    "sv": "Skickat från min iPhone",
    "da": "Sendt fra min iPhone",
    "nb": "Sendt fra min iPhone",
    "fi": "Lähetetty iPhonesta",
    "cs": "Odesláno z iPhonu",
    "ru": "Отправлено с iPhone",
    "tr": "iPhone'umdan gönderildi",
    "ja": "iPhoneから送信",
    "zh": "发自我的iPhone",
    "ko": "나의 iPhone에서 보냄",
}

DISCLAIMER = {
    "en": "This e-mail and any attachments are confidential and intended solely for the addressee.\nIf you have received it in error, please notify the sender and delete it.",
    "de": "Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen.\nWenn Sie nicht der richtige Adressat sind, informieren Sie bitte den Absender.",
    "fr": "Ce message et ses pièces jointes sont confidentiels et destinés exclusivement à leur destinataire.\nSi vous l'avez reçu par erreur, merci d'en avertir l'expéditeur.",
    "es": "Este mensaje y sus anexos son confidenciales y se dirigen exclusivamente a su destinatario.\nSi lo ha recibido por error, le rogamos que lo comunique y lo borre.",
    "it": "Le informazioni contenute in questo messaggio sono riservate e destinate esclusivamente al destinatario.\nSe lo avete ricevuto per errore, siete pregati di cancellarlo.",
    "pt": "Esta mensagem pode conter informação confidencial e destina-se exclusivamente ao seu destinatário.\nSe a recebeu por engano, por favor avise o remetente e apague-a.",
    "nl": "De informatie in dit e-mailbericht is vertrouwelijk en uitsluitend bestemd voor de geadresseerde.\nIndien u dit bericht ten onrechte ontvangt, verzoeken wij u het te verwijderen.",
    "pl": "Niniejsza wiadomość zawiera informacje poufne i jest przeznaczona wyłącznie dla adresata.\nJeżeli otrzymali ją Państwo omyłkowo, prosimy o jej usunięcie.",
    "sv": "Detta meddelande kan innehålla konfidentiell information och är endast avsett för mottagaren.\nOm du har fått det av misstag, vänligen radera det.",
    "da": "Denne e-mail kan indeholde fortrolige oplysninger og er kun tiltænkt modtageren.\nHvis du har modtaget den ved en fejl, bedes du slette den.",
    "nb": "Denne e-posten kan inneholde fortrolig informasjon og er kun ment for mottakeren.\nHvis du har mottatt den ved en feil, vennligst slett den.",
    "fi": "Tämä viesti saattaa sisältää luottamuksellista tietoa ja on tarkoitettu vain vastaanottajalle.\nJos olet saanut sen erehdyksessä, ole hyvä ja poista se.",
    "cs": "Tato zpráva může obsahovat důvěrné informace a je určena pouze adresátovi.\nPokud jste ji obdrželi omylem, prosíme, smažte ji.",
    "ru": "Это сообщение содержит конфиденциальную информацию и предназначено исключительно адресату.\nЕсли вы получили его по ошибке, пожалуйста, удалите его.",
    "tr": "Bu e-posta gizli bilgiler içerebilir ve yalnızca gönderilen kişiye yöneliktir.\nYanlışlıkla aldıysanız lütfen siliniz.",
    "ja": "このメールには機密情報が含まれている場合があり、宛先の方のみを対象としています。\n誤って受信された場合は、削除してください。",
    "zh": "本邮件及其附件含有机密信息，仅限于发送给上面地址中列出的个人。\n如果您错收了本邮件，请立即删除。",
    "ko": "이 메일은 기밀 정보를 포함할 수 있으며 지정된 수신인만을 위한 것입니다.\n잘못 수신하신 경우 삭제하여 주시기 바랍니다.",
}
