"""``mailflow model``: train and measure the suggestion model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import Failure, settings_for
from mailflow.model_shelf import Shelf, ShelfFault

if TYPE_CHECKING:
    from mailflow.suggest.learn_ranking import LearnTicket
    from mailflow.suggest.model import Model

app = typer.Typer(help="Train, measure and look into the suggestion model.", no_args_is_help=True)

LEXICON = "priority-lexicon.toml"


@app.callback()
def _model() -> None:
    """Train, measure and look into the suggestion model."""


def model_in(folder: Path | None) -> Model:
    """The model in ``folder``, else the shipped one; a Failure with the next step when unusable."""
    from mailflow.shipped import shipped
    from mailflow.suggest.model import load_model
    from mailflow.suggest.unusable import ModelUnusable

    try:
        return load_model(folder or shipped("models") / "seed")
    except ModelUnusable as error:
        raise Failure(error.reason, error.mend) from error


@app.command()
def train(
    ctx: typer.Context,
    articles: Annotated[
        Path | None, typer.Option("--articles", metavar="A.csv", help="Columns id, title, body.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the model is written.")
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history",
            metavar="H.csv",
            help="Past tickets: subject, body, article_id (empty: none fits), priority.",
        ),
    ] = None,
    examples: Annotated[
        bool,
        typer.Option(
            "--examples", help="The history is made up: never show its suggestions to customers."
        ),
    ] = False,
    embeddings: Annotated[
        Path | None,
        typer.Option(
            "--embeddings",
            metavar="DIR",
            help="Learn with static embeddings too, a folder that model2vec saved.",
        ),
    ] = None,
) -> None:
    """Train a model: from files, or without any from this installation's own tickets and articles.

    From own tickets, what agents changed and chose is learned. The new model is compared with the one
    that serves on the newest confirmed tickets and takes its place only if it is not worse.
    """
    if articles is None and out is None and history is None and not examples:
        if embeddings is not None:
            raise Failure(
                "training from own tickets takes the embeddings from suggestions.embeddings",
                f"mailflow --set suggestions.embeddings={embeddings} model train",
            )
        _train_own(ctx)
        return
    if articles is None or out is None:
        raise Failure("files need both --articles and --out", "name both, or neither")
    from mailflow.shipped import shipped
    from mailflow.suggest.embeddings import load_embeddings
    from mailflow.suggest.tables import TableFault, read_articles, read_history
    from mailflow.suggest.train import learn_model, lexicon_beside, load_lexicon, save_model
    from mailflow.suggest.unusable import ModelUnusable

    started = time.monotonic()
    try:
        known = read_articles(articles)
        tickets = read_history(history, frozenset(a.id for a in known)) if history else []
        lexicon_file = lexicon_beside(out, shipped("models") / LEXICON)
        lexicon = load_lexicon(lexicon_file) if lexicon_file else ()
        meaning = load_embeddings(embeddings) if embeddings else None
        model = learn_model(known, tickets, lexicon, own_tickets=not examples, embeddings=meaning)
        version = save_model(model, out, known, tickets, lexicon_file)
    except TableFault as error:
        raise Failure(str(error), "correct the file") from error
    except ModelUnusable as error:
        raise Failure(error.reason, error.mend) from error
    except OSError as error:
        raise Failure(
            f"{error.filename}: {error.strerror}", "name readable files and a writable folder"
        ) from error
    seconds = time.monotonic() - started
    typer.echo(
        f"model {version}: {len(known)} articles, {len(tickets)} past tickets, {seconds:.1f} s, in {out}"
    )


def _train_own(ctx: typer.Context) -> None:
    from mailflow.cli.store import opened_store
    from mailflow.learning import train_own
    from mailflow.wiring import utc_now

    with opened_store(ctx) as store:
        entry = train_own(settings_for(ctx), store, utc_now)
    if entry is None:
        raise Failure("another process is training", "wait for it, then see `mailflow model list`")
    if not entry.name:
        raise Failure(
            entry.verdict, "see `mailflow check`, and that there is memory; then try again"
        )
    learned = f"{entry.articles} articles, {entry.tickets} confirmed tickets"
    typer.echo(f"model {entry.name}: {learned}; {entry.verdict}")


@app.command("list")
def list_(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List the models trained here, newest first, and say which serves and why."""
    from dataclasses import asdict

    from mailflow.cli.screen import print_json
    from mailflow.suggestions import model_folder

    settings = settings_for(ctx)
    ledger = Shelf(settings.state.directory).ledger()
    if as_json:
        print_json(asdict(ledger))
        return
    typer.echo(f"serving: {model_folder(settings)}")
    for entry in reversed(ledger.entries):
        mark = "*" if entry.name and entry.name == ledger.serving else " "
        name = entry.name or "nothing"
        typer.echo(f"{mark} {name:<16} {entry.tickets:>6} tickets  {entry.verdict}")


