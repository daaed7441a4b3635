"""What an invitation says (iCalendar, RFC 5545), for messages in which nobody wrote a word beside it."""

from __future__ import annotations

import re

MAX_LINES = 2_000
_SHOWN = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "DESCRIPTION")
_FOLD = re.compile(r"\n[ \t]")
_ESCAPED = re.compile(r"\\([nN,;\\])")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")


def calendar_to_text(source: str) -> str:
    """Summary, time, place, organizer and description of the first event, one a line; '' without any."""
    found: dict[str, str] = {}
    inside = False
    for line in _FOLD.sub("", source).split("\n")[:MAX_LINES]:
        upper = line[:20].upper().strip()
        if upper in ("BEGIN:VEVENT", "BEGIN:VTODO"):
            inside = True
        elif inside and upper.startswith("END:V"):
            break
        elif inside:
            name, _, value = line.partition(":")
            name = name.partition(";")[0].upper()
            if name in _SHOWN and value.strip():
                found.setdefault(name, _readable(name, value.strip()))
    moments = " – ".join(found[name] for name in ("DTSTART", "DTEND") if name in found)
    lines = [found.get("SUMMARY"), moments, found.get("LOCATION"), found.get("ORGANIZER")]
    return "\n".join([line for line in (*lines, found.get("DESCRIPTION")) if line])


def _readable(name: str, value: str) -> str:
    if name == "ORGANIZER":
        return value[7:] if value[:7].lower() == "mailto:" else value
    if name in ("DTSTART", "DTEND"):
        return _MOMENT.sub(_written, value, count=1)
    return _ESCAPED.sub(lambda mark: "\n" if mark[1] in "nN" else mark[1], value)


def _written(moment: re.Match[str]) -> str:
    year, month, day, hour, minute, universal = moment.groups()
    if hour is None:
        return f"{year}-{month}-{day}"
    return f"{year}-{month}-{day} {hour}:{minute}{' UTC' if universal else ''}"
