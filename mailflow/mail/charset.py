"""From octets to text, with the charset that was meant rather than the one that was named.

Senders name gb2312 and send gb18030, name iso-8859-1 and send windows-1252, name nothing and send
UTF-8. The names are widened to what the large clients mean by them; a name that is unknown, or no
text codec at all, leads to a guess over a small sample. Every function is total and linear.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from charset_normalizer import from_bytes

#: What a name means in practice (the WHATWG encoding standard takes most of these the same way).
_MEANT = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb_2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "hz-gb-2312": "hz",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "euckr": "cp949",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-11": "cp874",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "big5": "big5hkscs",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "cp-850": "cp850",
    "ibm-850": "cp850",
    "windows-28591": "cp1252",
    "us-ascii": "ascii",
    "ansi_x3.4-1968": "ascii",
}

#: Text codecs in Python's eyes that are no charset of mail; some cost more than linear time.
_NO_CHARSET = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
_JAPANESE = frozenset({"iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3"})
_JAPANESE |= {"iso2022_jp_2004", "iso2022_jp_ext"}
_LATIN = frozenset({"cp1252", "cp1254", "ascii", "cp1250", "iso8859-2", "iso8859-15", "cp1251"})
_SAMPLE = 2048

_UNWANTED = re.compile("[\x00\ud800-\udfff]")
_JIS_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([@BDOPQ]|\([BJIH]|\$A|\.[AF]|N)")


def clean(text: str) -> str:
    """``text`` without NUL and with lone surrogates replaced: what a database takes as text."""
    if _UNWANTED.search(text) is None:
        return text
    return _UNWANTED.sub(lambda found: "" if found[0] == "\0" else "\ufffd", text)


@lru_cache(maxsize=256)
def codec_for(name: str) -> str | None:
    """The Python codec meant by a charset name, or None when it names no charset of text."""
    bare = name.strip().strip("\"'").lower()
    if not bare or len(bare) > 40 or not bare.isascii() or "\0" in bare:
        return None
    try:
        found = codecs.lookup(_MEANT.get(bare, bare))
    except (LookupError, ValueError, UnicodeError):
        return None
    # The attribute is how codecs itself tells text encodings from rot13, zlib and the like.
    if found.name.replace("-", "_") in _NO_CHARSET or not getattr(
        found, "_is_text_encoding", False
    ):
        return None
    return found.name


def decode_text(octets: bytes, declared: str) -> tuple[str, str | None]:
    """The text of a body: line ends LF, no NUL, no lone surrogate; and a defect or None."""
    text, defect = decode_octets(octets, declared)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return clean(text), defect


def decode_octets(octets: bytes, declared: str) -> tuple[str, str | None]:
    """The octets as text by the declared charset where that can be, else by the likeliest."""
    codec = codec_for(declared)
    if octets.isascii() and codec is not None and codec not in _STATEFUL:
        if b"\x1b$" in octets:
            return _from_jis(octets), "charset-lies"
        return octets.decode("ascii"), None
    if codec is None:
        text = _undeclared(octets)
        if declared.strip():
            return text, "charset-unknown"
        return text, None if octets.isascii() else "charset-undeclared"
    if codec in _JAPANESE:
        return _japanese(octets, codec)
    if codec in _LATIN:
        return _latin(octets, codec)
    return _declared(octets, codec)


#: Codecs in which octets below 128 do not always mean ASCII.
_STATEFUL = _JAPANESE | {"iso2022_kr", "hz", "utf-7", "utf-16", "utf-16-le", "utf-16-be"}
_STATEFUL |= {"utf-32", "utf-32-le", "utf-32-be", "cp037", "cp500", "cp1140", "cp1026"}


def _declared(octets: bytes, codec: str) -> tuple[str, str | None]:
    try:
        return _without_bom(octets.decode(codec)), None
    except (UnicodeError, ValueError):
        pass
    if codec == "utf-8":
        text = octets.decode(codec, "replace")
        # A few bad octets are damage on the way; many mean that it never was UTF-8.
        if text.count("\ufffd") * 20 <= sum(1 for _ in text if ord(_) > 127):
            return _without_bom(text), "charset-invalid-octets"
        return _undeclared(octets), "charset-lies"
    valid = _as_utf8(octets)
    if valid is not None:
        return valid, "charset-lies"
    try:
        return _without_bom(octets.decode(codec, "replace")), "charset-invalid-octets"
    except (UnicodeError, ValueError):  # some codecs raise whatever the error handler
        return octets.decode("latin-1"), "charset-lies"


def _latin(octets: bytes, codec: str) -> tuple[str, str | None]:
    """Single-octet charsets take any octets, so what is well-formed UTF-8 is taken for that."""
    valid = _as_utf8(octets)
    if valid is not None:
        return valid, "charset-lies"
    if codec == "ascii":
        return _undeclared(octets), "charset-lies"
    try:
        return octets.decode(codec), None
    except UnicodeError:
        return octets.decode(codec, "replace"), "charset-invalid-octets"


def _japanese(octets: bytes, codec: str) -> tuple[str, str | None]:
    if b"\x1b" not in octets and not octets.isascii():
        for one in ("utf-8", "cp932", "euc_jp"):
            try:
                return octets.decode(one), "charset-lies"
            except UnicodeError:
                continue
        return _undeclared(octets), "charset-lies"
    for one in (codec, "iso2022_jp_2", "iso2022_jp_ext"):
        try:
            return octets.decode(one), None
        except UnicodeError:
            continue
    return _from_jis(octets), None


def _from_jis(octets: bytes) -> str:
    """ISO-2022-JP as Microsoft writes it: NEC and IBM rows, half-width katakana (CP50220).

    Python has no such codec; each run is moved to where CP932 holds the same characters.
    """
    out: list[str] = []
    wide, kana, at = False, False, 0
    for found in _JIS_ESCAPE.finditer(octets):
        out.append(_jis_run(octets[at : found.start()], wide=wide, kana=kana))
        at, mark = found.end(), found[1]
        wide, kana = mark in (b"$@", b"$B"), mark == b"(I"
    out.append(_jis_run(octets[at:], wide=wide, kana=kana))
    return "".join(out)


def _jis_run(run: bytes, *, wide: bool, kana: bool) -> str:
    if kana:
        return bytes(octet | 0x80 for octet in run).decode("cp932", "replace")
    if not wide:
        return run.decode("cp932", "replace")
    shifted = bytearray()
    for row, cell in zip(run[0::2], run[1::2], strict=False):
        if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
            shifted += b"?"
            continue
        lead = (row - 0x21) // 2 + 0x81
        shifted.append(lead if lead < 0xA0 else lead + 0x40)
        if row % 2:
            shifted.append(cell + (0x1F if cell < 0x60 else 0x20))
        else:
            shifted.append(cell + 0x7E)
    return bytes(shifted).decode("cp932", "replace")


def _without_bom(text: str) -> str:
    return text[1:] if text.startswith("\ufeff") else text


def _as_utf8(octets: bytes) -> str | None:
    try:
        return _without_bom(octets.decode("utf-8"))
    except UnicodeError:
        return None


def _undeclared(octets: bytes) -> str:
    """The likeliest reading of octets nobody vouches for."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", "replace")
    if b"\x1b$" in octets and octets.isascii():
        return _from_jis(octets)
    wide = _as_utf16(octets)
    if wide is not None:
        return wide
    valid = _as_utf8(octets)
    if valid is not None:
        return valid
    guessed = _guess(_sample(octets))
    if guessed is not None:
        return octets.decode(guessed, "replace")
    return _western(octets)


