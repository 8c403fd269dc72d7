"""The settings of a cluster as a form."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.integrations.proxmox.link.clusters import FIELDS
from wakeful_collector.integrations.proxmox.pages import form
from wakeful_collector.settings_fields import Problem, changed, values_of
from wakeful_collector.web import kit

from .estate_data import settings


def test_every_setting_is_a_field_and_the_secret_is_none_of_them() -> None:
    found = [field for group in form.groups(values_of(FIELDS, settings())) for field in group.fields]
    assert {field.name for field in found} == {field.name for field in FIELDS} | {"secret"}
    secret = next(field for field in found if field.name == "secret")
    assert (secret.value, secret.is_set, secret.is_secret) == ("", False, True)
    assert all(field.help for field in found)
    assert set(form.WORDS) == set(
        next(one for one in FIELDS if one.name == "reconcile").metadata["kind"].schema["enum"]
    )


def test_a_newcomer_sees_what_matters_and_problems_unfold_their_group() -> None:
    folded = {group.key: group.folded for group in form.groups({}, adding=True)}
    assert folded == {"cluster": False, "trust": False, "looking": True, "protection": True, "declared-state": True}
    wrong = form.groups({}, [Problem("poll_seconds", "is 1", "give 5 to 3600"), Problem("secret", "is missing")], True)
    assert not next(group for group in wrong if group.key == "looking").folded
    problems = {field.name: field.problem for group in wrong for field in group.fields if field.problem}
    assert problems == {"poll_seconds": "is 1: give 5 to 3600", "secret": "is missing"}
    assert not any(group.folded for group in form.groups({}))


def test_what_a_form_sends_is_what_an_operation_takes() -> None:
    sent = MultiDict(
        [
            ("name", " home "),
            ("hosts", "pve1, pve2:8007"),
            ("login", "wakeful@pve!x"),
            ("fingerprints", ""),
            ("fingerprints", "AA:BB"),
            ("poll_seconds", "5"),
            ("detail_seconds", "often"),
            ("charts", "on"),
            ("protected", "100 db"),
            ("secret", " abc "),
        ]
    )
    found = kit.form_given(FIELDS, sent)
    assert found["name"] == "home"
    assert found["hosts"] == ["pve1", "pve2:8007"]
    assert found["fingerprints"] == ["AA:BB"]
    assert (found["poll_seconds"], found["charts"]) == (5, True)
    assert found["detail_seconds"] == "often", "it is refused by its own words"
    assert form.given_secret(sent) == {"secret": "abc"}
    assert form.given_secret(MultiDict()) == {}


def test_only_what_changed_is_asked_for() -> None:
    before = settings()
    after = clusters.check({**values_of(FIELDS, before), "protected": ["100"], "poll_seconds": 30})
    assert changed(FIELDS, before, after) == {"protected": ["100"], "poll_seconds": 30}
    assert changed(FIELDS, before, before) == {}
