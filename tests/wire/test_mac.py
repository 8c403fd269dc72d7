import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_wire.mac import parse_mac, spaced


@pytest.mark.parametrize(
    "text", ["02:0a:bc:00:ff:10", "02-0A-BC-00-FF-10", "020a.bc00.ff10", "020ABC00FF10", " 02:0a:bc:00:ff:10\n"]
)
def test_every_form_is_the_same_address(text):
    assert parse_mac(text) == "02:0a:bc:00:ff:10"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "02:0a:bc:00:ff",
        "02:0a:bc:00:ff:1",
        "02:0a:bc:00:ff:10:22",
        "02:0a-bc:00:ff:10",
        "02.0a.bc.00.ff.10",
        "020a:bc00:ff10",
        "020abc00ff1g",
        "02:0a:bc:00:ff:10/aa",
        "\uff10\uff12:0a:bc:00:ff:10",
    ],
)
def test_what_is_no_address(text):
    with pytest.raises(ValueError, match="is not like"):
        parse_mac(text)


def test_what_is_nobodys_or_a_groups():
    with pytest.raises(ValueError, match="group"):
        parse_mac("ff:ff:ff:ff:ff:ff")
    with pytest.raises(ValueError, match="group"):
        parse_mac("01:00:5e:00:00:01")
    with pytest.raises(ValueError, match="nobody"):
        parse_mac("00:00:00:00:00:00")
    assert spaced("FFFFFFFFFFFF") == "ff:ff:ff:ff:ff:ff", "six bytes that need be no machine's: a password"


@given(st.binary(min_size=6, max_size=6))
def test_six_bytes_survive_each_form(content):
    text = content.hex()
    assert bytes.fromhex(spaced(text).replace(":", "")) == content
    assert spaced(content.hex("-")) == spaced(f"{text[:4]}.{text[4:8]}.{text[8:]}") == spaced(text)


@given(st.text(max_size=24))
def test_any_text_is_an_address_or_refused(text):
    try:
        assert len(parse_mac(text)) == 17
    except ValueError as error:
        assert text not in str(error) or len(text) < 17  # noqa: PT017 - the sentence is ours, not theirs
