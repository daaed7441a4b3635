"""Folders and keywords: as people read them, and as they stand on the wire.

Names travel in modified UTF-7 (RFC 3501 5.1.3), keywords as atoms. imapclient passes CR and LF through
to the server, so every string is looked at here first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from mailflow.edges.imap_errors import UnsafeArgument, refuse_line_ends

_KEYWORD = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|~]{1,100}")

# Names of the Sent folder where the server does not mark it, as mail clients create them.
_SENT_NAMES = frozenset(
    name.strip().casefold()
    for name in [
        "\nSent",
        " Sent Items",
        " Sent Messages",
        " Sent Mail",
        " Sent-Mail",
        " Gesendet",
        " Gesendete Elemente",
        "\nGesendete Objekte",
        " Gesendete Nachrichten",
        " Envoyés",
        " Éléments envoyés",
        " Messages envoyés",
        "\nCourrier envoyé",
        " Enviados",
        " Enviadas",
        " Elementos enviados",
        " Mensajes enviados",
        "\nItens enviados",
        " Mensagens enviadas",
        " Inviati",
        " Posta inviata",
        " Elementi inviati",
        " Verzonden",
        "\nVerzonden items",
        " Verzonden berichten",
        " Skickat",
        " Skickade objekt",
        " Sendt",
        " Sendte elementer",
        "\nSendt post",
        " Lähetetyt",
        " Wysłane",
        " Elementy wysłane",
        " Odeslané",
        " Odeslaná pošta",
        " Odoslané",
        "\nElküldött",
        " Elküldött elemek",
        " Trimise",
        " Poslano",
        " Gönderilmiş Öğeler",
        " Gönderilenler",
        "\nΑπεσταλμένα",
        " Отправленные",
        " Надіслані",
        " Изпратени",
        " 送信済み",
        " 送信済みメール",
        " 送信済みアイテム",
        " 已发送",
        " 已发送邮件",
        "\n寄件備份",
        " 보낸편지함",
        " 보낸 편지함\n",
    ]
)


# The same for spam and drafts.
_SPECIAL_NAMES: Mapping[str, frozenset[str]] = {
    "\\sent": _SENT_NAMES,
    "\\junk": frozenset(
        [
            "junk",
            "junk e-mail",
            "junk email",
            "junk mail",
            "spam",
            "bulk mail",
            "spamverdacht",
            "unerwünscht",
            "courrier indésirable",
            "indésirables",
            "pourriel",
            "correo no deseado",
            "lixo eletrônico",
            "lixo electrónico",
            "posta indesiderata",
            "ongewenste e-mail",
            "ongewenst",
            "skräppost",
            "søppelpost",
            "uønsket mail",
            "roskaposti",
            "wiadomości-śmieci",
            "nevyžádaná pošta",
            "спам",
            "нежелательная почта",
            "迷惑メール",
            "垃圾邮件",
            "스팸",
        ]
    ),
    "\\drafts": frozenset(
        [
            "drafts",
            "draft",
            "entwürfe",
            "entwurf",
            "brouillons",
            "brouillon",
            "borradores",
            "rascunhos",
            "bozze",
            "concepten",
            "utkast",
            "kladder",
            "luonnokset",
            "wersje robocze",
            "szkice",
            "koncepty",
            "černoviky",
            "черновики",
            "чернетки",
            "下書き",
            "草稿",
            "임시보관함",
        ]
    ),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """One answer to LIST. ``flags`` are lower-case, backslash included; ``delimiter`` is '' in a flat space."""

    name: str
    flags: frozenset[str]
    delimiter: str


@dataclass(frozen=True, slots=True)
class FolderState:
    """What opening a folder told. ``uidnext`` is 0 where the server did not say."""

    folder: str
    uidvalidity: int
    uidnext: int
    exists: int


def sent_folder(folders: Iterable[Folder]) -> str | None:
    """The folder for sent mail. See :func:`special_folder`."""
    return special_folder(folders, "\\Sent")


def special_folder(folders: Iterable[Folder], use: str) -> str | None:
    """The folder marked for ``use`` (RFC 6154); else the shallowest whose last name is a known word for it."""
    mark, known = use.lower(), []
    for folder in folders:
        if folder.flags & {"\\noselect", "\\nonexistent"}:
            continue
        if mark in folder.flags:
            return folder.name
        if _path(folder)[-1].casefold() in _SPECIAL_NAMES.get(mark, frozenset()):
            known.append(folder)
    return min(known, key=lambda f: (len(_path(f)), f.name)).name if known else None


def tree_name(path: str, prefix: str, delimiter: str) -> str:
    """A folder of ours as this server spells it: ``Tickets/New`` is ``INBOX.Tickets.New`` elsewhere.

    >>> tree_name("Tickets/New", "INBOX.", "."), tree_name("INBOX", "INBOX.", "."), tree_name("A/v.2", "", ".")
    ('INBOX.Tickets.New', 'INBOX', 'A.v-2')
    """
    if path.upper() == "INBOX":
        return "INBOX"
    parts = [part for part in path.split("/") if part]
    if delimiter and delimiter != "/":
        parts = [part.replace(delimiter, "-") for part in parts]
    name = (delimiter or "-").join(parts)
    spelled = delimiter.join(path.split("/")) if delimiter else path
    return spelled if prefix and spelled.startswith(prefix) else prefix + name


def _path(folder: Folder) -> list[str]:
    return folder.name.split(folder.delimiter) if folder.delimiter else [folder.name]


def folder_of(flags: Iterable[Any], delimiter: object, name: object) -> Folder:
    """One answer to LIST, as imapclient gives it with undecoded names."""
    wire = name if isinstance(name, bytes) else str(name).encode("utf-8", "replace")
    try:
        decoded = decode_utf7(wire)
    except Exception:  # noqa: BLE001 - the consequence: the name is shown as it stands on the wire
        decoded = wire.decode("utf-8", "backslashreplace")
    marks = frozenset(
        f.decode("ascii", "replace").lower() if isinstance(f, bytes) else str(f).lower()
        for f in flags
    )
    return Folder(
        str(decoded), marks, delimiter.decode("ascii") if isinstance(delimiter, bytes) else ""
    )


def wire_name(folder: str) -> bytes:
    """A folder name in modified UTF-7. Raises ``UnsafeArgument``."""
    if not folder:
        raise UnsafeArgument("a folder needs a name")
    refuse_line_ends(folder)
    try:
        return bytes(encode_utf7(folder))
    except UnicodeError:
        raise UnsafeArgument("the folder name holds a lone surrogate") from None


def keyword_atom(word: str) -> str:
    """The keyword, or flag with its backslash, when it is one (RFC 9051 9). Raises ``UnsafeArgument``."""
    if not _KEYWORD.fullmatch(word):
        raise UnsafeArgument(f"{word[:40]!r} is not an IMAP keyword")
    return word
