"""Docs are under test: what can be set, called, measured or asked for is found in them, and their commands exist."""

from __future__ import annotations

import argparse
import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from wakeful_agent import actions, meters, watches
from wakeful_agent.cli.parser import make_parser as agent_parser
from wakeful_agent.config import policy
from wakeful_agent.config.orders import WATCH_ACTIONS
from wakeful_agent.config.settings import SETTINGS as AGENT_SETTINGS
from wakeful_agent.daemon import events as agent_events
from wakeful_collector import config as collector_config
from wakeful_collector.app import create_app
from wakeful_collector.cli import parser as collector_parser
from wakeful_collector.integrations.ollama import (
    compat,
    compat_claims,
    compat_front,
    environment,
    secret_fields,
    troubles,
)
from wakeful_collector.integrations.ollama import settings as gateway_settings
from wakeful_collector.integrations.ollama.states import State
from wakeful_collector.integrations.proxmox.charts import measures
from wakeful_collector.integrations.proxmox.link import clusters as proxmox_clusters
from wakeful_collector.integrations.proxmox.link import privileges
from wakeful_collector.integrations.proxmox.link import troubles as proxmox_troubles
from wakeful_collector.model import event_kinds
from wakeful_collector.remote import verbs
from wakeful_collector.remote.verbs import VERBS
from wakeful_collector.rooms import REGISTRY
from wakeful_collector.store import database
from wakeful_collector.store.gateway_history import OUTCOMES
from wakeful_collector.web import metrics_gateway, metrics_proxmox
from wakeful_wire import limits
from wakeful_wire.names import METRICS
from wakeful_wire.push import RESULT_STATES

if TYPE_CHECKING:
    from pathlib import Path


def missing(docs: str, words: list[str]) -> list[str]:
    """Return the words that no documentation names as code."""
    return [word for word in words if not re.search(rf"[`/ ]{re.escape(word)}(?![\w.-]*\w)", docs)]


