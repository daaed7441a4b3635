"""``mailflow demo``: the whole product on this machine alone, in under a minute."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mailflow.demo.play import Play
    from mailflow.demo.screen import Screen


def demo(
    serve: Annotated[
        bool,
        typer.Option(
            "--serve", help="Keep the servers and the daemon up, to try it with a mail client."
        ),
    ] = False,
) -> None:
    """Show mailflow at work: embedded mail servers, a cast of customers, and the real daemon.

    Nothing outside this machine is contacted and nothing is left behind.
    """
    started = time.monotonic()
    from rich.console import Console

    from mailflow.demo.play import stage, summary
    from mailflow.demo.screen import Screen
    from mailflow.demo.story import perform
    from mailflow.logs import set_up_logging

    set_up_logging("error", "auto")
    console = Console(highlight=False)
    screen = Screen(console, started)
    screen.say(
        "[bold]mailflow demo[/]: a support mailbox, its customers and an agent, all on this machine."
    )
    with (
        tempfile.TemporaryDirectory(prefix="mailflow-demo-") as folder,
        stage(Path(folder), screen) as play,
    ):
        perform(play)
        screen.table("The books", summary(play))
        if serve:
            _serve(play, screen)
    if not serve:
        screen.say(_NEXT)


_NEXT = """
Try next:
  mailflow demo --serve     keep it running and join in with Thunderbird or mutt
  mailflow init             write a configuration for your own mailbox (starts in shadow mode)
  mailflow inspect FILE     what mailflow reads in any raw message, and what it would decide"""


def _serve(play: Play, screen: Screen) -> None:
    from mailflow.demo.cast import AGENT, AGENT_NAME, MARIA, SUPPORT
    from mailflow.demo.servers import PASSWORD

    imap, smtp = play.servers.imap_port, play.servers.smtp_port
    users = "\n".join(
        f"  {who:<28} {what}"
        for who, what in (
            (SUPPORT, "the support mailbox itself: tickets, drafts, Sent"),
            (AGENT, "an agent: answer a notification"),
            (MARIA.address, "a customer: write to support@lumen.test"),
        )
    )
    screen.say(
        f"""
The servers stay up. Log in with any mail client; every password is “{PASSWORD}”:
{users}

  IMAP  127.0.0.1 port {imap}, no encryption, plain password
  SMTP  127.0.0.1 port {smtp}, no encryption, no login

  Thunderbird: New Account → Configure manually, with the values above.
  mutt:        mutt -e 'set imap_user={SUPPORT} imap_pass={PASSWORD} folder=imap://127.0.0.1:{imap}/' \\
                    -e 'set smtp_url=smtp://127.0.0.1:{smtp}/ ssl_starttls=no ssl_force_tls=no' \\
                    -e 'set from="{AGENT_NAME} <{SUPPORT}>" record=+Sent postponed=+Drafts' \\
                    -f imap://127.0.0.1:{imap}/INBOX
               For a customer's mailbox put their address in place of {SUPPORT}.

Ctrl-C ends it."""
    )
    sys.stdout.flush()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
