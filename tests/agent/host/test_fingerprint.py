import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.fingerprint import fingerprint, template


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connect() failed (111: refused) to 10.0.0.7:9000", "connect() failed (#: refused) to #.#.#.#:#"),
        ('User "root" from host\t\n x', "user # from host x"),
        ("job 123e4567-e89b-12d3-a456-426614174000 at 0x7ffe12 died", "job # at # died"),
        ("object deadbeef01 and facade", "object # and facade"),
        ("\x1b[31mred\x1b[0m alert", "#red# alert"),
        ("", ""),
    ],
)
def test_what_messages_have_in_common(text, expected):
    assert template(text) == expected


def test_a_template_is_bounded():
    assert len(template("word " * 10_000)) <= 400


def test_a_fingerprint_is_of_its_parts_and_their_bounds():
    assert fingerprint("a", "b") == fingerprint("a", "b")
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert len(fingerprint("a\ud800")) == 12


@given(st.text())
def test_a_template_of_a_template_is_itself_of_short_text(text):
    assert template(template(text[:100])) == template(text[:100])
