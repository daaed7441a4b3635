"""From settings to what the jobs run on: policy, accounts, templates, the desk. No scheduler, no threads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from mailflow.calendars import calendars_from
from mailflow.config import Settings, read_password
from mailflow.config.fields import parse_duration, parse_time_span
from mailflow.config.sections import ClockSettings, Targets
from mailflow.desk.bursts import BurstRules
from mailflow.desk.calendar import Quiet
from mailflow.desk.clocks import ClockPolicy
from mailflow.desk.kept_template import KeptVersion
from mailflow.desk.mirror_scheme import MirrorRules
from mailflow.desk.notices import NoticeKind
from mailflow.desk.policy import (
    Agent,
    AutoClosePolicy,
    Budgets,
    Policy,
    ProgressPolicy,
    Queue,
    SendingMode,
    ascii_lower,
)
from mailflow.desk.ticket import Article, Priority, TicketStatus
from mailflow.edges.imap import ImapAccount
from mailflow.edges.signed_smtp import SignedSender
from mailflow.edges.smtp import SmtpSender, SmtpServer
from mailflow.edges.templates import Templates, TemplateUnusable
from mailflow.flow.answer import Desk
from mailflow.flow.bursts import BurstWatch
from mailflow.flow.ports import Clock, Submission
from mailflow.shipped import shipped
from mailflow.signing import dkim_signer
from mailflow.state import signing_keys
from mailflow.store.articles import StoredArticles
from mailflow.store.database import SqlStore
from mailflow.store.faults import StoreUnavailable
from mailflow.store.templates import SqlTemplates


def utc_now() -> datetime:
    return datetime.now(UTC)


def policy_from(settings: Settings) -> Policy:
    """The admin's decisions as the desk reads them."""
    support, sending, progress = settings.support, settings.sending, settings.progress
    address = ascii_lower(support.address)
    queues = tuple(
        Queue(
            name=q.name.lower(),
            addresses=frozenset(map(ascii_lower, q.addresses)),
            agents=tuple(map(ascii_lower, q.agents)),
            update_every=_targets(q.update_every),
        )
        for q in settings.queues
    )
    return Policy(
        support_address=address,
        support_name=support.name,
        organisation=support.organisation,
        language=support.language,
        own_addresses=frozenset(
            {address, *map(ascii_lower, support.aliases), *(a for q in queues for a in q.addresses)}
        ),
        queues=queues,
        agents=tuple(Agent(ascii_lower(a.address), a.name) for a in settings.agents),
        mode=SendingMode(sending.mode),
        acknowledge=settings.acknowledgement.enabled,
        if_urgent=settings.acknowledgement.if_urgent,
        ask_if_it_helped=settings.acknowledgement.ask_if_it_helped,
        clocks=tuple(_clocks(aims) for aims in settings.clocks),
        auto_close=AutoClosePolicy(
            _days(settings.auto_close.pending),
            _days(settings.auto_close.solved),
            parse_duration(settings.auto_close.announce_before),
        ),
        budgets=Budgets(
            sending.per_address_per_hour,
            sending.per_address_per_day,
            sending.per_ticket_per_day,
            sending.per_domain_per_hour,
            sending.per_hour,
        ),
        progress=ProgressPolicy(
            enabled=progress.enabled,
            every=MappingProxyType({p: getattr(progress, p.value) for p in Priority}),
            max_updates=progress.max_updates,
            backoff=progress.backoff,
            warn_before=progress.warn_before,
            quiet=Quiet(*parse_time_span(progress.quiet or "00:00-00:00")),
        ),
        calendars=calendars_from(settings),
        authserv_id=settings.mailbox.authserv_id,
        largest_message=settings.mailbox.max_message_octets,
        reply_by_subaddress=settings.replies.subaddress,
        link_base=settings.web.public_url,
        agent_name=settings.replies.agent_name,
        token_lifetime=timedelta(days=settings.replies.token_days),
        envelope_sender=settings.smtp.envelope_sender,
        subject_window=timedelta(days=settings.threading.subject_window_days),
    )


def burst_watch(settings: Settings) -> BurstWatch | None:
    """Who notices that many people report the same at once; None where nobody is to."""
    bursts = settings.bursts
    if not bursts.enabled:
        return None
    return BurstWatch(BurstRules(bursts.people, timedelta(hours=bursts.hours)))