def coded(docs: str, words: list[str]) -> list[str]:
    """Return the words that stand nowhere in the documentation between backticks."""
    spans = " ".join(re.findall(r"`[^`\n]+`", docs) + re.findall(r"^```.*?^```", docs, re.MULTILINE | re.DOTALL))
    return [word for word in words if not re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", spans)]


def test_every_meter_and_kind_of_watch_is_explained(written_docs: str) -> None:
    assert len(meters.METERS) > 10
    assert not coded(written_docs, [meter.name for meter in meters.METERS])
    assert not [entry.name for entry in meters.OPTIONAL if not re.search(rf"\b{entry.name}\b", written_docs)]
    assert not coded(written_docs, watches.names())


def test_every_option_of_a_meter_is_documented(user_docs: str) -> None:
    assert not coded(user_docs, [option.name for meter in meters.METERS for option in meter.options])


def test_every_metric_is_documented(user_docs: str) -> None:
    assert not coded(user_docs, list(METRICS))


def test_every_setting_is_documented(user_docs: str) -> None:
    names = [field.name for field in dataclasses.fields(collector_config.Settings)]
    assert not coded(user_docs, names)
    assert not coded(user_docs, [setting.key for setting in AGENT_SETTINGS])


def test_every_action_is_documented(root: Path) -> None:
    page = (root / "docs" / "actions.md").read_text("ascii")
    assert len(actions.names()) >= 4
    assert not coded(page, actions.names())
    assert not coded(page, list(WATCH_ACTIONS))
    assert not coded(page, [verb.name for name in watches.names() for verb in watches.load(name).verbs])
    assert not coded(page, [*policy.ACTION_KEYS, *policy.POLICY_KEYS, *policy.PARAMETER_KEYS, *policy.KINDS])


def test_every_option_of_an_action_is_documented(user_docs: str) -> None:
    assert not coded(user_docs, [option.name for name in actions.names() for option in actions.load(name).options])


def subcommands(parser: argparse.ArgumentParser, before: str) -> list[str]:
    """Return every command of a command line: `wakeful-collector key create`."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                below = subcommands(inner, f"{before} {name}")
                found += below or [f"{before} {name}"]
    return found


def test_every_command_is_documented(user_docs: str) -> None:
    commands = subcommands(agent_parser(), "wakeful-agent") + subcommands(collector_parser(), "wakeful-collector")
    commands += [f"wakeful {verb.name}" for verb in (*VERBS, *verbs.every())]
    assert len(commands) > 30
    assert not coded(user_docs, commands)


def test_every_operation_is_documented(user_docs: str) -> None:
    assert len(list(REGISTRY)) > 30
    assert not coded(user_docs, [operation.name for operation in REGISTRY])


def test_every_setting_of_a_machine_of_the_gateway_is_documented(root: Path) -> None:
    page = (root / "docs" / "reference" / "gateway-settings.md").read_text("ascii")
    fields = [field.name for field in gateway_settings.FIELDS]
    assert not [name for name in [*fields, *secret_fields.NAMES] if f"\n| `{name}` |" not in page]
    choices = [word for field in gateway_settings.FIELDS for word in field.metadata["kind"].schema.get("enum", ())]
    assert not coded(page, choices)


def test_every_setting_of_a_cluster_is_documented(root: Path) -> None:
    page = (root / "docs" / "reference" / "proxmox-settings.md").read_text("ascii")
    assert not [
        name for name in proxmox_clusters.schema() if name != proxmox_clusters.SECRET and f"\n| `{name}` |" not in page
    ]
    kinds = [field.metadata["kind"] for field in proxmox_clusters.FIELDS]
    assert not coded(page, [word for kind in kinds for word in kind.schema.get("enum", ())])
    needed = [privilege for one in privileges.FEATURES for privilege, _ in one.needs if "Config" not in privilege]
    assert not coded(page, needed)


def test_what_clusters_measure_is_documented(root: Path) -> None:
    page = (root / "docs" / "proxmox" / "charts.md").read_text("ascii")
    assert not coded(page, [family.name for family in metrics_proxmox.families([], 0)])
    assert not coded(page, [*proxmox_troubles.KINDS, *(series.name for series in measures.SERIES)])


def test_what_the_gateway_measures_is_documented(root: Path) -> None:
    page = (root / "docs" / "gateway.md").read_text("ascii")
    known = metrics_gateway.Gateway([], {}, [], [])
    assert not coded(page, [family.name for family in metrics_gateway.families(known, ())])
    assert not coded(page, [*State, *OUTCOMES])


def test_what_an_older_gateway_had_is_documented(root: Path) -> None:
    page = (root / "docs" / "gateway" / "compatibility.md").read_text("ascii")
    assert not coded(page, list(environment.NAMES))
    routes = [rule for rule in compat.ROUTES if rule not in page]
    routes += [
        f"{compat_front.PREFIX}{name}" for name in compat_front.ROUTES if f"{compat_front.PREFIX}{name}`" not in page
    ]
    assert not routes
    names = [operation.name.partition(".")[2] for operation in compat_claims.REGISTRY]
    assert not [name for name in names if f"POST /gateway/{name}`" not in page]


def test_every_event_kind_is_documented(root: Path, modules: list[Path]) -> None:
    page = (root / "docs" / "reference" / "events.md").read_text("ascii")
    assert not coded(page, list(agent_events.KINDS))
    explained = (root / "docs" / "events.md").read_text("ascii")
    families = {kind.partition(".")[0] for kind in (*agent_events.KINDS, *event_kinds.NAMES)} - {"agent"}
    assert not [family for family in families if f"`{family}." not in explained]
    told = re.compile(r"""\bEvent\(\s*f?"[^"]*"(?:\[[^]]*\])?,\s*[\w.]+,\s*"([a-z_]+\.[a-z_]+)\"""")
    sources = [file.read_text("ascii") for file in modules if "wakeful_collector" in file.parts]
    kinds = sorted({kind for source in sources for kind in told.findall(source)})
    assert len(kinds) >= 4, kinds
    told_here = {*kinds, *(f"command.{state}" for state in RESULT_STATES), *troubles.KINDS, *proxmox_troubles.KINDS}
    assert not told_here - event_kinds.NAMES, "an event that the collector's table lacks"
    assert not coded(page, sorted(event_kinds.NAMES))


def test_every_route_is_documented(user_docs: str, tmp_path: Path) -> None:
    settings = collector_config.load({"WAKEFUL_DATA": str(tmp_path / "data")})
    database.create(settings.data)
    rules = {rule.rule for rule in create_app(settings).url_map.iter_rules() if rule.endpoint != "static"}
    api = [*sorted(rule for rule in rules if rule.startswith("/api/v1/")), "/healthz", "/readyz", "/metrics"]
    assert len(api) > 10
    plain = [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in api]
    assert not [rule for rule in plain if not re.search(rf"{re.escape(rule)}(?![\w/{{])", user_docs)]


def test_every_bound_of_the_wire_that_people_meet_is_documented(user_docs: str) -> None:
    for bound in (limits.SERIES_MAX, limits.TICKS_MAX, limits.LABELS_MAX, limits.SKEW_AHEAD_SECONDS_MAX):
        assert re.search(rf"(?<!\d){bound:,}(?!\d)|(?<!\d){bound}(?!\d)", user_docs), bound


def test_decision_records_say_is_is_not_and_why(root: Path) -> None:
    records = sorted((root / "docs" / "decisions").glob("*.md"))
    assert len(records) >= 5
    numbers = [record.name[:3] for record in records]
    assert all(re.fullmatch(r"\d{3}-[a-z0-9-]+\.md", record.name) for record in records), [r.name for r in records]
    assert len(set(numbers)) == len(numbers), "two records share a number"
    for record in records:
        text = record.read_text("ascii")
        for part in ("Is", "Is not", "Why"):
            assert re.search(rf"^(## {part}$|\*\*{part}\.?\*\*)", text, re.MULTILINE), f"{record.name} lacks {part}"


def test_every_make_target_that_is_named_exists(root: Path, docs: dict[Path, str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text("ascii"), re.MULTILINE))
    named = {name for text in docs.values() for name in re.findall(r"`(?:\w+=\S+ )*make ([a-z][a-z-]*)`", text)}
    named |= {
        name for text in docs.values() for name in re.findall(r"^ *(?:\$ )?make ([a-z][a-z-]*)", text, re.MULTILINE)
    }
    assert {"run", "test"} <= named
    assert named <= targets, sorted(named - targets)


def test_every_target_has_its_line_of_help(root: Path) -> None:
    makefile = (root / "Makefile").read_text("ascii")
    internal = {"environment", "environment-dev", "test-programs"}
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) - internal
    assert targets == set(re.findall(r"^([a-z-]+):.*## \w", makefile, re.MULTILINE))


LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


def test_every_link_leads_somewhere(docs: dict[Path, str]) -> None:
    broken = [
        f"{file.name}: {target}"
        for file, text in docs.items()
        for target in LINK.findall(re.sub(r"`[^`\n]*`", "", text))
        if not (file.parent / target).exists()
    ]
    assert not broken, broken


def test_the_index_leads_to_every_page(root: Path) -> None:
    index = (root / "docs" / "index.md").read_text("ascii")
    pages = {page.name for page in (root / "docs").glob("*.md")} - {"index.md"}
    assert not {page for page in pages if f"({page})" not in index}
    records = {record.name for record in (root / "docs" / "decisions").glob("*.md")}
    listed = (root / "docs" / "decisions.md").read_text("ascii")
    assert not {record for record in records if f"(decisions/{record})" not in listed}


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "NOTICE", "docs/architecture.md"])
def test_the_pages_everybody_expects_are_there(root: Path, page: str) -> None:
    assert len((root / page).read_text("ascii")) > 400
