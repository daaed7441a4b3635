"""Notice a burst of similar new tickets, draft an article of it, and tell the agents once."""

from __future__ import annotations

from datetime import timedelta

from mailflow.desk.articles import slug
from mailflow.desk.bursts import (
    LOOK_BACK,
    MOST_A_DAY,
    Burst,
    BurstRules,
    burst_facts,
    draft_of,
    find_bursts,
    title_of,
)
from mailflow.desk.notices import NoticeKind
from mailflow.flow.answer import Desk
from mailflow.flow.ports import Store, Work
from mailflow.flow.reports import queue_notice

_NEWEST = 500  # tickets of a window
_PAST = 2_000
_DAY = timedelta(days=1)


class BurstWatch:
    """Looks whenever a ticket was opened since its last look; a restart looks once more."""

    def __init__(self, rules: BurstRules) -> None:
        self._rules = rules
        self._seen = 0  # number of the newest ticket looked at

    def look(self, store: Store, desk: Desk) -> int:
        """Tell of every new burst, each in one transaction with its draft and its rows. How many mails."""
        with store.begin() as work:
            newest = work.bursts.newest_ticket()
            if newest == self._seen:
                return 0
            queued = self._look(work, desk)
        self._seen = newest
        return queued

    def _look(self, work: Work, desk: Desk) -> int:
        now = desk.clock()
        since = now - self._rules.window
        window = work.bursts.opened(since, _NEWEST)
        if len(window) < self._rules.people and not any(x.burst for x in window):
            return 0
        past = [x for x in work.bursts.opened(now - LOOK_BACK, _PAST) if x.opened_at < since]
        found = find_bursts(window, past, self._rules)
        for key, ticket in found.joined:
            reason = f"the same as ticket {key} and others, of which agents know"
            work.tickets.note_event(ticket.ticket_id, "burst", reason, now, burst=key)
        return sum(_tell(work, desk, burst) for burst in found.new)


def _tell(work: Work, desk: Desk, burst: Burst) -> int:
    now, key = desk.clock(), f"burst:{burst.key}"
    if work.bursts.told_since(now - _DAY) >= MOST_A_DAY:
        reason = f"{burst.reason}; agents were told of {MOST_A_DAY} bursts within a day already"
        work.tickets.note_event(None, "burst not told", reason, now, burst=burst.key)
        _count_tickets(work, burst, reason, desk)
        return 0
    taken = {kept.article.id for kept in work.articles.all()} | set(desk.articles)
    article = draft_of(burst, slug(title_of(burst), taken))
    work.articles.save(article, "", "", now)
    work.tickets.note_event(
        None, "burst", burst.reason, now, burst=burst.key, article=article.id, title=article.title
    )
    _count_tickets(work, burst, burst.reason, desk, article=article.id)
    queues = {x.queue for x in burst.tickets}
    agents = {
        a.address: a for queue in sorted(queues, key=str) for a in desk.policy.agents_of(queue)
    }
    return sum(
        queue_notice(
            work,
            desk,
            NoticeKind.BURST,
            f"{key}:{agent.address}",
            agent.address,
            burst_facts(burst, article, agent, desk.policy),
        )
        is not None
        for agent in agents.values()
    )


def _count_tickets(work: Work, burst: Burst, reason: str, desk: Desk, **detail: str) -> None:
    """Each ticket knows its burst: what is like it joins, and it is never counted to another."""
    for ticket in burst.tickets:
        work.tickets.note_event(
            ticket.ticket_id, "burst", reason, desk.clock(), burst=burst.key, **detail
        )
