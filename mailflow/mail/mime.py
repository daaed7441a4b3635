"""The structure of a message as plain values: field, head, part, tree (RFC 5322, RFC 2045).

These are what the rest of the room reads a message through. Nothing here raises on any content:
a body that cannot be decoded as it says is decoded as well as it can be, and the reader of the
structure (``structure.read_mime``) lists the faults in ``MimeTree.defects``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mailflow.mail.charset import decode_text
from mailflow.mail.transfer import decode_transfer


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One field. ``raw`` is unfolded text with encoded words left alone; ``value`` has them decoded.

    Structured fields (addresses, ids, parameters) are read from ``raw``, because a decoded word may
    hold characters that would mean something there.
    """

    name: str  # lower case
    raw: str
    value: str


@dataclass(frozen=True, slots=True)
class Head:
    """The header fields of a message or part in order, topmost first. Names are asked for in lower case."""

    fields: tuple[HeaderField, ...] = ()

    def first(self, name: str) -> str | None:
        """The decoded value of the topmost field called ``name``, or None."""
        for one in self.fields:
            if one.name == name:
                return one.value
        return None

    def all(self, name: str) -> tuple[str, ...]:
        """The decoded values of every field called ``name``, topmost first."""
        return tuple([one.value for one in self.fields if one.name == name])

    def raw(self, name: str) -> str | None:
        """The undecoded (but unfolded) value of the topmost field called ``name``, or None."""
        for one in self.fields:
            if one.name == name:
                return one.raw
        return None

    def raws(self, name: str) -> tuple[str, ...]:
        """The undecoded values of every field called ``name``, topmost first."""
        return tuple([one.raw for one in self.fields if one.name == name])

    def __contains__(self, name: object) -> bool:
        return any(one.name == name for one in self.fields)


@dataclass(frozen=True)
class Part:
    """One MIME entity. The message itself is the root part; its ``head`` is the head of the message.

    ``children`` are the parts of a multipart, or the one message inside a message/rfc822 (whose own
    ``octets`` are then that whole message). Bodies are decoded when first asked for.
    """

    head: Head
    content_type: str  # lower case type/subtype, never empty
    params: Mapping[str, str]  # of Content-Type, names in lower case, values decoded
    disposition: str  # 'inline', 'attachment', or '' when there is none
    filename: str  # as the sender wrote it (decoded), from either field; '' when there is none
    transfer_encoding: str  # lower case; '' when there is none
    children: tuple[Part, ...] = ()
    content_id: str | None = None  # no angle brackets
    source: bytes = field(default=b"", repr=False)  # the buffer the body lies in
    start: int = 0
    end: int = 0

    @property
    def encoded(self) -> bytes:
        """The body as it stood in the message, before transfer decoding."""
        return self.source[self.start : self.end]

    @cached_property
    def octets(self) -> bytes:
        """The body with its transfer encoding undone (RFC 2045 6); of a multipart, the whole inner text."""
        if self.content_type.startswith("multipart/"):
            return self.encoded
        return decode_transfer(self.encoded, self.transfer_encoding)[0]

    @cached_property
    def text(self) -> str:
        """The body as text, whatever the type: charset undone, line ends LF, no NUL, no lone surrogate."""
        return decode_text(self.octets, self.params.get("charset", ""))[0]

    @property
    def maintype(self) -> str:
        return self.content_type.partition("/")[0]

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")

    @property
    def is_message(self) -> bool:
        """Whether the body is itself a message (message/rfc822 or message/global)."""
        return self.content_type in ("message/rfc822", "message/global")

    def walk(self, *, into_messages: bool = False) -> Iterator[Part]:
        """This part and all below it, depth first, as they lie in the message.

        A message inside (message/rfc822) is given as a part, but entered only with ``into_messages``:
        its text was written in another mail.
        """
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            if into_messages or not part.is_message:
                waiting.extend(reversed(part.children))


@dataclass(frozen=True, slots=True)
class MimeTree:
    """A whole message as structure. ``defects`` are short stable names, each at most once, sorted."""

    root: Part
    defects: tuple[str, ...] = ()
