"""The little web server behind the links of our mails: one request at a time, small, and never for long.

It stands behind the admin's own web server, which has the certificate and meets the world. Whoever
asks, reading changes nothing; only a POST does, and only with a token we signed.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Timer

from mailflow.desk.link_pages import LinkPage

log = logging.getLogger(__name__)

_SECONDS = 10.0  # for a request, from its first octet to the answer's last
_MAX_BODY = 4096
_CONFIRMS = b"One-Click"  # List-Unsubscribe=One-Click, in either encoding of a form (RFC 8058 3.2)
_STYLE = (
    ":root{color-scheme:light dark}body{font:18px/1.5 system-ui,sans-serif;max-width:30em;margin:15vh auto;padding:0 20px}"
    "button{font:inherit;padding:.6em 1.2em;border:0;border-radius:6px;background:#1f5fbf;color:#fff;cursor:pointer}"
)
_ALWAYS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("Content-Type", "text/html; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),  # the address of the page is the reader's own
    ("Cache-Control", "no-store"),
    ("X-Robots-Tag", "noindex"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """``token`` is the last part of the address; ``pressed`` when the button was, or a mail client did it."""

    token: str
    accept_language: str
    pressed: bool


Shows = Callable[[Visit], tuple[int, LinkPage]]


class LinkServer(HTTPServer):
    """``shows`` answers each visit with a status and a page."""

    request_queue_size = 64

    def __init__(self, listen: str, port: int, title: str, shows: Shows) -> None:
        self.shows, self.title = shows, title
        self.address_family = socket.AF_INET6 if ":" in listen else socket.AF_INET
        super().__init__((listen, port), _Answering)

    def server_bind(self) -> None:
        # As HTTPServer does, but without asking the DNS for a name nobody needs.
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def stop(self) -> None:
        """Whoever is being answered gets the answer; nobody after that. Waits for it."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        log.debug("a visitor went away", exc_info=True)


class _Answering(BaseHTTPRequestHandler):
    server: LinkServer
    server_version = "mailflow"
    sys_version = ""

    def setup(self) -> None:
        # A deadline for the whole: somebody who sends an octet now and then would stay for ever otherwise.
        self._deadline = Timer(_SECONDS, self._cut)
        self._deadline.daemon = True
        self._deadline.start()
        super().setup()

    def finish(self) -> None:
        self._deadline.cancel()
        super().finish()

    def _cut(self) -> None:
        try:
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("the visitor was gone already")

    def do_GET(self) -> None:
        self._answer(pressed=False)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 9):
            self.send_error(411)
        elif int(length) > _MAX_BODY:
            self.send_error(413)
        elif _CONFIRMS not in self.rfile.read(int(length)):
            self.send_error(400)
        else:
            self._answer(pressed=True)

    def _answer(self, *, pressed: bool) -> None:
        token = self.path[:2000].partition("?")[0].rstrip("/").rpartition("/")[2]
        visit = Visit(token, self.headers.get("Accept-Language", ""), pressed)
        try:
            status, page = self.server.shows(visit)
        except Exception:
            log.exception("a link could not be followed")
            self.send_error(500)
            return
        body = _html(page, self.server.title).encode()
        self.send_response(status)
        for name, value in (*_ALWAYS, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Addresses of visitors are nobody's business, and their tokens are secrets."""


def _html(page: LinkPage, title: str) -> str:
    form = (
        '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
        f"<button>{escape(page.button)}</button></form>"
        if page.button
        else ""
    )
    return (
        f'<!DOCTYPE html><html lang="{page.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><p>{escape(page.text)}</p>{form}</body></html>\n"
    )
