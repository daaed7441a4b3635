"""``mailflow article``: known issues with their solutions, and telling those who wait for one."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.article_input import articles_in, read_words
from mailflow.cli.article_preview import people, preview
from mailflow.cli.outcome import Failure, settings_for
from mailflow.cli.screen import ago, cell, print_json, print_labelled, print_table, screen
from mailflow.cli.store import opened_store
from mailflow.desk.articles import edited
from mailflow.desk.ticket import Article, ArticleStatus

if TYPE_CHECKING:
    from mailflow.desk.articles import Departure
    from mailflow.flow.answer import Desk
    from mailflow.flow.ports import KeptArticle
    from mailflow.store.database import SqlStore, SqlWork

app = typer.Typer(help="Known issues and their solutions.", no_args_is_help=True)

_COLOURS = {
    ArticleStatus.DRAFT: "dim",
    ArticleStatus.WORKAROUND: "yellow",
    ArticleStatus.FIXED: "green",
}

Id = Annotated[str, typer.Argument(metavar="ID", help="The article's short name.")]
Title = Annotated[str | None, typer.Option("--title", help="One line that names the issue.")]
Status = Annotated[
    ArticleStatus | None,
    typer.Option("--status", help="draft is for you alone; workaround and fixed are news."),
]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="A tag; may stand several times.")
]
Symptoms = Annotated[
    str | None, typer.Option("--symptoms", help="What people notice, in their words.")
]
Body = Annotated[
    Path | None,
    typer.Option("--body", metavar="FILE", help="The solution in Markdown; - reads it from stdin."),
]
Language = Annotated[
    str | None,
    typer.Option("--language", metavar="LL", help="Language of the words given, such as de."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Tell people without asking.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show who would be told, and change nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    status: Status = None,
    as_json: AsJson = False,
) -> None:
    """List the articles, and those whose news waits for you."""
    with opened_store(ctx) as store, store.begin() as work:
        kept = [k for k in work.articles.all() if status in (None, k.article.status)]
        waiting = {a.article_id: a for a in work.articles.announcements()}
        people = {i: len(work.articles.waiting_on(k.article)) for k in kept if (i := k.article.id)}
    if as_json:
        print_json([_plain(k) | {"waiting": people[k.article.id]} for k in kept])
        return
    if not kept:
        typer.echo(
            "There are no such articles." if status else "There are no articles yet.", err=True
        )
        return
    now = datetime.now(UTC)
    rows = [
        [
            k.article.id,
            cell("withdrawn", "dim")
            if k.withdrawn
            else cell(k.article.status.value, _COLOURS.get(k.article.status, "")),
            ago(k.changed_at, now),
            str(people[k.article.id] or ""),
            k.article.title,
        ]
        for k in kept
    ]
    print_table(
        screen(), ["id", "status", "changed", "waiting", "title"], rows, giving_way=("title", "id")
    )
    for article_id in waiting:
        typer.echo(
            f"News waits: tell people with `mailflow article announce {article_id}`.", err=True
        )


@app.command()
def show(ctx: typer.Context, article_id: Id, as_json: AsJson = False) -> None:
    """Show an article, and the tickets whose people wait for it."""
    with opened_store(ctx) as store, store.begin() as work:
        kept = _kept(work, article_id)
        tickets = work.articles.waiting_on(kept.article)
    if as_json:
        print_json(_plain(kept) | {"waiting": [ticket.id for ticket in tickets]})
        return
    console, article = screen(), kept.article
    console.print(cell(f"{article.id}  {article.title}", "bold"), soft_wrap=True)
    facts = {
        "status": article.status.value + (", withdrawn" if kept.withdrawn else ""),
        "changed": f"{kept.changed_at:%Y-%m-%d %H:%M} UTC",
        "tags": ", ".join(article.tags),
        "language": article.language,
        "also in": ", ".join(w.language for w in article.wordings),
        "file": kept.source,
        "waiting": ", ".join(f"#{ticket.id}" for ticket in tickets) or "nobody",
        "symptoms": article.symptoms,
    }
    for label, value in facts.items():
        if value:
            print_labelled(console, label, cell(value))
    console.print()
    console.print(cell(article.body or "There is no solution yet."), soft_wrap=True)


@app.command()
def add(
    ctx: typer.Context,
    article_id: Id,
    title: Annotated[str, typer.Option("--title", help="One line that names the issue.")],
    status: Annotated[
        ArticleStatus, typer.Option("--status", help="draft is for you alone.")
    ] = ArticleStatus.KNOWN,
    tag: Tags = None,
    symptoms: Symptoms = None,
    body: Body = None,
    language: Language = None,
) -> None:
    """Add an article. Tells nobody; see `article edit` and `article announce`."""
    article = Article(
        id=article_id,
        title=title,
        body=read_words(body) if body else "",
        status=status,
        tags=tuple(tag or ()),
        symptoms=symptoms or "",
        language=language or "",
    )
    with opened_store(ctx) as store, store.begin() as work:
        if work.articles.get(article_id) is not None:
            raise Failure(
                f"there is an article {article_id} already", "change it with `article edit`"
            )
        _save(work, article)
    typer.echo(f"Article {article_id} is kept.")


@app.command()
def edit(
    ctx: typer.Context,
    article_id: Id,
    title: Title = None,
    status: Status = None,
    tag: Tags = None,
    symptoms: Symptoms = None,
    body: Body = None,
    language: Language = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Change an article. When it gets a workaround or a solution, tell everybody who waits for it.

    You see how many and who first. With --language other than the article's own, --title and --body
    are its words in that language.
    """
    from mailflow.flow.articles import hold_announcement

    words = read_words(body) if body else None
    with opened_store(ctx) as store:
        desk = _desk(ctx, store)
        with store.begin() as work:
            kept = _kept(work, article_id)
            _ours(kept)
            article = edited(
                kept.article,
                title=title,
                status=status,
                tags=tag,
                symptoms=symptoms,
                body=words,
                language=language,
            )
            plan = _plan(work, desk, kept, article)
        if plan:
            preview(desk, article, plan)
        if dry_run:
            typer.echo("Nothing was changed.")
            return
        tell = bool(plan) and (yes or typer.confirm(f"Tell {people(len(plan))} now?"))
        with store.begin() as work:
            if _save(work, article):  # waits until the letters are in the outbox
                hold_announcement(work, article, desk.clock())
        typer.echo(f"Article {article_id} is {article.status.value}.")
        if tell:
            _announce(store, desk, article)
        elif plan:
            typer.echo(f"Nobody was told. Do it with `mailflow article announce {article_id}`.")