def _clocks(aims: ClockSettings) -> ClockPolicy:
    return ClockPolicy(
        queues=tuple(name.lower() for name in aims.queues),
        first_response=_targets(aims.first_response),
        next_response=_targets(aims.next_response),
        resolution=_targets(aims.resolution),
        pause_on_hold=aims.pause_on_hold,
        warn_before=aims.warn_before,
        escalate_to=tuple(ascii_lower(address) for address in aims.escalate_to),
    )


def _days(text: str) -> timedelta | None:
    return parse_duration(text) if text else None


def _targets(given: Targets) -> Mapping[Priority, timedelta]:
    return MappingProxyType({Priority(name): span for name, span in given.items()})


def imap_account(settings: Settings) -> ImapAccount:
    mailbox = settings.mailbox
    password = read_password(mailbox)
    return ImapAccount(
        host=mailbox.host,
        port=mailbox.port,
        tls=mailbox.tls,
        username=mailbox.username,
        password=password.reveal() if password else "",
        ca_file=mailbox.ca_file,
        timeout_seconds=mailbox.timeout_seconds,
        insecure=mailbox.insecure,
    )


def mirror_rules(settings: Settings) -> MirrorRules | None:
    """None where the mailbox is left as it is."""
    mirror = settings.mirror
    shadow = settings.sending.mode != "live"
    if mirror.mode == "off" or (mirror.mode == "live" and shadow):
        return None
    return MirrorRules(
        folders={
            TicketStatus.NEW: mirror.new,
            TicketStatus.OPEN: mirror.open,
            TicketStatus.PENDING: mirror.pending,
            TicketStatus.ON_HOLD: mirror.on_hold,
            TicketStatus.SOLVED: mirror.solved,
        },
        tags=mirror.tags,
        junk_folder=mirror.junk_folder,
        drafts_folder=mirror.drafts_folder,
        drafts=mirror.drafts,
        file_sent=mirror.file_sent,
    )


def smtp_server(settings: Settings) -> SmtpServer:
    smtp = settings.smtp
    password = read_password(smtp)
    return SmtpServer(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        username=smtp.username or None,
        password=password.reveal() if password else None,
        ca_file=smtp.ca_file,
        timeout_seconds=smtp.timeout_seconds,
        allow_insecure=smtp.insecure,
    )


def signed(settings: Settings, sender: SmtpSender) -> Submission:
    """``sender``, signing where ``[dkim]`` names a key. Raises ConfigError for a key that is none."""
    sign = dkim_signer(settings)
    return sender if sign is None else SignedSender(sender, sign)


def open_templates(
    settings: Settings, store: SqlStore | None = None, *, settle_seconds: float = 0.0
) -> Templates:
    """``store`` remembers what served before, for the day a file is broken at the start."""
    own = settings.templates.folder
    folders = [*([own] if own else []), shipped("templates")]
    language = settings.support.language
    forbidden = forbidden_claims(settings)
    if store is None:
        return Templates(folders, language, forbidden=forbidden)
    return Templates(
        folders,
        language,
        lambda kind, spoken: _served(store, kind, spoken),
        forbidden,
        settle_seconds,
    )


def forbidden_claims(settings: Settings) -> tuple[re.Pattern[str], ...]:
    claims = settings.templates.forbidden_claims
    return tuple(re.compile(claim, re.IGNORECASE) for claim in claims)


_LOOKED_BACK = 5  # versions of one notice tried before the shipped one serves


def _served(store: SqlStore, kind: NoticeKind, language: str) -> Sequence[KeptVersion]:
    with store.read() as connection:
        return SqlTemplates(connection).served(kind.value, language, _LOOKED_BACK)


def open_articles(store: SqlStore, seed: Mapping[str, Article]) -> Mapping[str, Article]:
    """What the desk knows: the database's articles, read fresh, before those of the model."""
    return StoredArticles(store, seed)


def build_desk(
    settings: Settings,
    templates: Templates,
    articles: Mapping[str, Article],
    clock: Clock = utc_now,
) -> Desk:
    """What the jobs share. Makes the signing key on first use."""
    return Desk(
        policy=policy_from(settings),
        keys=signing_keys(settings.state.directory),
        clock=clock,
        renders=templates,
        articles=articles,
        temporary=(StoreUnavailable,),
        unrenderable=(TemplateUnusable,),
    )
