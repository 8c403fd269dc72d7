"""The pages of what can be set of the collector, of a machine of the gateway, and of a Proxmox cluster."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any

from schema_words import words
from tables import code, codes, page, sentence, table

from wakeful_collector import config
from wakeful_collector.integrations.ollama import secret_fields
from wakeful_collector.integrations.ollama import settings as machines
from wakeful_collector.integrations.proxmox.link import clusters, privileges

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADS = ("setting", "default", "takes", "meaning")


def collector() -> str:
    """Return the page of the collector's settings."""
    rows = []
    for one in config.table():
        example = one.metadata["example"]
        takes = (
            one.metadata["kind"].name.replace(" or ", ", ")
            if " or " in one.metadata["kind"].name
            else one.metadata["kind"].name
        )
        shown = "" if not example else f", such as {code(example)}"
        rows.append((code(one.name), _of_collector(one), takes + shown, sentence(one.metadata["help"])))
    return page(
        "Settings of the collector",
        "Every setting of `collector.toml`, as the collector checks them; `WAKEFUL_` and the name in capitals is"
        " the environment"
        " variable that goes before the file. [The collector](../collector.md) says where the file is and how"
        " settings belong"
        " together; `wakeful-collector check-config --sample` prints a file with all of them.",
        table(HEADS, rows),
    )


def gateway() -> str:
    """Return the page of a gateway machine's settings."""
    parts = _groups(machines.GROUPS, fields(machines.Machine))
    secrets = [(code(one.name), one.group, sentence(one.help)) for one in secret_fields.SECRETS]
    return page(
        "Settings of a gateway's machine",
        "What can be set of a machine that serves models: on its page, by `wakeful gateway add` and `change`, or"
        " by the operations"
        " `gateway.machine.add` and `gateway.machine.change`. [The gateway](../gateway.md) explains them, and"
        " [machines of the"
        " gateway](../gateway/machines.md) says how secrets are given.",
        *parts,
        "## Secrets",
        "Sealed with `vault.key`, and never shown again:",
        table(("secret", "for", "meaning"), secrets),
    )


def proxmox() -> str:
    """Return the page of a cluster's settings, and of what its login must be permitted."""
    rows = [(one.name[:1].upper() + one.name[1:], code(one.level), _needs(one)) for one in privileges.FEATURES]
    return page(
        "Settings of a Proxmox cluster",
        "What can be set of a cluster: on its page, by `wakeful proxmox add` and `set-cluster`, or by the operations"
        " `proxmox.cluster.add` and `proxmox.cluster.change`. [Connecting](../proxmox/connecting.md) explains them.",
        *_groups(clusters.GROUPS, fields(clusters.Cluster)),
        "## Secret",
        f"{code(clusters.SECRET)}: the token's secret or the person's password; sealed with `vault.key`, and"
        " never shown again.",
        "## Privileges",
        f"What the login needs in Proxmox VE, by what is wanted ({codes(privileges.LEVELS)}; each holds those"
        " before it)."
        " `wakeful proxmox test-connection --for LEVEL` prints the lines that make a token with no more than that.",
        table(("to see or do", "from", "privileges"), rows),
    )


def _needs(feature: privileges.Feature) -> str:
    paths = dict.fromkeys(path for _, path in feature.needs)
    return "; ".join(f"{codes(need for need, on in feature.needs if on == path)} on {code(path)}" for path in paths)


def _groups(groups: Iterable[str], known: Iterable[Field[Any]]) -> list[str]:
    every = list(known)
    parts = []
    for group in groups:
        rows = [
            (
                code(one.name),
                _default(one),
                words(one.metadata["kind"].schema),
                sentence(one.metadata["help"]) + _example(one),
            )
            for one in every
            if one.metadata["group"] == group
        ]
        parts += [f"## {group.capitalize()}", table(HEADS, rows)]
    return parts


def _example(one: Field[Any]) -> str:
    example = one.metadata["example"]
    return f" Such as {code(example)}." if example and len(example) <= 64 else ""


def _default(one: Field[Any]) -> str:
    if one.default is MISSING and one.default_factory is MISSING:
        return "must be given"
    value = one.default if one.default_factory is MISSING else one.default_factory()
    if isinstance(value, bool):
        return code("true" if value else "false")
    if value in ("", (), {}, None):
        return ""
    return codes(value) if isinstance(value, tuple) else code(value)


def _of_collector(one: Field[Any]) -> str:
    if isinstance(one.default, bool):
        return code("true" if one.default else "false")
    shown = config.default_text(one)
    return "" if shown == "none" else shown if one.default is MISSING else code(shown)