@app.command()
def announce(
    ctx: typer.Context,
    article_id: Id,
    yes: Yes = False,
    dry_run: DryRun = False,
    never: Annotated[
        bool, typer.Option("--never", help="Let the waiting news go: tell nobody.")
    ] = False,
) -> None:
    """Tell everybody who waits for an article its news, each once.

    News is that it has a workaround now, or is fixed. You see how many and who first.
    """
    from mailflow.desk.articles import NEWS
    from mailflow.flow.articles import planned_announcement

    with opened_store(ctx) as store:
        desk = _desk(ctx, store)
        with store.begin() as work:
            article = _kept(work, article_id).article
            if never:
                if not work.articles.dismiss(article_id, "dismissed by hand", desk.clock()):
                    raise Failure(f"no news of {article_id} waits", "see `mailflow article list`")
                typer.echo("Nobody is told.")
                return
            if article.status not in NEWS:
                raise Failure(
                    f"{article_id} is {article.status.value}: there is nothing to announce",
                    "say `mailflow article edit` with --status workaround or --status fixed",
                )
            plan = planned_announcement(work, desk, article)
            if not plan:
                work.articles.announced(article_id, "nobody waits", desk.clock())
        if not plan:
            typer.echo("Nobody waits for it, or everybody was told.")
            return
        preview(desk, article, plan)
        if dry_run:
            typer.echo("Nobody was told.")
        elif yes or typer.confirm(f"Tell {people(len(plan))} now?"):
            _announce(store, desk, article)


@app.command()
def draft(
    ctx: typer.Context,
    ticket: Annotated[int, typer.Argument(metavar="TICKET", help="Number of the ticket.")],
    title: Title = None,
) -> None:
    """Make a draft article of an agent's latest answer in a ticket."""
    from mailflow.flow.articles import draft_article_from_message

    with opened_store(ctx) as store, store.begin() as work:
        try:
            article = draft_article_from_message(
                work, ticket, None, datetime.now(UTC), by="admin", title=title or ""
            )
        except LookupError as error:
            raise Failure(str(error), "see `mailflow ticket show`") from error
    typer.echo(
        f"Article {article.id} is a draft; finish it with `mailflow article edit {article.id}`."
    )


