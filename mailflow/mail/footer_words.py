"""The words of footers that mail apps add by themselves, per language. Tables only, case-folded."""

from __future__ import annotations

from typing import Final

#: Openers of mobile footers, separated by ``|``. A footer also names a device or an app.
SENT: Final[dict[str, str]] = {
    "en": (
        "sent from|sent with|sent via|sent using|sent by|sent through|get outlook for|"
        "composed on|typed on|written on|posted from|shot from|sent securely|from my|typed with|"
        "get bluemail|get typeapp|get spark|get k-9|download|this message was sent from|"
        "this email was sent from|this mail was sent from|excuse my brevity|please excuse|"
        "secured by|secured with|get the|powered by|try"
    ),
    "de": (
        "gesendet von|gesendet mit|gesendet via|gesendet über|von meinem|von meiner|"
        "von unterwegs gesendet|diese nachricht wurde von|diese nachricht wurde mit|"
        "diese e-mail wurde von|diese mail wurde von|mit meinem|von outlook|"
        "holen sie sich outlook|hol dir outlook|outlook für|versendet von|versendet mit|"
        "verschickt von|gesendet aus|laden sie|am handy"
    ),
    "fr": (
        "envoyé de|envoyé depuis|envoyé avec|envoyé à partir|envoyé via|envoyé par|"
        "obtenir outlook|obtenez outlook|télécharger outlook|télécharger|message envoyé|"
        "provenance|envoyée depuis|courriel envoyé|ce message a été envoyé"
    ),
    "es": (
        "enviado desde|enviado con|enviado por|enviado via|enviado vía|enviado a través|"
        "enviado de|obtener outlook|obtén outlook|descargar outlook|mensaje enviado|"
        "este mensaje fue enviado|enviado mediante"
    ),
    "it": (
        "inviato da|inviato dal|inviato con|inviato tramite|inviata da|ottieni outlook|scarica outlook|"
        "scarica outlook|messaggio inviato|inviato via|inviato mediante|inviato dall"
    ),
    "pt": (
        "enviado do|enviado da|enviado de|enviado a partir|enviado pelo|enviado via|"
        "obter outlook|obter o outlook|enviada do|baixe o outlook|baixar o outlook|baixar outlook|transferir o outlook|transferir outlook|mensagem enviada"
    ),
    "nl": (
        "verstuurd vanaf|verzonden vanaf|verzonden met|verzonden van|verzonden via|verstuurd met|"
        "verstuurd via|verstuurd van|outlook voor|outlook downloaden|download outlook|"
        "verzonden vanuit"
    ),
    "pl": (
        "wysłane z|wysłano z|wysłane przy|wysłane za|wysłane przez|pobierz|wysłano za|wysłany z|"
        "wysłana z|ta wiadomość została wysłana|uzyskaj outlook"
    ),
    "sv": (
        "skickat från|skickat med|skickat via|skickades från|hämta outlook|skaffa outlook|sänt från"
    ),
    "da, nb": (
        "sendt fra|sendt med|sendt via|sendt på|hent outlook|få outlook|skaff deg outlook|"
        "last ned outlook"
    ),
    "fi": "lähetetty|hanki outlook|lataa outlook|lähetin",
    "cs, sk": (
        "odesláno z|odesláno pomocí|odeslané z|odoslané z|odosláno|získat outlook|"
        "získejte outlook|stáhnout outlook|stáhněte si outlook|stiahnuť outlook|stiahnite si outlook|získajte outlook|poslané z|posláno z|odesláno ze|odoslané zo|"
        "získať outlook|odoslané pomocou"
    ),
    "ru, uk": (
        "отправлено с|отправлено из|отправлено через|отправлено при помощи|послано с|"
        "отправлено от|получить outlook|скачать outlook|скачайте outlook|получите outlook|отримайте outlook|завантажити outlook|надіслано з|надіслано через|"
        "отримати outlook|відправлено з|написано с|--отправлено"
    ),
    "tr": (
        "iphone'umdan gönder|ipad'imden gönder|gönderen:|android için outlook|ios için outlook|"
        "outlook'u edinin|cihazımdan|telefonumdan|akıllı telefonumdan"
    ),
    "hu, ro, el, hr": (
        "az outlook beszerzése|outlook letöltése|obțineți outlook|descărcați outlook|λήψη του outlook|αποκτήστε το outlook|nabavite outlook|preuzmite outlook|elküldve|küldve|az én|trimis de pe|trimis din|trimis de la|στάλθηκε από|εστάλη από|"
        "poslano s|poslano iz|poslano sa|послато са|изпратено от|saadetud|nosūtīts no|"
        "išsiųsta iš|enviat des"
    ),
    "zh": "发自我的|发送自|發自我的|从我的|從我的|来自我的|來自我的|获取|取得|发自|發自|通过|使用|来自|下載|下载|從|从|由我的|傳送自",
    "ja": "iphoneから送信|ipadから送信|androidから送信|outlook for|私の|スマートフォンから",
    "ko": (
        "내 iphone|나의 iphone|내 ipad|나의 ipad|iphone에서|ipad에서|나의 갤럭시|내 갤럭시|갤럭시|samsung|"
        "android용 outlook|ios용 outlook"
    ),
    "ar, he, vi, id": (
        "أُرسلت من|مرسل من|تم الإرسال من|أرسلت من|נשלח מה|נשלח מ|נשלח באמצעות|được gửi từ|gửi từ|"
        "השג את outlook|קבל את outlook|הורד את outlook|تنزيل outlook|الحصول على outlook|tải outlook|dapatkan outlook|đã gửi từ|dikirim dari|terkirim dari|ส่งจาก"
    ),
}
