"""Settings of the one-click links in mails."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator

from mailflow.config.fields import Host, Line
from mailflow.config.sections.section import Section

_HTTPS = re.compile(r"https://[\w.-]{1,253}(?::\d{1,5})?(?:/[\w./~-]{0,200})?", re.ASCII)


class WebSettings(Section):
    """Links in mails that people follow in a browser: one click ends progress updates. Off without public_url."""

    public_url: Line = ""
    """Where your web server passes them on, such as https://support.example.org/mail. Empty: links open mails instead."""
    listen: Host = "127.0.0.1"
    """Where mailflow answers your web server, in plain HTTP."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8925
    """On which port."""

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        if value and not _HTTPS.fullmatch(value):
            raise ValueError("must be an address such as https://support.example.org/mail")
        return value.rstrip("/")
