"""The settings written out: a sample agent.toml, and what is in force with where it came from."""

from __future__ import annotations

import json

from wakeful_agent.config.metering import variable_of
from wakeful_agent.config.orders import NO_ORDERS
from wakeful_agent.config.settings import METER_INTERVAL_SECONDS_MAX, SETTINGS, Setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.config.loading import Loaded
    from wakeful_agent.config.metering import Choice, KnownMeter


_ORDERS = """\
# What the collector may ask of this machine: by default nothing. Name each action; there is no wildcard.
# [policy]
# allow = ["restart-web"]
# per_hour = 30
# dry_run = false

# An action of this machine: a program by its absolute path, and its words. {unit} stands for one word, never for two.
# [[action]]
# name = "restart-web"
# argv = ["/usr/bin/systemctl", "restart", "{unit}"]
# as_root = true
# timeout_seconds = 60
# danger = "changes"
# [action.parameters.unit]
# kind = "choice"
# choices = ["nginx.service"]

# What the agent keeps alive by itself stands in [[watch]] tables (docs/watches.md; docs/actions.md for the above).
"""


def sample(meters: Mapping[str, KnownMeter]) -> str:
    """Return a whole agent.toml with every setting and every meter, their meaning and defaults, all commented out."""
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
        *_ORDERS.splitlines(),
        "",
        "# One table a meter. What is switched off here stays off, whatever the collector says; every meter also takes",
        f"# interval_seconds (1 to {METER_INTERVAL_SECONDS_MAX}). Options marked local are this file's alone.",
        "",
    ]
    for name, meter in meters.items():
        lines += _meter(name, meter)
    return "\n".join(lines) + "\n"


def _meter(name: str, meter: KnownMeter) -> list[str]:
    lines = [f"# [meters.{name}]", "# enabled = true"]
    for option in meter.options():
        text = f"# {option.help.rstrip('.')}{_extent(option)}{' (local)' if option.local else ''}."
        if option.secret:
            lines.append(f"{text} Never here: set {variable_of(name, option.name)}, or {option.name}_file.")
        else:
            lines += [text, f"# {option.name} = {json.dumps(option.default)}"]
    return [*lines, ""]


def _extent(option: Choice) -> str:
    if option.least is None or option.most is None:
        return ""
    return f" ({option.least:g} to {option.most:g})"


def in_force(loaded: Loaded) -> list[tuple[str, Any, str]]:
    """Return key, value and source of every setting; secrets are named, not shown."""
    values = {setting.key: getattr(loaded.config, setting.field) for setting in SETTINGS}
    rows = [(key, value, loaded.sources.get(key, "default")) for key, value in values.items()]
    for name, chosen in sorted(loaded.config.meters.items()):
        said = {"enabled": chosen.enabled, "interval_seconds": chosen.interval_seconds, **chosen.options}
        for key, value in said.items():
            if value is not None:
                rows.append((f"meters.{name}.{key}", value, loaded.sources.get(f"meters.{name}.{key}", "default")))
    rows += _orders(loaded)
    return [(key, "(set)" if value and key in loaded.secrets else value, source) for key, value, source in rows]


def _orders(loaded: Loaded) -> list[tuple[str, Any, str]]:
    """Return what the file says of being asked and of keeping alive, as far as it says something."""
    orders = loaded.config.orders
    policy = orders.policy
    rows: list[tuple[str, Any]] = []
    if orders != NO_ORDERS:
        rows += [("policy.allow", list(policy.allow)), ("policy.per_hour", policy.per_hour)]
        rows.append(("policy.dry_run", policy.dry_run))
    rows += [(f"policy.{name}.{key}", value) for name, given in policy.options.items() for key, value in given.items()]
    rows += [(f"action {action.name}", list(action.argv)) for action in orders.actions]
    rows += [(f"watch {watch.name}", watch.kind) for watch in orders.watches]
    return [(key, value, "agent.toml") for key, value in rows]


def _bounds(setting: Setting) -> str:
    if setting.choices:
        return f" ({', '.join(setting.choices)})"
    return f" ({setting.least:g} to {setting.most:g})" if setting.most else ""
