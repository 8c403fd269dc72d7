"""A host's series gathered by metric and family, so that everything it has can be found and drawn."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.web.pages_panel import Draw
from wakeful_collector.web.pages_units import kind_of, unit_words
from wakeful_wire.names import METRICS, Metric, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wakeful_collector.model.sample import LatestSample

LINES_OF_A_CARD = 6
LINES_OF_A_PAGE = 20
LABELS_OFFERED = 300
TITLES = {
    "agent": "Wakeful's agent",
    "fail2ban": "fail2ban",
    "haproxy": "HAProxy",
    "http": "Watched pages",
    "hw": "Hardware",
    "libvirt": "Guests (libvirt)",
    "mqtt": "MQTT",
    "mysql": "MySQL and MariaDB",
    "nginx": "nginx",
    "php_fpm": "PHP-FPM",
    "port": "Watched ports",
    "postgresql": "PostgreSQL",
    "proxmox": "Proxmox VE",
    "rabbitmq": "RabbitMQ",
    "snmp": "Other devices",
    "systemd": "systemd",
    "tls": "Certificates",
    "ups": "UPS",
    "wireguard": "WireGuard",
    "zfs": "ZFS",
    "process": "Programs",
    "system.cpu": "Processor",
    "system.disk": "Disks",
    "system.file_handles": "Open files",
    "system.filesystem": "Filesystems",
    "system.load_average": "Load average",
    "system.memory": "Memory",
    "system.network": "Network",
    "system.paging": "Swap",
    "system.pressure": "Pressure",
    "system.processes": "Processes",
}
_DRAWABLE = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_ORDER = {name: place for place, name in enumerate(METRICS)}


@dataclass(frozen=True, slots=True)
class Card:
    """A metric of a host with its newest samples; `draw` is empty for a name that no chart can ask for."""

    metric: Metric
    samples: tuple[LatestSample, ...]
    draw: str
    unit: str
    kind: str
    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the metric's name, which is hostile text when no catalogue has it."""
        return self.metric.name


@dataclass(frozen=True, slots=True)
class Family:
    """Metrics that belong together; `known` says that the catalogue has them."""

    key: str
    title: str
    known: bool
    cards: tuple[Card, ...]


def family_of(name: str) -> str:
    """Return the family of a metric: its first word, for `system` and `hw` metrics the first two."""
    words = name.split(".")
    if len(words) == 1:
        return re.split(r"[_:]", name, maxsplit=1)[0]
    return ".".join(words[:2]) if words[0] == "system" and len(words) > 2 else words[0]


def cards(samples: Iterable[LatestSample], words: Sequence[str], labels: Sequence[str]) -> list[Card]:
    """Return the metrics that match: all `words` in name, meaning or labels, and series that have all `labels`."""
    wanted = [tuple(text.split(":", 1)) for text in labels]
    held: dict[str, list[LatestSample]] = {}
    for sample in samples:
        if all(sample.labels.get(name) == value for name, value in wanted):
            held.setdefault(sample.name, []).append(sample)
    found = [_card(name, some, labels) for name, some in held.items()]
    return [card for card in found if not words or _matches(card, words)]


def families(found: Iterable[Card]) -> list[Family]:
    """Return cards by family: what scripts brought first, then the catalogue's in its order."""
    held: dict[str, list[Card]] = {}
    for card in found:
        held.setdefault(family_of(card.name), []).append(card)
    made = [
        Family(key, TITLES.get(key, title_of(key)), any(card.name in METRICS for card in some), tuple(some))
        for key, some in held.items()
    ]
    return sorted(made, key=lambda one: (one.known, min(_ORDER.get(card.name, 0) for card in one.cards), one.key))


def offered(samples: Iterable[LatestSample]) -> list[str]:
    """Return the labels most series have, as `name:value`, for the filter to propose."""
    counted = Counter(f"{name}:{value}" for sample in samples for name, value in sample.labels.items())
    return sorted(text for text, _ in counted.most_common(LABELS_OFFERED))


def title_of(key: str) -> str:
    """Return a family's key as a heading."""
    words = key.replace(".", " ").replace("_", " ").strip() or key
    return words[:1].upper() + words[1:]


def draw(name: str, labels: Sequence[str], most: int, by: str = "") -> str:
    """Return how to draw a metric alone, empty where its name is none that a chart can ask for."""
    if not _DRAWABLE.fullmatch(name):
        return ""
    return Draw((name,), label="\n".join(labels), most=most, by=(by,) if by else ()).text()


def _card(name: str, samples: list[LatestSample], labels: Sequence[str]) -> Card:
    metric = describe(name)
    keys = dict.fromkeys(key for sample in samples[:50] for key in sample.labels)
    return Card(
        metric,
        tuple(samples),
        draw(name, labels, LINES_OF_A_CARD),
        unit_words(metric),
        kind_of(metric),
        tuple(keys),
    )


def _matches(card: Card, words: Sequence[str]) -> bool:
    text = f"{card.name} {card.metric.help}".casefold()
    rest = [word for word in words if word not in text]
    if not rest:
        return True
    values = {value for sample in card.samples for value in sample.labels.values()}
    named = " ".join(values).casefold()
    return all(word in named for word in rest)
