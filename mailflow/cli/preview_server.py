"""The preview's little web server: this machine alone, reading alone, and only for who has its address."""

from __future__ import annotations

import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from mailflow.cli.preview_pages import Page, Pages

_MAX_PATH = 2000


class PreviewServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1; ``address`` holds the secret that every request must name."""

    daemon_threads = True

    def __init__(self, pages: Pages, port: int, secret: str) -> None:
        self.pages, self.secret = pages, secret
        super().__init__(("127.0.0.1", port), _Answering)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def address(self) -> str:
        return f"http://{self.host}/{self.secret}/"

    def page(self, target: str, host: str) -> Page | None:
        """None: nothing is here. A name that leads here by a trick of the DNS is turned away, too."""
        parts = urlsplit(target[:_MAX_PATH])
        secret, _, name = parts.path.removeprefix("/").partition("/")
        known = secrets.compare_digest(secret.encode(), self.secret.encode())
        if not known or host != self.host:
            return None
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        return self.pages.page(name, query)


class _Answering(BaseHTTPRequestHandler):
    server: PreviewServer
    server_version = "mailflow"
    sys_version = ""

    def do_GET(self) -> None:
        page = self.server.page(self.path, self.headers.get("Host", ""))
        if page is None:
            self.send_error(404)
            return
        body = page.body.encode("utf-8", "replace")
        self.send_response(200)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Security-Policy", page.policy)
        self.send_header("Content-Length", str(len(body)))
        for name, value in _ALWAYS:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Nobody wants a line for every look."""


_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
