"""``text/plain; format=flowed`` back into paragraphs (RFC 3676)."""

from __future__ import annotations


def unflow(text: str, *, delsp: bool = False) -> str:
    """Lines that flow joined, stuffed spaces removed. Quote depth is kept as ``>`` marks.

    ``delsp`` removes the space that marked the flow (RFC 3676 4.3: for scripts without spaces).
    """
    out: list[str] = []
    flowing: list[str] = []  # the pieces of the paragraph being joined
    depth = 0
    for line in text.split("\n"):
        quotes = len(line) - len(line.lstrip(">"))
        content = line[quotes:]
        if content.startswith(" "):
            content = content[1:]  # space-stuffed
        if flowing and quotes != depth:
            out.append(_quoted(depth, flowing))
            flowing = []
        depth = quotes
        if content == "-- " or not content.endswith(" "):
            if content == "-- " and flowing:
                out.append(_quoted(depth, flowing))
                flowing = []
            out.append(_quoted(depth, [*flowing, content]))
            flowing = []
            continue
        flowing.append(content[:-1] if delsp else content)
    if flowing:
        out.append(_quoted(depth, flowing))
    return "\n".join(out)


def _quoted(depth: int, pieces: list[str]) -> str:
    text = "".join(pieces)
    return f"{'>' * depth} {text}" if depth else text
