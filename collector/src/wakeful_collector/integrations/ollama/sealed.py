"""The secrets of a machine: sealed in its row, never shown again, opened only by what signs in or asks with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama.secret_fields import NAMES, SECRETS
from wakeful_collector.read import gateway
from wakeful_collector.settings_fields import Problem, SettingsUnfit, take
from wakeful_collector.store import vault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["NAMES", "SECRETS", "is_readable", "seal", "secrets", "set_names", "upstream_key"]


def secrets(data: Path, name: str) -> dict[str, str]:
    """Return the secrets of a machine in clear; one sealed by another collector's key has none."""
    found = gateway.machine(data, name)
    return {} if found is None else _opened(data, found.sealed)


def upstream_key(data: Path, name: str) -> str:
    """Return what a machine's service wants as a bearer token; empty where it wants none."""
    return secrets(data, name).get("upstream_key", "")


def set_names(data: Path, name: str) -> frozenset[str]:
    """Return which secrets a machine has."""
    return frozenset(secrets(data, name))


def is_readable(data: Path, name: str) -> bool:
    """Tell whether this collector's key opens what is sealed."""
    found = gateway.machine(data, name)
    return found is None or not found.sealed or vault.unseal(data, found.sealed) is not None


def seal(data: Path, known: str, given: Mapping[str, str]) -> str:
    """Return what is to be stored once `given` changed the secrets sealed in `known`; empty text removes one.

    Raises:
        SettingsUnfit: what is given does not fit; no text repeats it.
    """
    problems: list[Problem] = []
    if not given:  # also what cannot be opened now: its key may be brought back
        return known
    kept = _opened(data, known)
    for one in SECRETS:
        if one.name in given:
            take(kept, one.name, one.kind, given[one.name], problems)
    if problems:
        raise SettingsUnfit(problems)
    kept = {name: value for name, value in kept.items() if value}
    return vault.seal(data, json.dumps(kept)) if kept else ""


def _opened(data: Path, sealed: str) -> dict[str, str]:
    text = vault.unseal(data, sealed) if sealed else None
    return {} if text is None else json.loads(text)
