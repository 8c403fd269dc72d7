"""The pages of what is measured: every meter with its options, every metric with its unit and who gives it."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from agent_file import options
from tables import code, codes, page, sentence, table

from wakeful_agent import meters
from wakeful_agent.permissions import PROBES
from wakeful_wire.catalogue import caches, databases, extras, machine, storage, web, workloads
from wakeful_wire.names import METRICS
from wakeful_wire.node_names import DERIVED, RULES

if TYPE_CHECKING:
    from wakeful_agent.meter import Meter
    from wakeful_agent.shelf import Entry
    from wakeful_wire.catalogue.metric import Metric

FAMILIES = (
    ("The machine", machine.ROWS, "meters.md"),
    ("Disks as devices, arrays, pools, UPS, graphics cards", storage.ROWS, "meters/storage.md"),
    ("Containers, units, guests, logs, logins", workloads.ROWS, "meters/workloads.md"),
    ("Web servers and checks", web.ROWS, "meters/web.md"),
    ("Caches and brokers", caches.ROWS, "meters/databases.md"),
    ("Databases", databases.ROWS, "meters/databases.md"),
    ("Packages, VPNs, SNMP, games", extras.ROWS, "meters/extras.md"),
)
UNITS = (
    ("`By`, `By/s`", "bytes, bytes a second"),
    ("`s`", "seconds"),
    ("`1`", "a share (0.5 is 50 %), or yes (1) and no (0)"),
    ("`Cel`", "degrees Celsius"),
    ("`Hz`", "hertz"),
    ("`V`, `A`, `W`, `J`", "volts, amperes, watts, joules"),
    ("`{...}`", "so many of what stands between the braces"),
)
NOT_OF_METERS = {"watch.": "watches", "recovery.": "watches", "proxmox.subject.": "the collector"}
"""Who else gives samples: the agent for what it keeps alive, and the collector for Proxmox clusters."""
_CLUE = {"program": "the program {}", "path": "/{}", "port": "something that listens at port {}"}


def every() -> list[tuple[type[Meter], Entry | None]]:
    """Return every meter, those that are always there first, with the entry of one that is optional."""
    found: list[tuple[type[Meter], Entry | None]] = [(meter, None) for meter in meters.METERS]
    for entry in meters.OPTIONAL:
        module, _, name = entry.place.partition(":")
        found.append((getattr(import_module(f"wakeful_agent.meters.{module}"), name), entry))
    return found


def measured() -> str:
    """Return the page of the meters."""
    given = givers()
    parts = []
    for meter, entry in every():
        rhythm = f"every {meter.interval_seconds:g} s" if meter.interval_seconds else "every tick"
        rows = [
            (
                "runs",
                f"{rhythm}, for at most {meter.budget_seconds:g} s" + (", beside the ticks" if meter.aside else ""),
            )
        ]
        if entry is not None:
            rows.append(("measured where there is", _clues(entry.needs)))
            rows.append(("else", entry.absent))
            rows.append(("to grant", code(entry.fix) if entry.fix and "`" not in entry.fix else entry.fix))
            rows.append(("shows others", entry.exposes))
        if meter.collector_targets:
            rows.append(("targets", "the collector may set them where `allow_collector_targets` says so"))
        metrics = [row.name for row in METRICS.values() if meter.name in given[row.name]]
        rows.append(("metrics", codes(metrics)))
        parts += [f"## {meter.name}", _about(meter), _facts(rows), options(meter.options)]
    return page(
        "Meters",
        "Every meter of the agent as the code has it: its rhythm, its budget, what makes it run, its options"
        " (`[meters.NAME]` of `agent.toml`), its [metrics](metrics.md). [What the agent measures](../meters.md)"
        " explains them,"
        " with rights and costs.",
        *parts,
        "## Rights that are not a meter's own",
        "`wakeful-agent probe` says of each whether it is there, and prints the line that grants it: "
        + codes(probe.name for probe in PROBES)
        + ".",
    )


def metrics() -> str:
    """Return the page of the metrics."""
    given = givers()
    node: dict[str, list[str]] = {rule.metric: [] for rule in RULES}
    for rule in RULES:
        node[rule.metric].append(rule.family)
    parts = []
    for title, rows, leads in FAMILIES:
        parts += [
            f"## {title}",
            f"[Explained here](../{leads}).",
            table(
                ("metric", "kind", "unit", "labels", "meter", "meaning", "for Prometheus"),
                [_row(row, given[row.name], node.get(row.name, [])) for row in rows],
            ),
        ]
    derived = [(code(name), sentence(text)) for name, text in DERIVED.items()]
    return page(
        "Metrics",
        "Every metric by name, as the wire's catalogue has it. Names follow OpenTelemetry's semantic conventions"
        " where those have"
        " one; units are UCUM. Counters travel as they are counted and are shown as rates. On `/metrics` of the"
        " collector and of"
        " an agent, those with a name in the last column bear that name; on an agent's, the others are"
        " `wakeful_` and their own.",
        table(("unit", "means"), UNITS),
        *parts,
        "## Computed for Prometheus",
        "Families of `/metrics` that are made of several metrics:",
        table(("family", "meaning"), derived),
    )


def givers() -> dict[str, list[str]]:
    """Return which meters give each metric, as their sources name it: whole, or by how its name begins.

    Raises ValueError when nobody gives one.
    """
    named = {meter.name: _texts(meter) for meter, _ in every()}
    found = {}
    for metric in METRICS:
        whole = [name for name, texts in named.items() if metric in texts]
        others = next((who for start, who in NOT_OF_METERS.items() if metric.startswith(start)), "")
        found[metric] = [others] if others else whole or _by_beginning(metric, named)
        if not found[metric]:
            raise ValueError(f"nobody gives {metric}")
    return found


def _by_beginning(metric: str, named: dict[str, set[str]]) -> list[str]:
    best: dict[str, int] = {}
    for name, texts in named.items():
        starts = [text for text in texts if "." in text and metric.startswith(text if text[-1] in "._" else f"{text}.")]
        if starts:
            best[name] = max(map(len, starts))
    longest = max(best.values(), default=0)
    if longest:
        return [name for name, length in best.items() if length == longest]
    first = metric.partition(".")[0]
    return [name for name in named if name in (first, f"{first}_check")]


def _texts(meter: type[Meter]) -> set[str]:
    source = Path(str(import_module(meter.__module__).__file__)).read_text(encoding="ascii")
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str)}


def _row(row: Metric, meters_of: list[str], families: list[str]) -> tuple[str, ...]:
    linked = ", ".join(
        f"[{name}](meters.md#{name})" if re.fullmatch(r"[a-z_]+", name) and name != "watches" else name
        for name in meters_of
    )
    return (
        code(row.name),
        row.kind,
        code(row.unit),
        codes(row.labels),
        linked,
        sentence(row.help),
        codes(dict.fromkeys(families)),
    )


def _clues(needs: tuple[str, ...]) -> str:
    return "; or ".join(" and ".join(_clue(one) for one in need.split(" & ")) for need in needs)


def _clue(text: str) -> str:
    kind, _, word = text.partition(":")
    if kind == "configured":
        return "a setting of it in `agent.toml`"
    return _CLUE[kind].format(word).replace(word, code(word)) if kind != "path" else code(f"/{word}")


def _facts(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"- **{head}**: {text}" for head, text in rows if text)


def _about(meter: type[Meter]) -> str:
    return " ".join((meter.__doc__ or "").split())
