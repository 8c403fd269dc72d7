"""The table of settings as a form, and a form as settings."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from wakeful_collector.integrations.ollama import pages_form, settings
from wakeful_collector.integrations.ollama.secret_fields import SECRETS
from wakeful_collector.integrations.ollama.settings import FIELDS
from wakeful_collector.model.host import Host
from wakeful_collector.settings_fields import Problem, changed, values_of
from wakeful_collector.web import kit

from .gateway_data import BASIC

HOST = Host(1, "abc", "box", (), 0, 0, 10.0, "0.1.0")
MACHINE = settings.check(BASIC)


def fields(**more: Any) -> dict[str, kit.FormField]:
    found = pages_form.groups(values_of(FIELDS, MACHINE), [HOST], **more)
    assert [group.title for group in found] == list(pages_form.TITLES.values())
    return {field.name: field for group in found for field in group.fields}


def sent(**instead: Any) -> MultiDict[str, str]:
    """Return what a browser sends when it changes some fields of the form and leaves the others."""
    form: MultiDict[str, str] = MultiDict()
    for field in fields().values():
        if field.widget == "flag":
            if field.value:
                form.add(field.name, "on")
        elif field.widget == "days":
            for one in field.chosen:
                form.add(field.name, one)
        else:
            form.add(field.name, field.value)
    for name, value in instead.items():
        form.poplist(name)
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            form.add(name, one)
    return form


def test_every_setting_and_every_secret_is_a_field() -> None:
    found = fields(secrets={"ssh_key"})
    assert set(found) == {one.name for one in FIELDS} | {one.name for one in SECRETS}
    assert set(pages_form.ONLY) <= set(found)
    assert set(found) >= pages_form.OF_HOSTS
    assert found["ssh_key"].is_set
    assert not found["ssh_password"].is_set
    assert all(field.value == "" for field in found.values() if field.is_secret)
    assert found["relay"].choices == (("", ""), ("abc", "box"))
    assert ("Europe/Madrid", "Europe/Madrid") in found["time_zone"].choices
    assert dict(found["sleep_command"].choices)["poweroff"] == "switch off"
    assert (found["wol_port"].least, found["wol_port"].most) == (1, 65_535)
    assert found["queue"].least == 0
    assert found["awake_days"].chosen == MACHINE.awake_days


def test_a_form_that_was_not_touched_is_the_same_machine() -> None:
    assert settings.check(kit.form_given(FIELDS, sent())) == MACHINE
    assert changed(FIELDS, MACHINE, MACHINE) == {}


def test_what_was_changed_is_what_an_operation_gets() -> None:
    wishes = {
        "watts": "350", "check_gpu": None, "default": "on", "awake_from": "08:00", "awake_until": "19:00",
        "awake_days": ["mon", "tue"], "wake_arguments": '{"name": "plug-3"}',
    }  # fmt: skip
    wanted = settings.check(kit.form_given(FIELDS, sent(**wishes)))
    assert changed(FIELDS, MACHINE, wanted) == {
        "watts": 350, "check_gpu": False, "default": True, "awake_from": "08:00", "awake_until": "19:00",
        "awake_days": ["mon", "tue"], "wake_arguments": {"name": "plug-3"},
    }  # fmt: skip


def test_what_does_not_fit_is_kept_as_it_was_written_and_said_beside_its_field() -> None:
    given = kit.form_given(FIELDS, sent(watts="many", wake_arguments="{", url="nothing"))
    assert (given["watts"], given["wake_arguments"]) == ("many", "{")
    problems = [Problem("watts", "is 'many'", "give a number"), Problem("watts", "again"), Problem("url", "is bad")]
    found = {
        field.name: field
        for group in pages_form.groups(given, [], problems=problems, adding=True)
        for field in group.fields
    }
    assert found["watts"].problem == "is 'many': give a number"
    assert found["url"].problem == "is bad"
    assert (found["watts"].value, found["wake_arguments"].value, found["url"].value) == ("many", "{", "nothing")
    assert not found["name"].fixed
    assert fields()["name"].fixed


def test_secrets_stay_unless_something_else_is_given_or_they_are_taken_away() -> None:
    assert pages_form.given_secrets(sent()) == {}
    form = sent(ssh_password="new", sudo_password="  ")
    form.add("remove.ssh_key", "on")
    assert pages_form.given_secrets(form) == {"ssh_password": "new", "ssh_key": ""}
