"""The settings of a cluster as a form, made of the one table; and what a form sends, as an operation takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.link.clusters import FIELDS, GROUPS, SECRET
from wakeful_collector.integrations.proxmox.link.fields import SECRET as SECRET_KIND
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.datastructures import MultiDict

    from wakeful_collector.settings_fields import Problem

TITLES = {
    "cluster": "The cluster",
    "trust": "Whose certificate is trusted",
    "looking": "How it is looked at",
    "protection": "What is never touched",
    "declared state": "Declared state",
}
WORDS = {"off": "never", "report": "report what differs", "apply": "apply what is harmless"}
"""What the choices say."""

FOLDED = frozenset({"looking", "protection", "declared state"})
"""The groups that a newcomer needs not see."""


def groups(
    values: Mapping[str, Any], problems: Iterable[Problem] = (), adding: bool = False, has_secret: bool = False
) -> list[kit.FormGroup]:
    """Return the form with these values in it; the secret is never among them."""
    wrong = kit.form_problems(problems)
    found: dict[str, list[kit.FormField]] = {name: [] for name in GROUPS}
    for field in FIELDS:
        made = kit.form_field(field, values.get(field.name, ""), wrong.get(field.name, ""), WORDS)
        found[field.metadata["group"]].append(made._replace(fixed=field.name == "name" and not adding))
        if field.name == "login":
            found["cluster"].append(_secret(wrong.get(SECRET, ""), has_secret))
    return kit.form_groups(found, TITLES, FOLDED if adding else ())


def given_secret(form: MultiDict[str, str]) -> dict[str, str]:
    """Return the secret where a form gives one; left empty, it stays as it is."""
    text = form.get(SECRET, "").strip()
    return {SECRET: text} if text else {}


def _secret(problem: str, is_set: bool) -> kit.FormField:
    about = "What Proxmox showed when the token was made, or the password."
    made = kit.form_secret(SECRET, "Secret", SECRET_KIND, about, problem)
    return made._replace(example="xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", is_set=is_set, is_needed=True)
