"""pymap's IMAP server with in-memory mailboxes, mended where it falls short of a usual server.

pymap's interface is private-ish, which is why its version is pinned exactly.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet, Message
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag, Recent, Wildcard, get_system_flags
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext


class KeywordMailbox(MailboxData):
    """pymap drops keywords set by STORE unless the mailbox says that it keeps any."""

    @property
    def permanent_flags(self) -> frozenset[Flag]:
        return (get_system_flags() - {Recent}) | {Wildcard}

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        """As pymap's, but the moment a client did not name carries a time zone."""
        dated = replace(append_msg, when=append_msg.when or datetime.now(UTC))
        return await super().append(dated, recent=recent)


class DemoMailboxes(MailboxSet):
    def __init__(self) -> None:
        super().__init__()
        self._inbox = KeywordMailbox(self._content_cache, self._thread_cache)

    async def add_mailbox(self, name: str) -> Any:
        await super().add_mailbox(name)
        self._set[name] = mailbox = KeywordMailbox(self._content_cache, self._thread_cache)
        return mailbox.mailbox_id


class DemoConfig(Config):
    @property
    def greeting(self) -> bytes:
        return b"embedded demo server ready"  # pymap would ask the DNS for our name


async def start_imap(
    host: str, users: Mapping[str, str], mailboxes: Mapping[str, MailboxSet], message_cap: int
) -> int:
    """Listen on a free port of ``host`` in the running loop; the port. ``users`` maps names to passwords."""
    config = DemoConfig(
        Namespace(passlib_cfg=None, proxy_protocol=None),
        demo_data=False,
        demo_user="",
        demo_password="",
        host=host,
        port=0,
        tls_enabled=False,
        hash_context=Cleartext(),
        cpu_subsystem=Subsystem.for_asyncio(),
        invalid_user_sleep=0.0,
        reject_dnsbl=False,
        max_append_len=message_cap,
    )
    config.apply_context()
    login = Login(config)
    for name, password in users.items():
        login.users_dict[name] = UserMetadata(config, name, password=password)
        config.set_cache[name] = (mailboxes[name], FilterSet())
    session = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(login, config))
    server = await asyncio.start_server(session, host, 0, limit=2 * message_cap)
    return int(server.sockets[0].getsockname()[1])
