"""A table of settings as a form, and a form as settings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import pytest
from werkzeug.datastructures import MultiDict

from wakeful_collector.settings_fields import FLAG, FieldKind, Problem, about, choice, short_name, whole, words
from wakeful_collector.web import kit
from wakeful_collector.web.kit_form import shown

DAYS = FieldKind(tuple, {"type": "array", "items": {"type": "string", "enum": ["mon", "tue"]}}, "days", words)
ROOMS = FieldKind(tuple, {"type": "array"}, "words", words)


@dataclass(frozen=True)
class Lamp:
    """What can be set of a lamp."""

    name: str = field(metadata=about(short_name("give a name"), "the lamp", "Name", "How it is called.", "hall"))
    watts: int = field(default=5, metadata=about(whole(1, 100), "light", "Watts", "What it draws."))
    colour: str = field(default="red", metadata=about(choice("red", "blue"), "light", "Colour", "How it shines."))
    dimmed: bool = field(default=False, metadata=about(FLAG, "light", "Dimmed", "Less of it."))
    days: tuple[str, ...] = field(default=(), metadata=about(DAYS, "light", "Days", "When."))
    rooms: tuple[str, ...] = field(default=(), metadata=about(ROOMS, "light", "Rooms", "Where."))


LAMP = fields(Lamp)


def made(name: str, value: object, problem: str = "") -> kit.FormField:
    one = next(one for one in LAMP if one.name == name)
    return kit.form_field(one, value, problem, {"blue": "deep blue"})


def test_a_setting_becomes_a_field_with_its_bounds_and_choices() -> None:
    assert made("name", "hall").required
    assert (made("name", "hall").value, made("name", "hall").most) == ("hall", 32)
    watts = made("watts", 7, "is 7")
    assert (watts.widget, watts.least, watts.most, watts.value, watts.problem) == ("number", 1, 100, "7", "is 7")
    assert not watts.required
    assert made("colour", "red").choices == (("red", "Red"), ("blue", "deep blue"))
    days = made("days", ("tue",))
    assert (days.widget, days.chosen, [value for value, _ in days.choices]) == ("days", ("tue",), ["mon", "tue"])
    rooms = made("rooms", ("hall", "cellar"))
    assert (rooms.widget, rooms.value) == ("text", "hall, cellar")


def test_a_secret_is_never_shown() -> None:
    secret = kit.form_secret("key", "Key", FieldKind(str, {"maxLength": 9}, "password"), "Of the lamp.", "")
    assert (secret.value, secret.most, secret.widget, secret.is_secret) == ("", 9, "password", True)


def test_a_folded_group_opens_where_something_is_wrong() -> None:
    titles = {"the lamp": "The lamp", "light": "Its light"}
    found = {"the lamp": [made("name", "")], "light": [made("watts", 5)]}
    assert [(one.key, one.folded) for one in kit.form_groups(found, titles, {"light"})] == [
        ("the-lamp", False),
        ("light", True),
    ]
    found["light"] = [made("watts", 5, "is 5")]
    assert not kit.form_groups(found, titles, {"light"})[1].folded


def test_what_a_form_sends_becomes_settings_or_stays_what_was_typed() -> None:
    sent = MultiDict(
        [("name", " hall "), ("watts", "many"), ("colour", "blue"), ("dimmed", "on"), ("days", "mon"), ("days", "tue"),
         ("rooms", "hall; cellar"), ("rooms", "attic")]
    )  # fmt: skip
    assert kit.form_given(LAMP, sent) == {
        "name": "hall", "watts": "many", "colour": "blue", "dimmed": True, "days": ["mon", "tue"],
        "rooms": ["hall", "cellar", "attic"],
    }  # fmt: skip
    assert kit.form_given(LAMP, MultiDict())["dimmed"] is False


def test_the_first_problem_of_a_field_stands_beside_it() -> None:
    problems = [Problem("watts", "is 7", "give more"), Problem("watts", "again"), Problem("name", "is missing")]
    assert kit.form_problems(problems) == {"watts": "is 7: give more", "name": "is missing"}
    assert [kit.form_summary(problems[:most]) for most in range(3)] == [
        "", "one field does not fit", "2 fields do not fit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "on"), (False, ""), (("a", "b"), "a, b"), (5, "5"), ("x", "x"), ({}, ""), ({"a": 1}, '{"a": 1}')],
)
def test_values_are_shown_as_fields_hold_them(value: object, text: str) -> None:
    assert shown(value) == text
