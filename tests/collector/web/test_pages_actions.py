"""Announced actions as forms, and back again; announcements are hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.model.announced import announced, find
from wakeful_collector.model.host import Host
from wakeful_collector.web import pages_actions, pages_permits

from .keeping import HELLO

OPERATOR = Principal("user:ada", implied(("operate",)), "::1", "web")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PARAMETER = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["text", "number", "choice", "flag", "odd"]) | JSON,
        "default": JSON,
        "choices": JSON,
        "least": JSON,
        "help": JSON,
        "required": JSON,
    },
)


def forms_of(hello: dict[str, object]) -> list[pages_actions.Form]:
    host = Host(1, "h", "h", (), 0, 0, 10.0, "", hello=hello)
    return pages_actions.forms(pages_permits.permits(host, OPERATOR))


def test_what_has_buttons_has_no_form() -> None:
    assert [one.name for one in forms_of(HELLO)] == ["backup-world", "wipe-world", "list-worlds"]
    backup = forms_of(HELLO)[0]
    assert [(one.name, one.kind, one.required, one.value) for one in backup.fields] == [
        ("world", "choice", True, ""),
        ("keep", "number", False, "7"),
        ("note", "text", False, ""),
        ("quick", "flag", False, ""),
    ]
    assert backup.fields[0].help == "which one"
    assert (backup.fields[1].least, backup.fields[1].most) == (1, 30)


def test_fields_become_typed_arguments() -> None:
    action = find(announced(HELLO), "backup-world")
    form = {"with.world": " overworld ", "with.keep": "2.5", "keep": "9", "with.quick": "on"}
    assert pages_actions.arguments(action, form) == {"world": "overworld", "keep": 2.5, "quick": True}
    assert pages_actions.arguments(action, {"with.keep": "-3"}) == {"keep": -3, "quick": False}
    assert pages_actions.arguments(action, {"with.keep": "many"}) == {"keep": "many", "quick": False}
    assert pages_actions.arguments(None, form) == {}


@pytest.mark.parametrize("said", ["nan", "inf", "-Infinity", "1e999", "9" * 400, "9" * 5000])
def test_what_no_number_of_json_can_be_stays_text(said: str) -> None:
    action = find(announced(HELLO), "backup-world")
    assert pages_actions.arguments(action, {"with.keep": said}) == {"keep": said, "quick": False}


@given(st.dictionaries(st.text(min_size=1, max_size=8), PARAMETER, max_size=4), JSON)
def test_no_announcement_breaks_the_form(parameters: dict[str, dict[str, object]], said: object) -> None:
    (made,) = forms_of({"actions": [{"name": "x", "parameters": parameters, "help": said}]})
    assert [one.name for one in made.fields] == list(parameters)
    assert all(isinstance(one.value, str) and one.kind in pages_actions.KINDS for one in made.fields)


def test_a_hello_without_a_list_has_no_forms() -> None:
    assert forms_of({"actions": "odd"}) == []
