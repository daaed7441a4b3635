"""Articles, announcements, choices of sending and reports, on both databases."""

from __future__ import annotations

from datetime import timedelta

from builders import NOW
from desk_samples import new_mail, ticket_of
from sqlalchemy import update

from mailflow.desk.notices import NoticeKind
from mailflow.desk.ticket import Article, ArticleStatus, Wording
from mailflow.store import tables as t
from mailflow.store.articles import StoredArticles
from mailflow.store.database import SqlStore, open_store
from mailflow.store.replay import arrivals, seed
from mailflow.store.shadow import mails_by_kind, shadowed

DAY = timedelta(days=1)
LAMP = Article(
    "lamp",
    "Lamp lost its wifi",
    "Press.",
    ArticleStatus.FIXED,
    ("wifi",),
    wordings=(Wording("de", "L", "D"),),
)


def test_an_article_comes_back_and_waits_for_who_was_not_told(store: SqlStore) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        work.articles.save(LAMP, "", "", NOW)
        work.connection.execute(update(t.ticket).values(article_id="lamp"))
        kept = work.articles.get("lamp")
        assert kept is not None and kept.article == LAMP
        assert [x.id for x in work.articles.waiting_on(LAMP)] == [number]
        work.articles.announce_later(LAMP, "it is fixed", NOW)
        work.articles.announce_later(LAMP, "it is fixed", NOW)
        assert [a.article_id for a in work.articles.announcements()] == ["lamp"]
        work.outbox.add(
            new_mail(number, f"article:{number}:lamp:fixed", kind=NoticeKind.ARTICLE_UPDATE)
        )
        assert work.articles.waiting_on(LAMP) == []
        work.articles.announced("lamp", "told", NOW)
        assert not work.articles.announcements() and not work.articles.dismiss("lamp", "late", NOW)
    assert StoredArticles(store, {})["lamp"] == LAMP
    with store.begin() as work:
        work.articles.withdraw("lamp", "its file is gone", NOW)
    assert list(StoredArticles(store, {"lamp": LAMP})) == []


def test_a_choice_is_seen_by_the_next_look_at_the_budgets(store: SqlStore) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        work.outbox.add(new_mail(number))
        for on in (True, False, None):
            work.outbox.choose(NoticeKind.ACKNOWLEDGEMENT, on, NOW)
            mail = work.outbox.next_due(NOW)
            assert mail is not None and work.outbox.usage(mail, NOW).switched is on
    assert mails_by_kind(store, NOW)["acknowledgement"]["pending"] == 1


def test_reports_are_planned_and_counted(store: SqlStore) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        assert work.reports.next_at("digest") is None
        work.reports.plan("digest", NOW)
        work.reports.plan("digest", NOW + DAY)
        assert work.reports.next_at("digest") == NOW + DAY
        assert [x.id for x in work.reports.open_tickets()] == [number]
        week = work.reports.week(NOW - DAY, NOW + DAY)
        assert (len(week.opened), week.still_open, week.held) == (1, 1, 0)
        report = new_mail(None, "report:1", kind=NoticeKind.REPORT)
        assert work.outbox.add(report) is not None  # about no single ticket


def test_shadow_mail_and_arrivals_are_found_by_their_days(store: SqlStore, tmp_path) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        work.outbox.add(new_mail(number))
        work.connection.execute(update(t.outbox).values(state="shadow"))
    (mail,) = shadowed(store, NOW, NOW + DAY, {})
    assert mail.ticket is not None and mail.ticket.id == number
    assert shadowed(store, NOW + DAY, NOW + 2 * DAY, {}) == []
    assert [a.raw.octets for a in arrivals(store, NOW, NOW + DAY)] == [b"first"]
    other = open_store(f"sqlite:///{tmp_path}/replay.db")
    assert seed(store, other, NOW, NOW + DAY) == 0
    with store.begin() as work:
        work.connection.execute(update(t.ticket).values(created_at=NOW - DAY))
    third = open_store(f"sqlite:///{tmp_path}/again.db")
    assert seed(store, third, NOW, NOW + DAY) == 1
    with third.begin() as work:
        assert work.tickets.ticket(number) is not None
    other.close()
    third.close()
