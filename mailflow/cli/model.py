"""``mailflow model``: train and measure the suggestion model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import Failure

if TYPE_CHECKING:
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
    articles: Annotated[
        Path, typer.Option("--articles", metavar="A.csv", help="Columns id, title, body.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the model is written.")],
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
) -> None:
    """Train a model from articles and past tickets."""
    from mailflow.shipped import shipped
    from mailflow.suggest.tables import TableFault, read_articles, read_history
    from mailflow.suggest.train import learn_model, lexicon_beside, load_lexicon, save_model
    from mailflow.suggest.unusable import ModelUnusable

    started = time.monotonic()
    try:
        known = read_articles(articles)
        tickets = read_history(history, frozenset(a.id for a in known)) if history else []
        lexicon_file = lexicon_beside(out, shipped("models") / LEXICON)
        lexicon = load_lexicon(lexicon_file) if lexicon_file else ()
        model = learn_model(known, tickets, lexicon, own_tickets=not examples)
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


@app.command()
def evaluate(
    history: Annotated[
        Path,
        typer.Option(
            "--history",
            metavar="H.csv",
            help="Tickets it was not trained on: subject, body, article_id (empty: none fits), priority.",
        ),
    ],
    model: Annotated[
        Path | None, typer.Option("--model", metavar="DIR", help="The model; else the one shipped.")
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

    loaded = model_in(model)
    try:
        tickets = read_history(history, frozenset(loaded.articles))
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
