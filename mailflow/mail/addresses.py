"""Reading addresses (RFC 5322 3.4) with one linear scan: no recursion, no guessing who was meant.

The field is read undecoded and cut at the commas, brackets, quotes and comments that really stand
there; encoded words are decoded afterwards, in display names only. So nothing inside a name, a
quoted string, a comment or an encoded word can ever become the address. What leaves doubt about the
mailbox (two ``@``, invisible characters, an address in a comment) is named in ``defects``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailflow.mail.encoded_words import decode_words
from mailflow.mail.headers import one_line
from mailflow.mail.message import Address

MAX_MAILBOXES = 1_000
MAX_CHARACTERS = 65_536

#: Format characters that change what a person sees: zero width, bidi controls, soft hyphen, tags.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_TOKEN = re.compile(
    r"\"(?P<quoted>(?:[^\"\\]|\\.)*+)\"?|(?P<special>[<>(),;:])"
    r"|(?P<plain>(?:[^\"<>(),;:\\]|\\.|\\)+)",
    re.DOTALL,
)
_WORD = re.compile(r"=\?[^?\s]{1,60}\?[BbQq]\?[^?]*+\?=")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_AROUND_DOT = re.compile(r"\s*+([.@])\s*+")
_SPACES = re.compile(r"\s+")
_NO_ADDRESS = re.compile('[\\s<>()\\[\\],;:\\\\"\x00-\x20\x7f]')
_LOCAL_ONLY = re.compile(r"[A-Za-z0-9._%+\-]{1,64}")
_DOMAIN_LITERAL = re.compile(r"\[[0-9A-Za-z.:]{2,64}\]")
_UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class AddressList:
    """The readable mailboxes of a field, in order, and the names of what was odd about it."""

    mailboxes: tuple[Address, ...] = ()
    defects: frozenset[str] = frozenset()


def ascii_lower(text: str) -> str:
    """A to Z in lower case and nothing else changed: no Kelvin sign becomes a k."""
    return text.translate(_UPPER)


def canonical_address(address: str) -> str:
    """``address`` as it is compared: ASCII in lower case, subaddress detail (RFC 5233) removed."""
    local, at, domain = ascii_lower(address.strip()).rpartition("@")
    if local.startswith('"'):
        return f"{local}{at}{domain}"
    user, plus, _ = local.partition("+")
    return f"{user if plus and user else local}{at}{domain.rstrip('.')}"


def subaddress_detail(address: str) -> str | None:
    """What stands after the first ``+`` of the local part (RFC 5233), as written, or None."""
    local = address.rpartition("@")[0]
    _, plus, detail = local.partition("+")
    return detail if plus else None


def domain_of(address: str) -> str:
    """The domain, ASCII-lower-cased, without a last dot; '' when there is none."""
    return ascii_lower(address.rpartition("@")[2].rstrip(".")) if "@" in address else ""


def without_invisible(text: str) -> str:
    """``text`` without characters that show as nothing or turn the direction of reading."""
    return INVISIBLE.sub("", text) if not text.isascii() else text


def parse_addresses(raw: str) -> AddressList:
    """The mailboxes of an address list as it stood in the field, encoded words not yet decoded."""
    defects: set[str] = set()
    if len(raw) > MAX_CHARACTERS:
        raw = raw[:MAX_CHARACTERS]
        defects.add("address-list-cut")
    pieces = _pieces(_protected(raw))
    if not any(piece.angles or "@" in "".join(piece.outside) for piece in pieces) and "=?" in raw:
        defects.add("address-encoded")  # the whole field in encoded words, against RFC 2047 5
        pieces = _pieces(one_line(decode_words(raw)).translate(_NO_HIDDEN))
    return AddressList(tuple(_mailboxes(pieces, defects)), frozenset(defects))


def _mailboxes(pieces: list[_Piece], defects: set[str]) -> list[Address]:
    found: list[Address] = []
    before = ""  # words without an address: the first half of ``Doe, John <john@example.com>``
    for piece in pieces:
        outside = "".join(piece.outside)
        if not piece.angles and "@" not in outside and not piece.comments and outside.strip():
            if before:
                _add(found, _mailbox(_Piece(outside=[before]), defects), defects)
            before = outside
            continue
        if before and piece.angles:
            piece.outside.insert(0, before + ",")
        elif before:
            _add(found, _mailbox(_Piece(outside=[before]), defects), defects)
        before = ""
        _add(found, _mailbox(piece, defects), defects)
    if before:
        _add(found, _mailbox(_Piece(outside=[before]), defects), defects)
    if len(found) > MAX_MAILBOXES:
        defects.add("address-list-cut")
    return found[:MAX_MAILBOXES]


def _add(found: list[Address], mailbox: Address | None, defects: set[str]) -> None:
    if mailbox is not None:
        found.append(mailbox)


def parse_path(raw: str) -> str | None:
    """A path as in Return-Path: the bare address, '' for the null path ``<>``, None if unreadable."""
    if raw.strip() in ("<>", '"<>"'):
        return ""
    mailboxes = parse_addresses(raw).mailboxes
    return mailboxes[0].address if mailboxes else None


@dataclass(slots=True)
class _Piece:
    """What one list element was written as."""

    outside: list[str] = field(default_factory=list)  # words outside brackets: name or bare address
    inside: list[str] = field(default_factory=list)  # one text for each pair of brackets
    comments: list[str] = field(default_factory=list)

    @property
    def angles(self) -> int:
        return len(self.inside)


#: Characters that mean something to the scan, and where they hide while they must not.
_SPECIALS = '<>(),;:"@ \\'
_HIDE = {ord(char): 0xE000 + place for place, char in enumerate(_SPECIALS)}  # private use area
_SHOW = {0xE000 + place: char for place, char in enumerate(_SPECIALS)}
_NO_HIDDEN = dict.fromkeys(range(0xE000, 0xE100), 0xFFFD)
_OPEN, _CLOSE = "\ue0ff", "\ue0fe"  # where a quoted string began and ended
_NO_MARKS = {ord(_OPEN): None, ord(_CLOSE): None}


def _protected(raw: str) -> str:
    """Encoded words with their specials hidden, so that the scan sees them as plain words."""
    if not raw.isascii():
        raw = raw.translate(_NO_HIDDEN)
    if "=?" not in raw:
        return raw
    return _WORD.sub(lambda word: word[0].translate(_HIDE), raw)


def _pieces(raw: str) -> list[_Piece]:
    """The list cut at commas. A semicolon also separates (Outlook); ``name:`` opens a group."""
    pieces: list[_Piece] = []
    piece = _Piece()
    depth = 0  # of comments
    angle = False
    for token in _TOKEN.finditer(raw):
        special = token["special"]
        if depth:
            depth += {"(": 1, ")": -1}.get(special or "", 0)
            piece.comments.append(token[0] if depth else "")
        elif special == "(":
            depth = 1
            piece.comments.append(" ")
        elif special == "<":
            angle = True
            piece.inside.append("")
        elif special == ">":
            angle = False
        elif special == ":" or (special == "," and angle and piece.inside[-1].startswith("@")):
            _forget_route_or_group(piece, angle)
        elif special in (",", ";"):
            pieces.append(piece)
            piece, angle = _Piece(), False
        elif special is not None:
            continue  # a closing parenthesis that closes nothing
        elif angle:
            piece.inside[-1] += _word(token)
        else:
            piece.outside.append(_word(token))
    pieces.append(piece)
    return pieces


def _forget_route_or_group(piece: _Piece, angle: bool) -> None:
    """``name:`` opens a group and is no name of its members; ``@a,@b:`` is a route (RFC 5322 4.4)."""
    if angle:
        piece.inside[-1] = ""
    else:
        piece.outside.clear()


def _word(token: re.Match[str]) -> str:
    quoted: str | None = token["quoted"]
    if quoted is None:
        plain: str = token["plain"]
        return plain
    return _OPEN + _QUOTED_PAIR.sub(r"\1", quoted).translate(_HIDE) + _CLOSE


def _mailbox(piece: _Piece, defects: set[str]) -> Address | None:
    outside = "".join(piece.outside)
    inside = [text for text in piece.inside if text.strip()]
    if len(inside) > 1:
        defects.add("address-several-brackets")
    if inside:
        written, name = inside[-1], outside
    elif piece.angles and "@" not in outside:  # ``MAILER-DAEMON <>``: the null path is nobody
        return None
    else:
        written, name = _last_word(outside, defects)
    comment = _display("".join(piece.comments))
    address = _addr_spec(written, defects)
    if address is None:
        return None
    if "@" in comment and ascii_lower(comment.strip("<> ")) != ascii_lower(address):
        defects.add("address-in-comment")
    shown = _display(name)
    if "@" in shown and ascii_lower(shown.strip("'\"<> ")) != ascii_lower(address):
        defects.add("address-in-name")
    return Address(address, shown or comment)


def _last_word(outside: str, defects: set[str]) -> tuple[str, str]:
    """Address and name where there are no brackets: the last word that holds an ``@``, and the rest."""
    words = _AROUND_DOT.sub(r"\1", outside.strip()).split()
    if len(words) < 2:
        return "".join(words), ""
    holding = [word for word in words if "@" in word]
    if not holding:
        return outside, ""
    if len(holding) > 1:
        defects.add("address-several-at")
    return holding[-1], " ".join(word for word in words if word is not holding[-1])


def _addr_spec(written: str, defects: set[str]) -> str | None:
    """The addr-spec, or None where nothing readable stands."""
    text = _AROUND_DOT.sub(r"\1", written.strip()).lstrip(" '`\t").rstrip(" '`.\t")
    if text.startswith("[") and text.endswith("]") and "@" in text:
        text = text[1:-1]  # "Kim Lee [kim@example.com]"
    if _OPEN in text:
        text = _requoted(text)
    else:
        text = text.replace("\\", "").translate(_SHOW)
    local, at, domain = text.rpartition("@")
    if not at:
        return _without_domain(text, defects)
    if "@" in local and not local.startswith('"'):
        defects.add("address-several-at")
        return None
    if len(text) > 320 or not _plausible(local, domain):
        defects.add("address-unreadable")
        return None
    if INVISIBLE.search(text):
        defects.add("address-invisible-characters")
    return text


def _without_domain(text: str, defects: set[str]) -> str | None:
    """A lone local name, as cron and old MTAs write it (``root``, ``MAILER-DAEMON``)."""
    if not text:
        return None
    if _LOCAL_ONLY.fullmatch(text):
        defects.add("address-without-domain")
        return text
    defects.add("address-unreadable")
    return None


def _requoted(text: str) -> str:
    """A quoted local part as it must be written; quotes that were not needed go."""
    local, at, domain = text.rpartition("@")
    if not at:  # the whole address was put in quotes
        return text.translate(_NO_MARKS).translate(_SHOW).strip()
    local = local.translate(_NO_MARKS).translate(_SHOW)
    if local and not _NO_ADDRESS.search(local) and "@" not in local:
        return f"{local}@{domain}"
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"@{domain}'


def _plausible(local: str, domain: str) -> bool:
    if not local or not domain:
        return False
    if domain.startswith("["):
        return _DOMAIN_LITERAL.fullmatch(domain) is not None and not _NO_ADDRESS.search(local)
    if _NO_ADDRESS.search(domain):
        return False
    return local.startswith('"') or _NO_ADDRESS.search(local) is None


def _display(name: str) -> str:
    """A display name as shown: quotes gone, words decoded, one line, nothing invisible."""
    if name.isascii():
        if not name.strip():
            return ""
        if "=?" not in name and "\\" not in name:
            return _trimmed(name)
    text = name.translate(_NO_MARKS).translate(_SHOW)
    return _trimmed(without_invisible(one_line(decode_words(text))))


def _trimmed(name: str) -> str:
    text = _SPACES.sub(" ", name).strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text[:500]
