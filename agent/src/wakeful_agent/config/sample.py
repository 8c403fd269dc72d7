"""The settings written out: a sample agent.toml, and what is in force with where it came from."""

from __future__ import annotations

import json

from wakeful_agent.config.settings import SETTINGS, Setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.config.loading import Loaded


def sample() -> str:
    """Return a whole agent.toml with every setting, its meaning and its default, all commented out."""
    lines = [
        "# agent.toml: what this machine lets its agent do. Every line is optional; the values are the defaults.",
        "",
    ]
    for setting in SETTINGS:
        group, dot, name = setting.key.rpartition(".")
        if dot and f"[{group}]" not in lines:
            lines.append(f"[{group}]")
        lines += [
            f"# {setting.help}{_bounds(setting)}.",
            f"# {name} = {setting.example or json.dumps(setting.default)}",
            "",
        ]
    lines += [
        "# One table a meter; `wakeful-agent probe` lists them, docs/meters.md says what options they have.",
        "# What is switched off here stays off, whatever the collector says.",
        "# [meters.processes]",
        "# enabled = true",
        "# interval_seconds = 60",
    ]
    return "\n".join(lines) + "\n"


def in_force(loaded: Loaded) -> list[tuple[str, Any, str]]:
    """Return key, value and source of every setting; secrets are named, not shown."""
    rows: list[tuple[str, Any, str]] = []
    for setting in SETTINGS:
        value = getattr(loaded.config, setting.field)
        rows.append(
            (setting.key, "(set)" if setting.secret and value else value, loaded.sources.get(setting.key, "default"))
        )
    for name, chosen in sorted(loaded.config.meters.items()):
        for key, value in (
            ("enabled", chosen.enabled),
            ("interval_seconds", chosen.interval_seconds),
            *chosen.options.items(),
        ):
            if value is not None:
                rows.append((f"meters.{name}.{key}", value, "agent.toml"))
    return rows


def _bounds(setting: Setting) -> str:
    if setting.choices:
        return f" ({', '.join(setting.choices)})"
    return f" ({setting.least:g} to {setting.most:g})" if setting.most else ""