@app.command()
def promote(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `mailflow model list` says it.")],
) -> None:
    """Let a model serve, whatever the comparison said. The daemon takes it over by itself."""
    shelf = Shelf(settings_for(ctx).state.directory)
    try:
        shelf.promote(name, "promoted by the admin")
    except ShelfFault as error:
        raise Failure(str(error), "see `mailflow model list`") from error
    typer.echo(f"model {name} serves.")


@app.command()
def rollback(ctx: typer.Context) -> None:
    """Let the model serve again that served before. The daemon takes it over by itself."""
    shelf = Shelf(settings_for(ctx).state.directory)
    try:
        ledger = shelf.rollback()
    except ShelfFault as error:
        raise Failure(str(error), "see `mailflow model list`") from error
    typer.echo(f"{ledger.serving or 'the model that came with mailflow'} serves.")


@app.command("train-phrases")
def train_phrases(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Holds examples.csv: language, label, text. phrases.json comes beside.",
        ),
    ],
    label: Annotated[str, typer.Option("--label", help="The label to recognise.")] = "thanks",
    every_sentence: Annotated[
        bool,
        typer.Option(
            "--every-sentence/--any-sentence", help="Whether all of a text must be so, or a part."
        ),
    ] = True,
) -> None:
    """Train the small model that knows content-free replies, or the one that knows feature requests."""
    from mailflow.suggest.learn_phrases import learn_phrases, read_examples
    from mailflow.suggest.phrases import save_phrases

    try:
        examples = read_examples(folder / "examples.csv", label)
        rarely = 0.005 if every_sentence else 0.03
        model, held_out = learn_phrases(
            examples, label, polite=every_sentence, false_at_most=rarely
        )
        save_phrases(model, folder)
    except ValueError as error:
        raise Failure(str(error), "correct the file") from error
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}", "name another folder") from error
    typer.echo(
        f"{label}: {len(examples)} examples; held out: {held_out.found} of {held_out.positives} "
        f"found, {held_out.false} of {held_out.others} others taken for it; in {folder}"
    )


def _serving(ctx: typer.Context) -> Path:
    from mailflow.suggestions import model_folder

    return model_folder(settings_for(ctx))


def _own_tickets(ctx: typer.Context) -> list[LearnTicket]:
    """Confirmed tickets the serving model did not learn from; judging it on others would flatter it."""
    from mailflow.cli.store import opened_store
    from mailflow.learning import own_lessons
    from mailflow.suggest.learn_ranking import LearnTicket

    settings = settings_for(ctx)
    ledger = Shelf(settings.state.directory).ledger()
    entry = ledger.entry(ledger.serving)
    newest = entry.newest_ticket if entry else 0
    with opened_store(ctx) as store:
        lessons = [x for x in own_lessons(settings, store) if x.ticket_id > newest]
    if not lessons:
        raise Failure(
            "no ticket was confirmed since the serving model was trained",
            "wait until agents set priorities and articles, or name tickets with --history",
        )
    typer.echo(f"{len(lessons)} confirmed tickets the serving model did not learn from", err=True)
    return [LearnTicket(x.subject, x.text, x.article_id, x.priority) for x in lessons]


@app.command()
def evaluate(
    ctx: typer.Context,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history",
            metavar="H.csv",
            help="Tickets it was not trained on: subject, body, article_id (empty: none fits), priority. "
            "Without it: this installation's confirmed tickets.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="DIR",
            help="The model; else the one that serves, or the shipped one.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write a report with drawings."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the measures as JSON.")] = False,
) -> None:
    """Measure a model on tickets whose article and priority are known."""
    import json

    from mailflow.suggest.evaluate import evaluate_model
    from mailflow.suggest.tables import TableFault, read_history

    loaded = model_in(model or (None if history else _serving(ctx)))
    try:
        tickets = (
            read_history(history, frozenset(loaded.articles)) if history else _own_tickets(ctx)
        )
        found = evaluate_model(loaded, tickets)
        if html is not None:
            html.write_text(found.html, "utf-8")
    except TableFault as error:
        raise Failure(str(error), "correct the file") from error
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}", "name another file") from error
    if as_json:
        typer.echo(json.dumps(found.facts, sort_keys=True))
        return
    for heading, lines in found.lines.items():
        typer.echo(heading)
        for name, value in lines:
            typer.echo(f"  {name:<32} {value}")
