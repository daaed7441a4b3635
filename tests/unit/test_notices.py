"""The facts of the notices, and the last look before a mail leaves."""

from __future__ import annotations

import time

import pytest

from mailflow.desk.leaving import leaving_faults
from mailflow.desk.notice_samples import sample_variants
from mailflow.desk.notices import (
    FACTS,
    Acknowledgement,
    NoticeKind,
    plain_facts,
    variable_reference,
)


def faults(text: str, **facts: object) -> tuple[str, ...]:
    return leaving_faults("Subject", text, None, facts)


@pytest.mark.parametrize(
    "text",
    [
        "Hello {{ name }},",
        "Hello }} there",
        "{% if x %}",
        "Your number is None.",
        "None",
        "Hello None,",
        "Hello ,\nx",
        "Dear ,",
        "Dear",
        "Dear,",
        "Guten Tag ,",
        "Sehr geehrte Frau ,",
        "Sehr geehrter Herr,",
        "Bonjour ,",
        "Olá !",
        "write to noreply@example.com",
        "no-reply",
        "Please do not reply to this mail",
        "",
        "  \n ",
    ],
)
def test_what_must_not_leave(text: str) -> None:
    assert faults(text)
    if text.strip():
        assert leaving_faults("Subject", "Hello, x", f"<html><body><p>{text}</p></body></html>")
        assert leaving_faults(text, "Hello, x", None)


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nall is well.",
        "Hello Maria,",
        "Guten Tag,",
        "None of the printers works.",
        "Nonetheless { it } works: {a: 1}",
        "Just reply to this mail.",
        "dearly, Dear Maria,",
    ],
)
def test_what_may_leave(text: str) -> None:
    assert faults(text) == ()


def test_peoples_words_are_not_held_against_the_mail() -> None:
    theirs = "Hello ,\nNone\n{{ x }} {% y %} noreply@shop.example do not reply"
    assert faults(f"Maria wrote:\n> {theirs}", new_text=theirs) == ()
    assert faults(f"Maria wrote:\n> {theirs}", nested=[{"a": theirs}]) == ()
    assert leaving_faults("x", "x", "<p>{{ x }}</p>", {"new_text": theirs}) == ()
    assert faults("Hello {{ name }},", new_text="harmless") != ()
    assert faults("Name: None", requester_name="None") != ()


def test_the_head_of_an_html_part_is_not_read_but_its_body_is() -> None:
    page = "<html><head><style>a{b:{{}}}</style></head><body><p>%s</p></body></html>"
    assert leaving_faults("x", "x", page % "fine") == ()
    assert leaving_faults("x", "x", page % "&#123;&#123; x")


def test_the_last_look_is_linear() -> None:
    for hostile in (
        "<" * 300_000,
        "{" * 300_000,
        "dear " * 60_000,
        "hello" + " " * 300_000,
        "no" * 150_000,
    ):
        started = time.process_time()
        leaving_faults(hostile, hostile, hostile, {"a": hostile})
        assert time.process_time() - started < 2


def test_unauthenticated_facts_hold_none_of_the_senders_words() -> None:
    facts = Acknowledgement(
        ticket_number=1,
        ticket_tag="[#1]",
        support_name="S",
        requester_name="Eve",
        subject_echo="Buy",
    )
    assert "Eve" not in str(facts)
    assert "Buy" not in str(facts)
    empty = Acknowledgement(
        ticket_number=1, ticket_tag="[#1]", support_name="S", authenticated=True, requester_name=""
    )
    assert empty.requester_name is None


@pytest.mark.parametrize("notice", NoticeKind)
def test_every_fact_is_documented_and_sampled(notice: NoticeKind) -> None:
    documented = {name for name, meaning in variable_reference(notice) if meaning}
    samples = sample_variants(notice)
    assert len(samples) >= 2
    for facts in samples:
        assert isinstance(facts, dict)
        assert set(facts) <= documented
        assert {name for name in documented if "." not in name} == set(facts)
    assert FACTS[notice].__doc__


def test_facts_become_plain_data() -> None:
    for notice in NoticeKind:
        for facts in sample_variants(notice):
            assert all(type(v).__module__ in ("builtins", "datetime") for v in facts.values())
    facts = plain_facts(Acknowledgement(ticket_number=1, ticket_tag="[#1]", support_name="S"))
    assert facts["article"] is None
