"""Tables of settings: what fits is kept, everything that does not is said at once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from wakeful_collector import settings_fields
from wakeful_collector.settings_fields import FLAG, FieldKind, Problem, SettingsUnfit, about, choice, short_name, whole
from wakeful_collector.settings_kinds import Unfit

NAME = short_name("give a name")


@dataclass(frozen=True)
class Lamp:
    """What can be set of a lamp."""

    name: str = field(metadata=about(NAME, "lamp", "Name", "How it is called.", "hall"))
    watts: int = field(default=5, metadata=about(whole(1, 100), "lamp", "Watts", "What it draws."))
    rooms: tuple[str, ...] = field(
        default=(),
        metadata=about(FieldKind(tuple, {"type": "array"}, "words", settings_fields.words), "lamp", "Rooms", "Where."),
    )


LAMP = fields(Lamp)


def test_what_fits_is_kept_and_what_is_missing_is_left_to_its_default() -> None:
    assert settings_fields.checked(LAMP, {"name": "hall", "watts": 7}, "lamp") == ({"name": "hall", "watts": 7}, [])
    assert [settings_fields.is_required(one) for one in LAMP] == [True, False, False]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    values, problems = settings_fields.checked(LAMP, {"watts": 500, "colour": "red"}, "lamp")
    assert values == {}
    assert problems == [
        Problem("colour", "is not a setting of a lamp"),
        Problem("name", "is missing", "How it is called."),
        Problem("watts", "is 500", "give a number from 1 to 100"),
    ]
    unfit = SettingsUnfit(problems[1:])
    assert str(unfit) == "name is missing (How it is called.); watts is 500 (give a number from 1 to 100)"
    assert unfit.problems == problems[1:]


def test_only_what_changed_is_told_and_as_programs_write_it() -> None:
    before, after = Lamp("hall", 7), Lamp("hall", 8, ("kitchen",))
    assert settings_fields.changed(LAMP, before, after) == {"watts": 8, "rooms": ["kitchen"]}
    assert settings_fields.changed(LAMP, after, after) == {}
    assert settings_fields.values_of(LAMP, after) == {"name": "hall", "watts": 8, "rooms": ("kitchen",)}


def test_operations_take_what_the_settings_check_themselves() -> None:
    found = settings_fields.schema(LAMP)
    assert found["watts"] == {"type": "integer", "minimum": 1, "maximum": 100}
    assert settings_fields.loosened(found["name"]) == {"type": "string", "maxLength": 32}


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [(FLAG, True, True), (whole(1, 5), 5, 5), (choice("a", "b"), "b", "b"), (NAME, "box-1", "box-1")],
)
def test_what_fits_its_kind_is_kept(kind: FieldKind, given: Any, kept: Any) -> None:
    assert kind.check(given) == kept


@pytest.mark.parametrize(
    ("kind", "given"),
    [(FLAG, "yes"), (whole(1, 5), 6), (whole(1, 5), True), (choice("a", "b"), "c"), (NAME, "-a"), (NAME, "A"),
     (NAME, "a" * 33), (NAME, "a\n"), (NAME, 7)],
)  # fmt: skip
def test_what_does_not_is_refused_with_a_way_out(kind: FieldKind, given: Any) -> None:
    with pytest.raises(Unfit) as unfit:
        kind.check(given)
    assert unfit.value.hint


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (whole(1, 5), "5", 5),
        (whole(1, 5), "five", "five"),
        (FLAG, "on", True),
        (FLAG, "False", False),
        (FLAG, "perhaps", "perhaps"),
        (LAMP[2].metadata["kind"], "hall, kitchen;cellar", ["hall", "kitchen", "cellar"]),
    ],
)
def test_a_forms_text_becomes_a_value_or_stays_what_was_typed(kind: FieldKind, text: str, value: Any) -> None:
    assert kind.from_text(text) == value
