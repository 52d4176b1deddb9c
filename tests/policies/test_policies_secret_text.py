"""Patterns that hold the end of a run of characters alone say the same as with the whole run, in any text."""

import re

from hypothesis import given
from hypothesis import strategies as st

from intertie_policies import secret_text

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@$]{3,}@")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.")
HALVES = ("eyJ", "eyJeyJ", "a", "-", "_", ".", ".eyJ", "é", " ", "0123456789", "abcdefghi", "eyJ0123456789.")
PARTS = ("http", "s3", "1", "A", "+", ".", "-", "_", "://", ":", "/", "user", "pass", "$", "@", " ", "\n", "a.b", "é")


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_a_password_in_an_address_is_seen_wherever_its_scheme_begins(text: str) -> None:
    assert (secret_text.secret_in(text) == "a password in an address") is bool(ADDRESS.search(text))


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_an_address_of_mail_is_seen_wherever_its_name_begins(text: str) -> None:
    assert bool(secret_text.EMAIL.pattern.search(text)) is bool(EMAIL.search(text))


@given(st.text("ab1+.-", max_size=12), st.sampled_from(("u:pass@h", "u:pa@h", "u@h", ":pass@h")))
def test_only_a_scheme_with_a_letter_makes_an_address(scheme: str, rest: str) -> None:
    told = secret_text.secret_in(f"{scheme}://{rest}") != ""
    assert told is (any(letter in scheme for letter in "ab") and rest == "u:pass@h")


@given(st.lists(st.sampled_from(HALVES), max_size=12).map("".join))
def test_a_signed_token_is_seen_wherever_it_begins(text: str) -> None:
    assert (secret_text.secret_in(text) == "a signed token (JWT)") is bool(TOKEN.search(text))


@given(st.data(), st.sampled_from([leak for leak in secret_text.SECRETS if leak.pattern is not secret_text.JWT]))
def test_whatever_a_pattern_describes_has_one_of_its_marks(data: st.DataObject, leak: secret_text.Leak) -> None:
    assert leak.seen(data.draw(st.from_regex(leak.pattern)))
