"""``mailflow template preview``: a page on this machine alone that shows a notice as its readers will see it."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from mailflow.cli.outcome import settings_for
from mailflow.cli.template_data import known_notice, opened_templates


def preview(
    ctx: typer.Context,
    notice: Annotated[
        str, typer.Argument(metavar="[NOTICE]", help="Shown first.")
    ] = "acknowledgement",
    language: Annotated[str, typer.Option(help="Shown first; the desk's own when left out.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = 0,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = True,
) -> None:
    """Show notices in your browser: text, HTML, dark and phone width, live while you edit.

    Any sample and any of the newest tickets can be chosen. The page is served on 127.0.0.1 under an
    address nobody can guess, and holds nothing from anywhere else. Ctrl-C ends it.
    """
    import webbrowser

    from mailflow.cli.preview_pages import Pages
    from mailflow.cli.preview_server import PreviewServer

    settings, first = settings_for(ctx), known_notice(notice)
    with opened_templates(ctx) as (templates, store):
        pages = Pages(templates, store, settings, first, language or settings.support.language)
        server = PreviewServer(pages, port, secrets.token_urlsafe(18))
        typer.echo(f"Preview at {server.address}")
        typer.echo("It follows your files as you save them. Ctrl-C ends it.")
        if browser:
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("")
        finally:
            server.server_close()
