"""The pages behind the links of our mails: what each asks and says, in the reader's language. Pure.

A link is looked at by many: mail scanners, previews, crawlers. Looking shows a page with one button and
changes nothing; only pressing it does, which is also what mail clients send by themselves (RFC 8058).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailflow.desk.wishes import Wish


@dataclass(frozen=True, slots=True)
class LinkPage:
    """``button`` is empty where there is nothing left to do."""

    language: str
    text: str
    button: str = ""


@dataclass(frozen=True, slots=True)
class _Words:
    question: str
    button: str
    done: str


_WORDS: Mapping[str, Mapping[Wish, _Words]] = {
    "en": {
        Wish.STOP_UPDATES: _Words(
            "You get progress updates on your request by mail. Would you rather not?",
            "No more updates",
            "You get no more progress updates on this request. Answers from people still reach you.",
        ),
        Wish.CONTENT: _Words("Did our answer help?", "Yes, it did", "Thank you for telling us."),
        Wish.NOT_CONTENT: _Words(
            "Did our answer not help?",
            "No, not yet",
            "Thank you for telling us. Reply to our mail with what is missing, and your request is open again.",
        ),
    },
    "de": {
        Wish.STOP_UPDATES: _Words(
            "Sie erhalten Zwischenstände zu Ihrem Anliegen per E-Mail. Möchten Sie das nicht mehr?",
            "Keine Zwischenstände mehr",
            "Sie erhalten zu diesem Anliegen keine Zwischenstände mehr. Antworten von Menschen erreichen Sie weiterhin.",
        ),
        Wish.CONTENT: _Words(
            "Hat unsere Antwort geholfen?", "Ja", "Vielen Dank für die Rückmeldung."
        ),
        Wish.NOT_CONTENT: _Words(
            "Hat unsere Antwort nicht geholfen?",
            "Nein, noch nicht",
            "Vielen Dank für die Rückmeldung. Antworten Sie auf unsere E-Mail mit dem, was noch fehlt, und Ihr Anliegen ist wieder offen.",
        ),
    },
    "fr": {
        Wish.STOP_UPDATES: _Words(
            "Vous recevez par e-mail des nouvelles de votre demande. Vous n’en voulez plus\u00a0?",
            "Ne plus en recevoir",
            "Vous ne recevrez plus de nouvelles automatiques de cette demande. Les réponses de notre équipe vous parviendront toujours.",
        ),
        Wish.CONTENT: _Words(
            "Notre réponse vous a-t-elle aidé\u00a0?", "Oui", "Merci de nous l’avoir dit."
        ),
        Wish.NOT_CONTENT: _Words(
            "Notre réponse ne vous a pas aidé\u00a0?",
            "Non, pas encore",
            "Merci de nous l’avoir dit. Répondez à notre message en indiquant ce qui manque, et votre demande sera rouverte.",
        ),
    },
    "es": {
        Wish.STOP_UPDATES: _Words(
            "Le enviamos por correo avisos sobre el estado de su solicitud. ¿Prefiere no recibirlos?",
            "No recibir más avisos",
            "No recibirá más avisos sobre esta solicitud. Las respuestas de nuestro equipo le seguirán llegando.",
        ),
        Wish.CONTENT: _Words("¿Le ha ayudado nuestra respuesta?", "Sí", "Gracias por decírnoslo."),
        Wish.NOT_CONTENT: _Words(
            "¿No le ha ayudado nuestra respuesta?",
            "No, todavía no",
            "Gracias por decírnoslo. Responda a nuestro correo con lo que falta y su solicitud volverá a abrirse.",
        ),
    },
    "pt": {
        Wish.STOP_UPDATES: _Words(
            "Recebe por e-mail pontos de situação do seu pedido. Prefere não os receber?",
            "Não receber mais",
            "Não receberá mais pontos de situação deste pedido. As respostas da nossa equipa continuam a chegar-lhe.",
        ),
        Wish.CONTENT: _Words("A nossa resposta ajudou?", "Sim", "Obrigado por nos dizer."),
        Wish.NOT_CONTENT: _Words(
            "A nossa resposta não ajudou?",
            "Não, ainda não",
            "Obrigado por nos dizer. Responda ao nosso e-mail com o que falta, e o seu pedido volta a ficar aberto.",
        ),
    },
}
_GONE: Mapping[str, str] = {
    "en": "This link no longer works. Just reply to our mail.",
    "de": "Dieser Link gilt nicht mehr. Antworten Sie einfach auf unsere E-Mail.",
    "fr": "Ce lien n’est plus valable. Il vous suffit de répondre à notre message.",
    "es": "Este enlace ya no es válido. Basta con responder a nuestro correo.",
    "pt": "Esta ligação já não é válida. Basta responder ao nosso e-mail.",
}


def asking(wish: Wish, language: str) -> LinkPage:
    words = _WORDS[language][wish]
    return LinkPage(language, words.question, words.button)


def thanking(wish: Wish, language: str) -> LinkPage:
    return LinkPage(language, _WORDS[language][wish].done)


def gone(language: str) -> LinkPage:
    return LinkPage(language, _GONE[language])


def language_read(accept_language: str, default: str) -> str:
    """The first language of a browser's Accept-Language field (RFC 9110 12.5.4) that we have words in."""
    asked = [part.partition(";")[0].strip() for part in accept_language[:200].split(",")]
    for language in (*asked, default, "en"):
        known = language.lower().replace("_", "-").partition("-")[0]
        if known in _GONE:
            return known
    return "en"
