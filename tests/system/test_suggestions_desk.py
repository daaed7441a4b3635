"""What suggestions do to people's mail, through the real door: thanks, named articles, models that come and go."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from mailflow.cli.main import run
from mailflow.demo.servers import EmbeddedServers
from mailflow.flow.follow_up import solve_ticket
from mailflow.model_shelf import Entry, Shelf
from mailflow.shipped import shipped
from mailflow.suggest.embeddings import load_embeddings
from mailflow.suggest.learn_ranking import LearnTicket
from mailflow.suggest.model import Model
from mailflow.suggest.tables import read_articles, read_history
from mailflow.suggest.train import learn_model, load_lexicon, save_model
from mailflow.suggestions import load_suggester
from tests.daemon import rows, until
from tests.desks import Desk, answer_to, inbox, letter
from tests.embeddings import save_embeddings

SUPPORT, ANN, MIA = "support@desk.test", "ann@desk.test", "mia@home.test"
AGENT = f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'
SEED = shipped("models") / "seed"
LEXICON = shipped("models") / "priority-lexicon.toml"
ARTICLES = read_articles(SEED / "articles.csv")[:4]
HISTORY = read_history(SEED / "history.csv", frozenset(a.id for a in ARTICLES))
#: Each judged as new, yet its twins are known: nearly all right.
TICKETS = [
    replace(ticket, number=place)
    for place, ticket in enumerate(4 * [t for t in HISTORY if t.article_id], start=1)
]


@pytest.fixture(scope="module")
def own() -> Model:
    """Learned from confirmed tickets of the installation, more than enough for the strict bound."""
    return learn_model(ARTICLES, TICKETS, load_lexicon(LEXICON), own_tickets=True)


@pytest.fixture(scope="module")
def clear(own: Model) -> LearnTicket:
    """A message whose article both the own model and the seed are sure of."""
    texts = [(t.subject, t.body) for t in TICKETS[:80]]
    seed = Model.suggest_many(replace(own, accept=replace(own.accept, own_tickets=False)), texts)
    for ticket, mine, theirs in zip(TICKETS, own.suggest_many(texts), seed, strict=False):
        if mine.for_customer and theirs.suggested_article:
            return ticket
    raise AssertionError("no message is clear enough")


@pytest.fixture
def servers() -> Iterator[EmbeddedServers]:
    with EmbeddedServers([SUPPORT, ANN, MIA]) as running:
        yield running


@pytest.fixture
def desk(servers: EmbeddedServers, tmp_path: Path) -> Iterator[Desk]:
    told = f"[admin]\nalert_command = ['tee', '-a', '{tmp_path / 'desk' / 'told'}']\n"
    running = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENT + told, suggestions="")
    yield running
    running.close()


def promote(desk: Desk, model: Model, name: str) -> Path:
    """Put a model on the shelf and let it serve, as training does."""
    shelf = Shelf(desk.app.settings.state.directory)
    folder = shelf.folder / name
    save_model(model, folder, ARTICLES, TICKETS, LEXICON)
    shelf.add(Entry(name, "2026-03-01T00:00:00+00:00", len(TICKETS), len(ARTICLES), 0, "promoted"))
    shelf.promote(name, "promoted")
    return folder


def asks(desk: Desk, ticket: LearnTicket):
    own_id = f"Message-ID: <{uuid4().hex}@home.test>"  # two mails of one second are two mails
    mail = letter(f"Mia <{MIA}>", ticket.subject or "Help", ticket.body, own_id)
    [outcome] = desk.receive(mail)
    return outcome


def acknowledgement(servers: EmbeddedServers) -> str:
    return inbox(servers, MIA)[-1].text


def title_of(article_id: str) -> str:
    return next(a.title for a in ARTICLES if a.id == article_id)


def check(desk: Desk, monkeypatch, capsys) -> dict[str, str]:
    monkeypatch.setenv("MAILFLOW_MAILBOX__PASSWORD", desk.servers.users[SUPPORT])
    capsys.readouterr()
    run(["check", "--json", "--config", str(desk.folder / "config.toml")])
    checks = json.loads(capsys.readouterr().out)["checks"]
    return next(found for found in checks if found["subject"] == "model")


def test_thanks_to_a_solved_ticket_wakes_nobody(desk, servers):
    desk.receive(letter(MIA))
    solve_ticket(desk.app.store, desk.app.desk, 1, "Repaired in version 2.")
    desk.step()
    solved, sent = inbox(servers, MIA)[-1], len(servers.accepted)

    def replies(words: str):
        answer = answer_to(solved, MIA, words)
        return desk.receive(answer, to=solved.reply_to[0].address)[0].ticket.status

    assert replies("Thank you so much!") == "solved"
    assert len(servers.accepted) == sent
    [(reason,)] = rows(desk.folder, "SELECT reason FROM event WHERE kind = 'thanks'")
    assert reason
    assert replies("Thanks, but it is still broken.") == "open"
    assert len(servers.accepted) > sent
    assert len(rows(desk.folder, "SELECT 1 FROM event WHERE kind = 'thanks'")) == 1


def test_a_running_desk_names_articles_once_its_own_model_serves(desk, servers, own, clear, capsys):
    first = asks(desk, clear)
    assert first.suggestion.articles[0].article_id == clear.article_id
    assert not first.suggestion.for_customer
    title = title_of(clear.article_id)
    assert title not in acknowledgement(servers)  # the shipped seed never speaks to customers

    promote(desk, own, "own")
    desk.app.take_up_model()
    second = asks(desk, clear)
    assert second.suggestion.model != first.suggestion.model
    assert title in acknowledgement(servers)
    told = [m.text for m in inbox(servers, ANN)][-1]
    assert title in told
    assert re.search(r"like (a past ticket|past tickets): “#\d+ ", " ".join(told.split()))

    words = ["ticket", "show", str(second.ticket.id), "--config", str(desk.folder / "config.toml")]
    capsys.readouterr()
    assert run(words) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "(suggested, to customers too)" in shown
    assert all(" ".join(reason.split()) in shown for reason in second.suggestion.because)
    assert len(second.suggestion.because) >= 2
    assert run([*words, "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)["messages"][0]["suggestion"]
    assert tuple(kept["because"]) == second.suggestion.because


def test_an_own_model_that_lacks_proof_tells_agents_alone(desk, servers, own, clear):
    loose = replace(own.accept, strict=tuple(min(bound, 0.949) for bound in own.accept.strict))
    unproven = {"unconfirmed": replace(own.accept, own_tickets=False), "loose": loose}
    title = title_of(clear.article_id)
    for name, accept in unproven.items():
        promote(desk, replace(own, accept=accept), name)
        desk.app.take_up_model()
        outcome = asks(desk, clear)
        assert outcome.suggestion.suggested_article == clear.article_id, name
        assert title not in acknowledgement(servers), name
        assert title in inbox(servers, ANN)[-1].text, name


def test_a_damaged_model_stops_no_mail_and_check_tells_why(desk, servers, own, monkeypatch, capsys):
    assert check(desk, monkeypatch, capsys)["status"] == "ok"
    folder = promote(desk, own, "own")
    cut_short(folder)
    desk.app.suggests = load_suggester(desk.app.settings)  # as the next start does
    outcome = asks(desk, LearnTicket("Login", "I cannot log in."))
    assert outcome.ticket.id == 1
    assert outcome.suggestion.articles == ()
    assert len(inbox(servers, MIA)) == len(inbox(servers, ANN)) == 1
    found = check(desk, monkeypatch, capsys)
    assert found["status"] == "warning"
    assert "arrays.npz is not the file that was trained" in found["cause"]
    assert found["next_step"]


def cut_short(folder: Path) -> None:
    arrays = folder / "arrays.npz"
    arrays.write_bytes(arrays.read_bytes()[:-100])


def of_another_version(folder: Path) -> None:
    facts = json.loads((folder / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps(facts | {"format": "mailflow model 99"}), "utf-8")


def with_arrays(folder: Path, octets: bytes) -> None:
    """Whoever can write there can write the right checksum too."""
    facts = json.loads((folder / "model.json").read_text("utf-8"))
    facts["arrays_sha256"] = hashlib.sha256(octets).hexdigest()
    (folder / "arrays.npz").write_bytes(octets)
    (folder / "model.json").write_text(json.dumps(facts), "utf-8")


def packed_unreadably(folder: Path) -> None:
    octets = (folder / "arrays.npz").read_bytes()
    with_arrays(folder, octets.replace(b"\x08\x00\x00\x00\x21\x00", b"\x63\x00\x00\x00\x21\x00"))


def scrambled(folder: Path) -> None:
    octets = bytearray((folder / "arrays.npz").read_bytes())
    octets[3_000:3_400:7] = bytes(len(octets[3_000:3_400:7]))
    with_arrays(folder, bytes(octets))


def failing_on_every_message(folder: Path) -> None:
    facts = json.loads((folder / "model.json").read_text("utf-8"))
    facts["priority"]["tickets"] = -150  # what is divided by is zero then
    (folder / "model.json").write_text(json.dumps(facts), "utf-8")


@pytest.mark.parametrize(
    ("harm", "cause"),
    [
        (cut_short, "is not the file that was trained"),
        (of_another_version, "of another format or version"),
        (packed_unreadably, "is damaged"),
        (scrambled, "is damaged"),
        (failing_on_every_message, "it fails on a message"),
    ],
)
def test_the_last_good_model_goes_on_when_the_one_on_disk_is_spoilt(
    desk, servers, own, clear, harm, cause
):
    folder = promote(desk, own, "own")
    desk.app.take_up_model()
    good = asks(desk, clear).suggestion
    assert good.for_customer
    harm(folder)
    desk.app.take_up_model()
    outcome = asks(desk, clear)
    assert outcome.suggestion == good
    assert title_of(clear.article_id) in acknowledgement(servers)
    told = (desk.folder / "told").read_text("utf-8")
    assert "the last good one goes on" in told
    assert cause in told
    desk.app.take_up_model()
    assert (desk.folder / "told").read_text("utf-8") == told  # once

    save_model(own, folder, ARTICLES, TICKETS, LEXICON)
    desk.app.take_up_model()
    assert desk.app.suggests.fault == ""
    harm(folder)
    desk.app.take_up_model()
    assert (desk.folder / "told").read_text("utf-8") == 2 * told  # it had been mended meanwhile


def test_a_promoted_model_that_cannot_serve_leaves_the_one_that_does(desk, own, clear):
    first = asks(desk, clear).suggestion
    cut_short(promote(desk, own, "own"))
    desk.app.take_up_model()
    assert asks(desk, clear).suggestion == first
    assert "the last good one goes on" in (desk.folder / "told").read_text("utf-8")


def test_what_people_wrote_lies_in_no_file_while_training_and_the_child_ends_with_us(desk):
    """Killed in the middle: nothing is left to find, and nothing goes on."""
    secret = "the-customers-very-own-words"
    asks(desk, LearnTicket("Help", f"My lamp is broken. {secret}"))
    config = str(desk.folder / "config.toml")
    assert run(["ticket", "priority", "1", "urgent", "--config", config]) == 0
    program = Path(sys.executable).parent / "mailflow"
    with subprocess.Popen([program, "model", "train", "--config", config]) as training:
        children = Path(f"/proc/{training.pid}/task/{training.pid}/children")
        until(lambda: bool(children.read_text()), "a child")
        child = int(children.read_text().split()[0])
        os.kill(child, signal.SIGSTOP)
        left = [f for f in desk.folder.rglob("*") if f.is_file() and "mailflow.db" not in f.name]
        found = [f for f in left if secret.encode() in f.read_bytes()]
        training.kill()
    os.kill(child, signal.SIGCONT)
    assert not found
    until(lambda: not Path(f"/proc/{child}").exists() or is_dead(child), "the end of the child")
    assert not [f for f in Shelf(desk.app.settings.state.directory).folder.iterdir() if f.is_dir()]


def is_dead(process: int) -> bool:
    """Ended, though nobody asked how: its new parent here may never."""
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_a_model_whose_embeddings_are_gone_stops_no_mail(desk, servers, monkeypatch, capsys):
    folder = save_embeddings(desk.folder / "embeddings")
    known = load_embeddings(folder)
    promote(desk, learn_model(ARTICLES, [], (), own_tickets=True, embeddings=known), "meaning")
    desk.app.take_up_model()
    assert asks(desk, LearnTicket("Login", "I cannot log in.")).suggestion.articles != ()
    (folder / "model.safetensors").unlink()
    desk.app.suggests = load_suggester(desk.app.settings)  # as the next start does
    outcome = asks(desk, LearnTicket("Login", "I cannot log in today."))
    assert outcome.ticket.id == 2
    assert outcome.suggestion.articles == ()
    assert len(inbox(servers, MIA)) == len(inbox(servers, ANN)) == 2
    found = check(desk, monkeypatch, capsys)
    assert found["status"] == "warning"
    assert f"the embeddings in {folder} are damaged" in found["cause"]
    assert "`mailflow model train`" in found["cause"]
