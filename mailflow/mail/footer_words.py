"""The words of footers that mail apps add by themselves, per language. Tables only, case-folded."""

from __future__ import annotations

from typing import Final

#: Openers of mobile footers, separated by ``|``. A footer also names a device or an app.
SENT: Final[dict[str, str]] = {
    "en": (
        "sent from|sent with|sent via|sent using|sent by|sent through|get outlook for|"
        "composed on|typed on|written on|posted from|shot from|sent securely|typed with|"
        "get bluemail|get typeapp|get spark|get k-9|this message was sent from|"
        "this email was sent from|this mail was sent from|excuse my brevity|please excuse|"
        "secured by|secured with"
    ),
    "de": (
        "gesendet von|gesendet mit|gesendet via|gesendet über|"
        "von unterwegs gesendet|diese nachricht wurde von|diese nachricht wurde mit|"
        "diese e-mail wurde von|diese mail wurde von|von outlook|"
        "holen sie sich outlook|hol dir outlook|outlook für ios|outlook für android|outlook für mac|versendet von|versendet mit|"
        "verschickt von|gesendet aus|laden sie outlook"
    ),
    "fr": (
        "envoyé de|envoyé depuis|envoyé avec|envoyé à partir|envoyé via|envoyé par|"
        "obtenir outlook|obtenez outlook|télécharger outlook|message envoyé|"
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
        "verstuurd via|verstuurd van|outlook voor ios|outlook voor android|outlook downloaden|download outlook|"
        "verzonden vanuit"
    ),
    "pl": (
        "wysłane z|wysłano z|wysłane przy|wysłane za pomocą|wysłane przez|pobierz outlook|pobierz aplikację outlook|pobierz program outlook|wysłano za pomocą|wysłany z|"
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
        "iphone'umdan gönder|ipad'imden gönder|gönderen: windows|android için outlook'u|ios için outlook'u|"
        "android için outlook’u|ios için outlook’u|outlook'u edinin"
    ),
    "hu, ro, el, hr": (
        "az outlook beszerzése|outlook letöltése|obțineți outlook|descărcați outlook|λήψη του outlook|αποκτήστε το outlook|nabavite outlook|preuzmite outlook|elküldve|küldve|trimis de pe|trimis din|trimis de la|στάλθηκε από|εστάλη από|"
        "poslano s|poslano iz|poslano sa|послато са|изпратено от|saadetud|nosūtīts no|"
        "išsiųsta iš|enviat des"
    ),
    "zh": (
        "发自|發自|来自我的|來自我的|发送自|由我的|傳送自|获取 outlook|获取适用于|取得 outlook|取得適用|取得 ios|取得 android|"
        "下载 outlook|下载适用于|下載 outlook|下載適用|获取ios|获取android"
    ),
    "ja": "outlook for",
    "ko": "android용 outlook|ios용 outlook",
    "ar, he, vi, id": (
        "أُرسلت من|مرسل من|تم الإرسال من|أرسلت من|נשלח מה|נשלח מ|נשלח באמצעות|được gửi từ|gửi từ|"
        "השג את outlook|קבל את outlook|הורד את outlook|تنزيل outlook|الحصول على outlook|tải outlook|dapatkan outlook|đã gửi từ|dikirim dari|terkirim dari|ส่งจาก"
    ),
}
