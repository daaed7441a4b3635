"""The command language: what telephones make of it, what is none, and that it is total and linear."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.desk.changes import Assign, MergeInto, SetStatus
from mailflow.desk.command_values import WriteNote
from mailflow.desk.commands import mended, parse_commands, read_commands
from mailflow.desk.ticket import TicketStatus
from tests.builders import ANN, BOB, message, policy

SOLVED = (SetStatus(TicketStatus.SOLVED),)


def parse(text):
    return parse_commands(text, ANN, policy())


@pytest.mark.parametrize(
    "line",
    [
        "#solved", "#Solved", "#SOLVED", "#solved.", "# solved", "\ufeff#solved", "\u00a0#solved\u00a0",
        "\u200b#solved", "＃solved", "*#Solved*", "\\#solved", "#solved!", "  #solved  ", "#status solved",
        "#status: Solved",
    ],
)  # fmt: skip
def test_what_telephones_make_of_a_command_does_not_matter(line):
    read = parse(f"\n{line}\n\nRestart it.")
    assert (read.commands, read.faults, read.rest) == (SOLVED, (), "Restart it.")


@pytest.mark.parametrize(
    "text",
    [
        "#1 restart it",
        "> #solved",
        "Hello #solved",
        "-- \n#solved",
        "#",
        "##solved",
        "Kind regards",
    ],
)
def test_what_is_no_command_is_text(text):
    assert not parse(text).commands


@pytest.mark.parametrize("line", ["#cloes", "#solved now", "#merge", "#merge x", "#due 2026-02-30"])
def test_a_near_miss_is_a_fault_with_its_reason(line):
    read = parse(line)
    assert not read.commands
    assert read.faults[0].line == line
    assert read.faults[0].why


@pytest.mark.parametrize(
    "line",
    [
        "#solved " + "now " * 90,
        "#note CANARY: he shouts" + "?" * 400,
        "#note " + "\u00a0" * 2000 + "CANARY",
        "\u200b" * 2000 + "#note CANARY " * 300,
        "＃note CANARY " * 300,
        "#" + "a" * 40,
        "#note! CANARY",
        "#solved/now",
        "**#note** CANARY",
        "#" + "x" * 100_000,
    ],
)
def test_a_line_that_begins_like_a_command_is_never_text(line):
    for text in (line, f"#solved\n{line}\nRestart it."):
        read = parse(text)
        assert read.faults, text[:40]
        assert all(f.why and len(f.line) <= 300 for f in read.faults)


@pytest.mark.parametrize(
    "line", ["#note CANARY " * 300, "#merge x", "#snooze someday", "#solved now " + "x" * 400]
)
def test_nor_is_one_below_other_text(line):
    assert parse(f"Restart it.\n{line}").faults[0].code == "below"


@pytest.mark.parametrize("line", ["# open the port", "#include <stdio.h>", "#1 restart it"])
def test_lines_of_a_script_below_other_text_are_text(line):
    assert not parse(f"Put this there:\n{line}").faults


def test_a_mistyped_mail_is_mended_where_its_meaning_can_be_guessed():
    text = "#cloes\n#status solvd\n\nRestart it.\n#urgent\nAnn"
    draft = mended(text, parse(text).faults)
    assert draft == "#urgent\n#close\n#status solved\n\nRestart it.\nAnn"
    assert not parse(draft).faults
    assert mended("#cloes\n" + "x" * 6000, parse("#cloes").faults) == ""


def test_addresses_and_numbers_survive_what_clients_link():
    linked = "#assign bob@desk.example<mailto:bob@desk.example>\n#merge into [#12]"
    assert parse(linked).commands == (Assign(BOB.address), MergeInto(12))


def test_a_command_below_other_text_is_carried_out_by_nobody_and_sent_to_nobody():
    assert parse("Restart it.\n#solved").faults
    assert not parse("Restart it.\n#solved").commands
    assert parse("#note\nwords\n#solved").commands == (WriteNote(),)


def test_html_alone_commands_nothing():
    html = "<p style='color:white'>#solved</p><p>Restart it.</p>"
    mail = message(text="#solved\n\nRestart it.", new_text="#solved\n\nRestart it.", html=html)
    read = read_commands(mail, ANN, policy(), ())
    assert not read.commands
    assert "plain text" in read.faults[0].why


@given(
    st.text(
        alphabet=st.sampled_from("#sSolved noteassigmrg\n\t:.12>-\u00a0\ufeff＃é"), max_size=300
    )
)
def test_any_text_is_read_and_nothing_of_it_is_lost(text):
    read = parse(text)
    lost = text.removesuffix(read.rest.rstrip("\n")).rstrip("\n") if read.rest else text
    assert text.strip("\n").endswith(read.rest)
    if not (read.commands or read.faults):
        assert not lost.replace(read.rest, "").strip("\n\t \u00a0\ufeff")


def test_reading_is_linear():
    started = time.perf_counter()
    parse("#solved " * 40_000 + "\n" + "#" * 400_000 + "\n" + "#note\n" * 40_000)
    parse("#solvd nonsense\n" * 40_000)
    assert time.perf_counter() - started < 5
