"""Any inventory as a table: whatever shape its document has, searched, sorted and paged by the address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from wakeful_collector.web import pages_moods, pages_text

ROWS_A_PAGE = 200
COLUMNS_MAX = 24
LONG_CHARACTERS = 40
PARTS_MAX = 40
WORDS_MAX = 4
BYTE_COLUMNS = frozenset({"memory", "rss", "size", "used", "free", "total", "limit", "bytes"})
SHARE_COLUMNS = frozenset({"cpu", "utilization", "share"})
TIME_COLUMNS = frozenset({"start", "started", "at", "since", "created", "expires"})
HEADINGS = {
    "bus": "Bus", "cpu": "CPU", "cpus": "CPUs", "gpu": "GPU", "id": "ID", "ip": "IP", "mac": "MAC", "mtu": "MTU",
    "pid": "PID", "ppid": "Parent", "ups": "UPS", "url": "URL", "uuid": "UUID", "vdevs": "Devices",
}  # fmt: skip
TITLES = {
    "container_engines": "Container engines", "fail2ban": "fail2ban", "game": "Game servers", "gpus": "GPUs",
    "haproxy": "HAProxy", "http": "Watched pages", "mqtt": "MQTT brokers", "mysql": "MySQL", "nginx": "nginx",
    "php_fpm": "PHP-FPM", "ping": "Machines pinged", "port_check": "Watched ports", "postgresql": "PostgreSQL",
    "public_ip": "Public address", "rabbitmq": "RabbitMQ", "raid": "Arrays", "snmp": "Other devices", "ups": "UPS",
    "wireguard": "WireGuard", "zfs_pools": "ZFS pools",
}  # fmt: skip
NAMES = frozenset(
    {"array", "device", "engine", "gpu", "guest", "jail", "name", "peer", "pool", "target", "unit", "ups"}
)
_SECONDS_LEAST, _MS_LEAST = 10**9, 10**11
_UNITS = ("_bytes", "_ms", "_seconds", "_rpm", "_celsius")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its key in the document and whether it holds numbers, which stand to the right."""

    key: str
    numeric: bool

    @property
    def label(self) -> str:
        """Return the heading, without a unit that the cells say themselves."""
        bare = next((self.key[: -len(unit)] for unit in _UNITS if self.key.endswith(unit)), self.key)
        words = bare.replace("_", " ") or self.key
        return HEADINGS.get(bare, words[:1].upper() + words[1:])


@dataclass(frozen=True, slots=True)
class Table:
    """A page of rows, each a list of raw values in the order of `columns`; `facts` is what stood beside the rows."""

    columns: list[TableColumn]
    rows: list[list[Any]]
    found: int
    total: int
    page: int
    pages: int
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableWish:
    """What somebody asks of a table."""

    query: str = ""
    sort: str = ""
    descending: bool = False
    page: int = 1


