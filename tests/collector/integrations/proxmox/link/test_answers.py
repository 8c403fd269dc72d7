from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.link import answers
from wakeful_collector.integrations.proxmox.link.errors import PveError


def test_what_stands_in_the_envelope() -> None:
    assert answers.data(200, "OK", b'{"data": {"a": 1}, "total": 3}', "/x") == {"a": 1}
    assert answers.data(200, "OK", b'{"data": null}', "/x") is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b"<html><title>Sign in</title>"])
def test_what_is_no_envelope(body: bytes) -> None:
    with pytest.raises(PveError) as caught:
        answers.data(200, "OK", body, "/x")
    assert caught.value.kind == "garbled"
    if b"title" in body:
        assert "'Sign in'" in caught.value.text


def test_refusals_keep_their_words() -> None:
    with pytest.raises(PveError) as caught:
        answers.data(500, "VM is locked (backup)", b'{"data":null}', "/x")
    assert (caught.value.kind, caught.value.text, caught.value.path) == ("locked", "VM is locked (backup)", "/x")
    with pytest.raises(PveError, match=r"it answers 302 Found"):
        answers.data(302, "Found", b"", "/x")


def test_shapes() -> None:
    assert answers.rows([{"a": 1}], "/x") == [{"a": 1}]
    assert answers.one({"a": 1}, "/x") == {"a": 1}
    for odd in (None, "x", {}, [1], [[]]):
        with pytest.raises(PveError, match="no list"):
            answers.rows(odd, "/x")
    with pytest.raises(PveError, match="no object where one belongs: nothing"):
        answers.one(None, "/x")


def test_a_reason_phrase_that_is_no_utf8_stays_as_it_came() -> None:
    with pytest.raises(PveError, match="Z\xfcrich"):
        answers.data(500, "Z\xfcrich", b"", "/x")