def _as_utf16(octets: bytes) -> str | None:
    sample = octets[:_SAMPLE]
    if sample.count(0) * 3 < len(sample) or len(sample) < 8:
        return None
    codec = "utf-16-be" if sample[0::2].count(0) > sample[1::2].count(0) else "utf-16-le"
    return octets.decode(codec, "replace")


def _western(octets: bytes) -> str:
    try:
        return octets.decode("cp1252")
    except UnicodeError:
        return octets.decode("latin-1")


def _sample(octets: bytes) -> bytes:
    """The surroundings of the first octets above 127, up to ``_SAMPLE`` octets."""
    first = re.search(rb"[\x80-\xff]", octets)
    at = max(0, first.start() - 64) if first else 0
    return octets[at : at + _SAMPLE]


#: What a guess may be: the charsets mail without a declaration was ever written in.
_GUESSED = [
    "cp1252",
    "cp1250",
    "cp1251",
    "koi8_r",
    "cp866",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "cp874",
    "cp850",
    "cp437",
    "mac_roman",
    "mac_cyrillic",
    "iso8859_2",
    "iso8859_5",
    "iso8859_7",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "cp949",
]
_HIGH = bytes(range(128, 256))


@lru_cache(maxsize=64)
def _guess(sample: bytes) -> str | None:
    high = len(sample) - len(sample.translate(None, _HIGH))
    if high < 8:  # too little to tell anything by
        return None
    best = from_bytes(sample, steps=3, chunk_size=512, cp_isolation=_GUESSED, explain=False).best()
    return codec_for(best.encoding) if best is not None else None
