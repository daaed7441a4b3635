"""Reply tokens: what is signed is believed, and nothing else, however it is bent."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.desk.reply_token import (
    TOKEN_LENGTH,
    Purpose,
    ReplyToken,
    TokenFault,
    read_claims,
    sign_token,
    verify_token,
)
from mailflow.mail.message import Address
from tests.builders import KEY, NOW, SUPPORT, message

TODAY = NOW.date()
TOKEN = ReplyToken(Purpose.AGENT, 12, 34, TODAY + timedelta(days=30))
TEXT = sign_token(TOKEN, KEY)
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def test_a_token_survives_the_round_trip_and_fits_into_a_local_part():
    assert verify_token(TEXT, [KEY], TODAY) == TOKEN
    assert len(TEXT) == TOKEN_LENGTH
    assert len(f"support+{TEXT}") <= 64  # RFC 5321 4.5.3.1.1


@pytest.mark.parametrize("place", range(TOKEN_LENGTH))
def test_every_changed_character_is_refused(place):
    for other in ALPHABET:
        if other != TEXT[place]:
            forged = TEXT[:place] + other + TEXT[place + 1 :]
            assert verify_token(forged, [KEY], TODAY) is TokenFault.FORGED


@given(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.sampled_from(Purpose))
def test_no_part_of_a_token_can_be_swapped(ticket_id, person, purpose):
    other = sign_token(ReplyToken(purpose, ticket_id, person, TOKEN.expires_on), KEY)
    if other != TEXT:
        for cut in range(1, TOKEN_LENGTH):
            spliced = other[:cut] + TEXT[cut:]
            if spliced not in (other, TEXT):
                assert not isinstance(verify_token(spliced, [KEY], TODAY), ReplyToken)


@given(st.text(max_size=60))
def test_any_text_is_judged_without_an_exception(text):
    assert not isinstance(verify_token(text, [KEY], TODAY), ReplyToken)


def test_another_key_does_not_verify_but_an_older_one_of_ours_does():
    assert verify_token(TEXT, [b"x" * 32], TODAY) is TokenFault.FORGED
    assert verify_token(TEXT, [b"x" * 32, KEY], TODAY) == TOKEN


def test_a_token_ends_with_its_date():
    assert verify_token(TEXT, [KEY], TOKEN.expires_on) == TOKEN
    late = TOKEN.expires_on + timedelta(days=1)
    assert verify_token(TEXT, [KEY], late) is TokenFault.EXPIRED


def test_dates_beyond_the_format_are_refused_when_signing():
    with pytest.raises(Exception):  # noqa: B017 - struct.error: two octets hold 179 years
        sign_token(ReplyToken(Purpose.AGENT, 1, 1, date(2400, 1, 1)), KEY)


@pytest.mark.parametrize(
    "where",
    [
        {"to": (Address(f"support+{TEXT}@desk.example"),)},
        {"cc": (Address(f"support+{TEXT.upper()}@desk.example"),)},
        {"delivered_to": (f"support+{TEXT}@desk.example",)},
    ],
)
def test_a_token_in_a_recipient_field_is_an_address_claim(where):
    claims = read_claims(message(**where), [KEY], TODAY)
    assert claims.addressed == TOKEN
    assert claims.referenced is None


@pytest.mark.parametrize(
    "where",
    [
        {"in_reply_to": (f"{TEXT}.ab12@mailflow.desk.example",)},
        {"references": ("a@b", f"{TEXT}.ab12@mailflow.desk.example", "c@d")},
    ],
)
def test_a_token_in_a_thread_field_is_a_reference_claim(where):
    assert read_claims(message(**where), [KEY], TODAY).referenced == TOKEN


def test_a_forged_reply_address_is_named_as_such():
    forged = TEXT[:-1] + ("a" if TEXT[-1] != "a" else "b")
    to = (Address(f"support+{forged}@desk.example"), Address(SUPPORT))
    assert read_claims(message(to=to), [KEY], TODAY).fault is TokenFault.FORGED