def table(document: Any, wish: TableWish) -> Table:
    """Return the part of `document` that `wish` asks for."""
    keys, rows, facts = _filled(*_rows(document))
    columns = [TableColumn(key, _numeric([row[place] for row in rows])) for place, key in enumerate(keys)]
    words = wish.query.casefold().split()
    found = [row for row in rows if _matches(row, words)] if words else rows
    if wish.sort in keys:
        found = _sorted(found, keys.index(wish.sort), wish.descending)
    elif not wish.sort:
        found = sorted(found, key=lambda row: pages_moods.rank(list(map(pages_moods.cell_mood, keys, row))))
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    page = min(wish.page, pages)
    shown = found[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    return Table(columns, shown, len(found), len(rows), page, pages, facts)


def title(name: str) -> str:
    """Return an inventory's name as a heading."""
    words = name.replace("_", " ")
    return TITLES.get(name, words[:1].upper() + words[1:])


def shown(key: str, value: Any) -> str | Any:
    """Return a value as people read it; what its column's name says about its unit is used."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _measured(key, value)
    if isinstance(value, str) and key in pages_moods.STATE_COLUMNS:
        return value.replace("_", " ")
    return pages_text.cell(value)


def parts(value: Any) -> list[tuple[str, str]]:
    """Return a list of things as the lines of a cell, each with its mood; empty for what is no list of things."""
    if not _is_list_of_things(value):
        return []
    lines = [(_part(item), pages_moods.thing_mood(item)) for item in value[:PARTS_MAX]]
    return [*lines, (f"and {len(value) - PARTS_MAX} more", "")] if len(value) > PARTS_MAX else lines


def facts(made: Table) -> list[tuple[str, str, Any]]:
    """Return what stands beside the rows as label, key and value; the count and the time have places of their own."""
    told = [(key, value) for key, value in made.facts.items() if key not in {"total", "at"}]
    return [(TableColumn(key, False).label, key, value) for key, value in told if value not in ("", None, [], {}, 0)]


def troubles(document: Any) -> tuple[int, list[tuple[str, str]]]:
    """Return how many things an inventory lists, and in words how many are in which state worth a look."""
    keys, rows, _ = _rows(document)
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        cells = [(pages_moods.cell_mood(key, value), key, value) for key, value in zip(keys, row, strict=True)]
        found = pages_moods.worst([mood for mood, _, _ in cells])
        if found in {"bad", "warn"}:
            word = next(
                (
                    str(shown(key, value))
                    for mood, key, value in cells
                    if mood == found and value and isinstance(value, str)
                ),
                "",
            )
            counted[found, word or "not well"] += 1
    ordered = sorted(counted.items(), key=lambda item: (item[0][0] != "bad", -item[1]))
    return len(rows), [(mood, f"{count} {word}") for (mood, word), count in ordered[:WORDS_MAX]]


def _measured(key: str, value: float) -> str | Any:
    if key in BYTE_COLUMNS or key.endswith("_bytes"):
        return pages_text.size(value)
    if key in SHARE_COLUMNS or key.endswith("_share"):
        return pages_text.share(value)
    if key.endswith("_ms") and value >= _MS_LEAST:
        return pages_text.at(value)
    if key in TIME_COLUMNS and value >= _SECONDS_LEAST:
        return pages_text.at(value if value >= _MS_LEAST else value * 1000)
    if key.endswith("_seconds"):
        return pages_text.span(value)
    ends = {"_rpm": " rpm", "_celsius": " \N{DEGREE SIGN}C", "_ms": " ms"}
    return pages_text.cell(value) + next((end for suffix, end in ends.items() if key.endswith(suffix)), "")


def _part(item: dict[str, Any]) -> str:
    """Return a thing within a cell: its values, those that are nothing left out; `depth` moves it in."""
    depth = item.get("depth")
    indent = "\N{NO-BREAK SPACE}" * 3 * min(depth, 8) if isinstance(depth, int) and depth > 0 else ""
    words = [_word(key, value) for key, value in item.items() if key != "depth" and value not in ("", None, [], 0)]
    return indent + " ".join(words)


def _word(key: str, value: Any) -> str:
    text = str(shown(key, value))
    return f"{key.replace('_', ' ')} {text}" if isinstance(value, (int, float)) and not key.endswith(_UNITS) else text


def _filled(
    keys: list[str], rows: list[list[Any]], facts: dict[str, Any]
) -> tuple[list[str], list[list[Any]], dict[str, Any]]:
    """Leave out the columns in which no row says anything, but not all of them."""
    used = [place for place in range(len(keys)) if any(row[place] not in ("", None, [], {}) for row in rows)]
    if not used or len(used) == len(keys):
        return keys, rows, facts
    return [keys[place] for place in used], [[row[place] for place in used] for row in rows], facts


def is_long(value: Any) -> bool:
    """Tell whether a cell's text may wrap."""
    return isinstance(value, (str, list, dict)) and len(pages_text.cell(value)) > LONG_CHARACTERS


def _rows(document: Any) -> tuple[list[str], list[list[Any]], dict[str, Any]]:
    if isinstance(document, dict):
        keys, rows = document.get("columns"), document.get("rows")
        if isinstance(keys, list) and isinstance(rows, list):
            facts = {str(key): value for key, value in document.items() if key not in {"columns", "rows"}}
            names = [pages_text.cell(key) for key in keys[:COLUMNS_MAX]]
            return names, [_padded(row, len(names)) for row in rows if isinstance(row, list)], facts
        lists = [key for key, value in document.items() if _is_list_of_things(value)]
        if lists:
            chosen = max(lists, key=lambda key: len(document[key]))
            return (*_records(document[chosen]), {str(key): value for key, value in document.items() if key != chosen})
        nested = [{"name": key, **value} for key, value in document.items() if isinstance(value, dict)]
        if nested and len(nested) == len(document):
            return (*_records(nested), {})
        return ["name", "value"], [[key, value] for key, value in document.items()], {}
    if isinstance(document, list) and document and all(isinstance(item, dict) for item in document):
        return (*_records(document), {})
    items = document if isinstance(document, list) else [document]
    return ["value"], [[item] for item in items], {}


def _records(items: list[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    keys: dict[str, None] = {}
    for item in items:
        keys.update(dict.fromkeys(item))
    names = sorted(list(keys)[:COLUMNS_MAX], key=_place)
    return names, [[item.get(name) for name in names] for item in items]


def _place(key: str) -> int:
    """Return where a column stands: what a thing is called, how it is, then everything else as it came."""
    return 0 if key in NAMES else 1 if key in pages_moods.STATE_COLUMNS else 2


def _is_list_of_things(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _padded(row: list[Any], width: int) -> list[Any]:
    return [*row[:width], *([None] * (width - len(row)))]


def _numeric(values: list[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known)


def _matches(row: list[Any], words: list[str]) -> bool:
    text = " ".join(pages_text.cell(value) for value in row).casefold()
    return all(word in text for word in words)


def _sorted(rows: list[list[Any]], place: int, descending: bool) -> list[list[Any]]:
    known = [row for row in rows if row[place] is not None]
    if _numeric([row[place] for row in known]):
        known.sort(key=lambda row: row[place], reverse=descending)
    else:
        known.sort(key=lambda row: pages_text.cell(row[place]).casefold(), reverse=descending)
    return known + [row for row in rows if row[place] is None]