@app.command("import")
def import_(
    ctx: typer.Context,
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…", help="Markdown files, folders of them, or CSV: id, title, body."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be kept.")
    ] = False,
) -> None:
    """Take articles over from files, all or none. Tells nobody."""
    articles = [article for source in sources for article in articles_in(source)]
    ids = [article.id for article in articles]
    twice = next((i for i in ids if ids.count(i) > 1), None)
    if twice is not None:
        raise Failure(f"the id {twice} stands twice", "give each article an id of its own")
    with opened_store(ctx) as store, store.begin() as work:
        known = {kept.article.id for kept in work.articles.all()}
        if not dry_run:
            for article in articles:
                _save(work, article)
    new = len(set(ids) - known)
    typer.echo(
        f"Articles: {new} {'would be new' if dry_run else 'new'}, {len(ids) - new} replaced."
    )


@app.command("export")
def export(
    ctx: typer.Context,
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="A folder for Markdown files, or a .csv file.")
    ],
) -> None:
    """Write all articles to Markdown files, or to one CSV.

    `mailflow model train` reads that CSV.
    """
    from mailflow.edges.article_files import article_text

    with opened_store(ctx) as store, store.begin() as work:
        articles = [kept.article for kept in work.articles.all() if not kept.withdrawn]
    if target.suffix.lower() == ".csv":
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "title", "body", "status", "tags"])
            for a in articles:
                words = f"{a.symptoms}\n\n{a.body}" if a.symptoms else a.body
                writer.writerow([a.id, a.title, words, a.status.value, " ".join(a.tags)])
    else:
        target.mkdir(parents=True, exist_ok=True)
        for article in articles:
            (target / f"{article.id}.md").write_text(article_text(article), encoding="utf-8")
    typer.echo(f"{len(articles)} articles are in {target}.")


# ── what the commands share ─────────────────────────────────────────────────────────────────────


def _desk(ctx: typer.Context, store: SqlStore) -> Desk:
    from mailflow.wiring import build_desk, open_articles, open_templates

    settings = settings_for(ctx)
    return build_desk(settings, open_templates(settings), open_articles(store, {}))


def _kept(work: SqlWork, article_id: str) -> KeptArticle:
    kept = work.articles.get(article_id)
    if kept is None:
        raise Failure(f"there is no article {article_id}", "see `mailflow article list`")
    return kept


def _ours(kept: KeptArticle) -> None:
    if kept.source and not kept.withdrawn:
        raise Failure(
            f"{kept.article.id} comes from {kept.source}",
            "edit that file; mailflow takes it over within seconds",
        )


def _save(work: SqlWork, article: Article) -> bool:
    from mailflow.flow.articles import keep_article

    try:
        return keep_article(work, article, datetime.now(UTC))
    except ValueError as error:
        raise Failure(f"{article.id} cannot be kept: {error}") from error


def _plan(work: SqlWork, desk: Desk, kept: KeptArticle, article: Article) -> list[Departure]:
    from mailflow.desk.articles import is_news
    from mailflow.flow.articles import planned_announcement

    if not is_news(kept.article.status, article.status):
        return []
    return list(planned_announcement(work, desk, article))


def _announce(store: SqlStore, desk: Desk, article: Article) -> None:
    from mailflow.flow import articles

    with store.begin() as work:
        queued = articles.announce(work, desk, article, by="admin")
    typer.echo(f"{people(queued)} told: the mail is in the outbox.")


def _plain(kept: KeptArticle) -> dict[str, object]:
    a = kept.article
    return {
        "id": a.id,
        "title": a.title,
        "status": a.status.value,
        "tags": list(a.tags),
        "symptoms": a.symptoms,
        "body": a.body,
        "language": a.language,
        "wordings": {w.language: {"title": w.title, "body": w.body} for w in a.wordings},
        "source": kept.source,
        "withdrawn": kept.withdrawn,
        "created_at": kept.created_at,
        "changed_at": kept.changed_at,
    }
