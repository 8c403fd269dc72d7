import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.text import decode, label, unescape
from wakeful_wire import check, limits


@given(st.text(alphabet=st.characters(), max_size=700))
def test_a_label_is_always_fit_for_the_wire(text):
    made = label(text)
    assert check.word(made, "label", limits.LABEL_VALUE_CHARACTERS_MAX, empty=True) == made


@given(st.binary(max_size=64))
def test_bytes_of_any_kind_become_a_label(content):
    check.text(label(decode(content)), "label")
    check.text(label(content.decode("utf-8", "surrogateescape")), "label")


def test_ordinary_names_stay_as_they_are():
    for name in ("eth0", "Caf\u00e9 \u2603", "a b", ""):
        assert label(name) == name
    assert label("a\nb\x7f\x9f\ud800") == "a" + "\ufffd" + "b" + "\ufffd" * 3
    assert label("abc", 2) == "ab"


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("/plain", b"/plain"),
        (r"/a\040b\011c\012d\134e\043", b"/a b\tc\nd\\e#"),
        (r"/caf\303\251", "/caf\u00e9".encode()),
        (r"/raw\377", b"/raw\xff"),
        (r"/not\09x\8\400\\1", rb"/not\09x\8\400\\1"),
        (r"\04", rb"\04"),
    ],
)
def test_octal_escapes_of_the_mount_table(field, path):
    assert unescape(field).encode("utf-8", "surrogateescape") == path
