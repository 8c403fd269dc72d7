from wakeful_agent.host.jsons import at, flag, number, text, things


def test_a_way_through_a_document():
    document = {"a": {"b": [1, {"c": 2}], "n": "12.5", "t": " x\n\x1b[1m ", "f": False}}
    assert at(document, "a", "b") == [1, {"c": 2}]
    assert things(document, "a", "b") == [{"c": 2}]
    assert number(document, "a", "n") == 12.5
    assert text(document, "a", "t") == "x\ufffd\ufffd[1m"
    assert flag(document, "a", "f") is False


def test_what_is_not_there_or_of_another_kind_is_nothing():
    document = {"a": [1], "b": True, "c": 10**400, "d": "nan", "e": "1e999", "f": None, "g": {}}
    assert at(document, "a", "b") is at(document, "x", "y") is at(7, "x") is None
    assert [number(document, one) for one in "abcdefgx"] == [None] * 8
    assert [text(document, one) for one in "abfgx"] == [""] * 5
    assert [flag(document, one) for one in "acdfgx"] == [None] * 6
    assert things(document, "b") == things(document, "g") == []


def test_text_is_bounded():
    assert len(text({"a": "x" * 9999}, "a")) == 256
