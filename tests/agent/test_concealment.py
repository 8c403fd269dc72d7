import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.concealment import Concealment


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("unknown command 'AUTH' with 'hunter2secret'", "unknown command 'AUTH' with '[secret]'"),
        ("cut off: hunter2secr", "cut off: [secret]"),
        ("cut off: hunter2s", "cut off: [secret]"),
        ("hunter2secrethunter2secret!", "[secret][secret]!"),
        ("hunter2 is too little to know", "hunter2 is too little to know"),
        ("hunter2security", "[secret]rity"[:8] + "urity"),
        ("short: pass", "short: [secret]"),
        ("", ""),
    ],
)
def test_what_is_left_of_a_text(text, told):
    concealment = Concealment()
    for secret in ("hunter2secret", "pass", "abc", "", "hunter2secret"):
        concealment.add(secret)
    assert concealment.text(text) == told


def test_facts_of_any_depth():
    concealment = Concealment()
    fact = {"a": ["hunter2secret", 1, None, ("x hunter2secret",)], "hunter2secret": {"b": True}}
    assert concealment.fact(fact) is fact
    concealment.add("hunter2secret")
    assert concealment.fact(fact) == {"a": ["[secret]", 1, None, ["x [secret]"]], "[secret]": {"b": True}}


@given(st.text(min_size=4, max_size=30), st.text(), st.text())
def test_nothing_of_a_secret_gets_through(secret, before, after):
    concealment = Concealment()
    concealment.add(secret)
    told = concealment.text(before + secret + after)
    assert not any(secret[:8] in part for part in told.split("[secret]"))


def test_very_many_secrets():
    concealment = Concealment()
    for number in range(300):
        concealment.add(f"secret number {number:04}")
    assert concealment.text("secret number 0299") == "[secret]"
