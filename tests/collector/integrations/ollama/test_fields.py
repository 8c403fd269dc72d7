"""The kinds of a machine's settings: what each takes, what it refuses, and how a form's text becomes a value."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.ollama import fields
from wakeful_collector.settings_fields import FieldKind
from wakeful_collector.settings_kinds import Unfit


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (fields.MACHINE_NAME, "box-1", "box-1"),
        (fields.URL, "http://10.0.0.9:11434/", "http://10.0.0.9:11434"),
        (fields.URL, "https://[fd00::9]:11434", "https://[fd00::9]:11434"),
        (fields.MAC_ADDRESS, "AA-BB-CC-DD-EE-FF", "aa:bb:cc:dd:ee:ff"),
        (fields.MAC_ADDRESS, "aabb.ccdd.eeff", "aa:bb:cc:dd:ee:ff"),
        (fields.MAC_ADDRESS, "", ""),
        (fields.HOST, " box.lan ", "box.lan"),
        (fields.HOST, "fd00::9", "fd00::9"),
        (fields.HOST, "", ""),
        (fields.CLOCK_TIME, "08:30", "08:30"),
        (fields.CLOCK_TIME, "24:00", "24:00"),
        (fields.CLOCK_TIME, "", ""),
        (fields.ZONE, "Europe/Madrid", "Europe/Madrid"),
        (fields.WEEK_DAYS, ["sun", "mon"], ("mon", "sun")),
        (fields.WEEK_DAYS, "tue", ("tue",)),
        (fields.WEEK_DAYS, (), ()),
        (fields.FINGERPRINT, "", ""),
        (fields.FINGERPRINT, ":".join(["AB"] * 32), "sha256:" + "ab" * 32),
        (fields.FINGERPRINT, "sha256:" + "0" * 64, "sha256:" + "0" * 64),
        (fields.ARGUMENTS, {"name": "plug", "repeat": 2}, {"name": "plug", "repeat": 2}),
        (fields.text(5), " abc ", "abc"),
        (fields.text(5), "", ""),
        (fields.secret(), "p\u00e4ss w\u00f6rd", "p\u00e4ss w\u00f6rd"),
        (fields.SECURON, "AABBCCDDEEFF", "aa:bb:cc:dd:ee:ff"),
        (fields.SECURON, "", ""),
        (fields.SSH_KEY, " \n", ""),
    ],
)
def test_what_fits_is_kept_in_one_form(kind: FieldKind, given: Any, kept: Any) -> None:
    assert kind.check(given) == kept


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (fields.MACHINE_NAME, ""),
        (fields.MACHINE_NAME, "Box"),
        (fields.MACHINE_NAME, "-box"),
        (fields.MACHINE_NAME, "box/.."),
        (fields.MACHINE_NAME, "box\n"),
        (fields.MACHINE_NAME, "b" * 33),
        (fields.MACHINE_NAME, "api"),
        (fields.MACHINE_NAME, "v1"),
        (fields.MACHINE_NAME, 7),
        (fields.URL, "ftp://box"),
        (fields.URL, "http://user:pw@box:1"),
        (fields.URL, "http://box/path"),
        (fields.MAC_ADDRESS, "ff:ff:ff:ff:ff:ff"),
        (fields.MAC_ADDRESS, "00:00:00:00:00:00"),
        (fields.MAC_ADDRESS, "01:00:5e:00:00:01"),
        (fields.MAC_ADDRESS, "aa:bb"),
        (fields.HOST, "box:lan/x"),
        (fields.HOST, "-oProxyCommand=x"),
        (fields.HOST, 7),
        (fields.CLOCK_TIME, "8:30"),
        (fields.CLOCK_TIME, "24:01"),
        (fields.CLOCK_TIME, 8),
        (fields.ZONE, "Mars/Base"),
        (fields.ZONE, "../../etc/passwd"),
        (fields.ZONE, ""),
        (fields.WEEK_DAYS, ["monday"]),
        (fields.FINGERPRINT, "sha256:abc"),
        (fields.FINGERPRINT, 7),
        (fields.ARGUMENTS, []),
        (fields.ARGUMENTS, {"x": "y" * 3_000}),
        (fields.ARGUMENTS, {"x": float("nan")}),
        (fields.text(5), "abcdef"),
        (fields.text(5), "a\x00"),
        (fields.text(5), 5),
        (fields.text(5, r"^[a-z]+$"), "A"),
        (fields.text(5, empty=False), " "),
        (fields.secret(), "two\nlines"),
        (fields.secret(5), "abcdef"),
        (fields.secret(lines=True), "a\x00b"),
        (fields.secret(), None),
        (fields.SECURON, "aa:bb"),
        (fields.SECURON, None),
        (fields.SSH_KEY, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ada@box"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_way_out(kind: FieldKind, given: Any) -> None:
    with pytest.raises(Unfit) as unfit:
        kind.check(given)
    assert str(unfit.value)


def test_no_secret_is_repeated_by_its_refusal() -> None:
    for kind, given in ((fields.secret(5), "hunter2hunter2"), (fields.SECURON, "hunter2"), (fields.SSH_KEY, "hunter2")):
        with pytest.raises(Unfit) as unfit:
            kind.check(given)
        assert "hunter2" not in f"{unfit.value} {unfit.value.hint}"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (fields.WEEK_DAYS, "mon, tue  wed", ["mon", "tue", "wed"]),
        (fields.ARGUMENTS, "", {}),
        (fields.ARGUMENTS, '{"a": 1}', {"a": 1}),
        (fields.ARGUMENTS, "{", "{"),
        (fields.ARGUMENTS, "[" * 100_000, "[" * 100_000),
        (fields.text(), "abc", "abc"),
    ],
)
def test_a_forms_text_becomes_a_value_or_stays_what_was_typed(kind: FieldKind, text: str, value: Any) -> None:
    assert kind.from_text(text) == value


def test_every_kind_has_a_schema_that_operations_understand() -> None:
    known = {"type", "enum", "minLength", "maxLength", "pattern", "items", "maxItems"}
    known |= {"uniqueItems"}
    kinds = [value for value in vars(fields).values() if isinstance(value, FieldKind)]
    assert len(kinds) > 8
    for kind in [*kinds, fields.text(5, "^a$"), fields.secret()]:
        assert set(kind.schema) <= known, kind.schema
