"""The collector's settings: one table that feeds validation, `--help`, the sample file and the docs.

The table is the dataclass `Settings` itself: each field carries its meaning, kind and bounds. A value comes from the
environment (`WAKEFUL_LISTEN`, or `WAKEFUL_LISTEN_FILE` naming a file that holds it), else from `collector.toml`, else
it is the default. Everything that is wrong is said at once.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import tomllib

from wakeful_collector import settings_kinds as kinds
from wakeful_collector.settings_kinds import Kind, Unfit

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = "collector.toml"
PREFIX = "WAKEFUL_"
SYSTEM_DATA = Path("/var/lib/wakeful")
_OF_WAKEFUL = ("PROFILE", "URL", "API_KEY", "API_KEY_FILE", "FINGERPRINT", "CA_FILE", "TRACEBACK")
_NOT_SETTINGS = {"WAKEFUL_CONFIG", *(f"WAKEFUL_{name}" for name in _OF_WAKEFUL)}
"""What is no setting and no mistake: where the settings are, and what the operator's command line `wakeful` reads."""

_SAMPLE_HEAD = """\
# Settings of the Wakeful collector. Every line that starts with "#" shows a default or an example;
# remove the "#" to change it. WAKEFUL_<NAME> in the environment wins over this file.
# Check it with: wakeful-collector check-config
"""


class Problem(NamedTuple):
    """One thing that is wrong: where (`collector.toml line 3`, `WAKEFUL_LISTEN`), what, and the way out."""

    where: str
    message: str
    hint: str

    def __str__(self) -> str:
        """Return the sentence for people."""
        return f"{self.where}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class ConfigErrors(ValueError):
    """Everything that is wrong with the settings, at once: `problems` in the order they were met."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def _about(kind: Kind, text: str, example: str = "") -> dict[str, Any]:
    return {"kind": kind, "help": text, "example": example}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Each field's metadata holds `kind`, `help` and `example`."""

    data: Path = field(metadata=_about(kinds.FOLDER, "Folder of the databases; only the collector's user may read it."))
    listen: str = field(
        default="127.0.0.1:8800",
        metadata=_about(
            kinds.ADDRESS, "Address and port the web server listens on. Behind a reverse proxy keep it on 127.0.0.1."
        ),
    )
    public_url: str | None = field(
        default=None,
        metadata=_about(
            kinds.URL,
            "Address under which browsers and agents reach the collector; invites and sign-in links are made of it.",
            "https://wakeful.example.org",
        ),
    )
    hosts_allowed: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            kinds.HOST_NAMES,
            "More host names the web server answers to, beside those of `listen` and `public_url` and loopback names.",
            '["wakeful.lan", "10.0.0.5"]',
        ),
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            kinds.NETWORKS,
            "Reverse proxies (addresses or networks) whose X-Forwarded-For and X-Forwarded-Proto headers are believed.",
            '["127.0.0.1"]',
        ),
    )
    tls_certificate: Path | None = field(
        default=None,
        metadata=_about(
            kinds.PUBLIC_FILE,
            "PEM file of the certificate chain when the collector itself speaks TLS; needs `tls_key`.",
            '"/etc/wakeful/collector.crt"',
        ),
    )
    tls_key: Path | None = field(
        default=None,
        metadata=_about(
            kinds.SECRET_FILE,
            "PEM file of the private key of `tls_certificate`, readable for the collector's user only.",
            '"/etc/wakeful/collector.key"',
        ),
    )
    web_workers: int = field(default=1, metadata=_about(kinds.whole(1, 64), "Processes that answer requests."))
    web_threads: int = field(default=12, metadata=_about(kinds.whole(2, 256), "Threads in each of those processes."))
    retention_raw_days: int = field(default=2, metadata=_about(kinds.whole(1, 3660), "Days that every sample is kept."))
    retention_1m_days: int = field(
        default=14, metadata=_about(kinds.whole(1, 3660), "Days that one value a minute is kept.")
    )
    retention_10m_days: int = field(
        default=90, metadata=_about(kinds.whole(1, 3660), "Days that one value every 10 minutes is kept.")
    )
    retention_1h_days: int = field(
        default=400, metadata=_about(kinds.whole(1, 36600), "Days that one value an hour is kept.")
    )
    session_days: int = field(
        default=30, metadata=_about(kinds.whole(1, 365), "Days after which a browser has to sign in again.")
    )
    body_bytes_max: int = field(
        default=1_048_576,
        metadata=_about(
            kinds.whole(16_384, 67_108_864),
            "Bytes a request to the API or a form may have; pushes have a bound of their own.",
        ),
    )
    metrics_open_on_loopback: bool = field(
        default=False,
        metadata=_about(kinds.FLAG, "Answer /metrics without an API key to programs on this machine."),
    )
    silent_after_intervals: int = field(
        default=3,
        metadata=_about(
            kinds.whole(2, 100), "Intervals of its own after which a host that pushes nothing is an incident."
        ),
    )
    silent_after_seconds: int = field(
        default=120,
        metadata=_about(
            kinds.whole(10, 86_400), "Seconds of silence that are never an incident, however short the interval."
        ),
    )
    notify_patience_seconds: int = field(
        default=120,
        metadata=_about(
            kinds.whole(0, 86_400),
            "Seconds an agent has to repair what it watches before people are told; at once when it gives up.",
        ),
    )
    notify_settle_seconds: int = field(
        default=60,
        metadata=_about(
            kinds.whole(0, 86_400),
            "Seconds that must be calm before an incident is over; doubled for each time it fell again meanwhile.",
        ),
    )
    notify_timeout_seconds: int = field(
        default=30, metadata=_about(kinds.whole(2, 300), "Seconds that an attempt to deliver a message may take.")
    )
    notify_keep_hours: int = field(
        default=24,
        metadata=_about(kinds.whole(1, 720), "Hours after which a message that could not be delivered is given up."),
    )
    gateway_env: Path | None = field(
        default=None,
        metadata=_about(
            kinds.SECRET_FILE,
            "A .env file of an older gateway service: it describes the machine `default` and the keys that may use it.",
            '"/etc/wakeful/gateway.env"',
        ),
    )
    releases: Path | None = field(
        default=None,
        metadata=_about(
            kinds.FOLDER,
            "Folder of the agent's release that machines are given; `releases` in the data folder if not set.",
            "/srv/wakeful/releases",
        ),
    )
    log_level: str = field(
        default="info",
        metadata=_about(kinds.one_of("debug", "info", "warning", "error"), "How much is written to the log."),
    )

    def port(self) -> int:
        """Return the port of `listen`."""
        return kinds.split_address(self.listen)[1]

    def listen_host(self) -> str:
        """Return the host of `listen`, without brackets."""
        return kinds.split_address(self.listen)[0]


def table() -> tuple[Field[Any], ...]:
    """Return the table of settings, one dataclass field each."""
    return fields(Settings)


def default_data(environ: Mapping[str, str]) -> Path:
    """Return the data folder when nobody names one: /var/lib/wakeful for root, else the XDG state folder."""
    if os.geteuid() == 0:
        return SYSTEM_DATA
    state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".local" / "state")
    return Path(state) / "wakeful"


def load(environ: Mapping[str, str], data: Path | str | None = None) -> Settings:
    """Return the settings in force; `data` (from `--data`) wins over `WAKEFUL_DATA`.

    Raises:
        ConfigErrors: everything that is wrong, with the line and a hint.
    """
    problems: list[Problem] = []
    named = environ.get("WAKEFUL_CONFIG")
    folder = Path(data or environ.get("WAKEFUL_DATA") or default_data(environ)).absolute()
    path = Path(named) if named else folder / FILE_NAME
    values = _from_file(path, bool(named), problems) | _from_environment(environ, problems)
    if data or environ.get("WAKEFUL_DATA") or "data" not in values:
        values["data"] = folder
    _check_together(values, path, problems)
    if problems:
        raise ConfigErrors(problems)
    return Settings(**values)


def unknown_variables(environ: Mapping[str, str]) -> list[Problem]:
    """Return what looks like a mistyped setting in the environment: `WAKEFUL_` variables that nobody reads."""
    known = {variable(item) for item in table()}
    known |= {f"{name}_FILE" for name in known} | _NOT_SETTINGS
    return [
        Problem(name, "is not a setting", _close(name, sorted(known), PREFIX))
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]


def variable(item: Field[Any]) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + item.name.upper()


def default_text(item: Field[Any]) -> str:
    """Return a setting's default as people read it."""
    if item.default is MISSING:
        return f"{SYSTEM_DATA} (root) or ~/.local/state/wakeful"
    if item.default is None or item.default == ():
        return "none"
    return str(item.default)


def sample() -> str:
    """Return a `collector.toml` that holds every setting, commented out."""
    lines = [_SAMPLE_HEAD]
    for item in table():
        if item.name == "data":
            continue
        shown = item.metadata["example"] or kinds.toml(item.default)
        if not shown.startswith(("[", '"')) and item.metadata["example"]:
            shown = f'"{shown}"'
        lines.append(f"# {item.metadata['help']}\n#{item.name} = {shown}\n")
    return "\n".join(lines)


def _from_file(path: Path, must_exist: bool, problems: list[Problem]) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        if must_exist:
            problems.append(Problem("WAKEFUL_CONFIG", f"{path} does not exist", "name an existing file or unset it"))
        return {}
    except OSError as error:
        problems.append(Problem(str(path), f"cannot be read: {error.strerror}", "check its owner and mode"))
        return {}
    except ValueError as error:
        problems.append(Problem(str(path), f"is not TOML: {error}", 'lines look like: listen = "127.0.0.1:8800"'))
        return {}
    values: dict[str, Any] = {}
    by_name = {item.name: item for item in table()}
    for name, raw in document.items():
        where = f"{path} line {_line_of(name, text)}"
        if name not in by_name:
            problems.append(Problem(where, f"there is no setting {name!r}", _close(name, sorted(by_name))))
            continue
        _take(values, by_name[name], where, raw, problems)
    return values


def _from_environment(environ: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in table():
        name = variable(item)
        where, text = name, environ.get(name)
        if text is None and (file_name := environ.get(f"{name}_FILE")):
            where = f"{name}_FILE"
            try:
                text = Path(file_name).read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                problems.append(Problem(where, f"{file_name} cannot be read: {error}", "name a readable text file"))
        if text is not None and item.name != "data":
            _take(values, item, where, item.metadata["kind"].from_text(text), problems)
    return values


def _take(values: dict[str, Any], item: Field[Any], where: str, raw: Any, problems: list[Problem]) -> None:
    try:
        values[item.name] = item.metadata["kind"].check(raw)
    except Unfit as error:
        problems.append(Problem(where, f"{item.name} {error}", error.hint))


def _check_together(values: dict[str, Any], path: Path, problems: list[Problem]) -> None:
    if (values.get("tls_certificate") is None) != (values.get("tls_key") is None):
        problems.append(
            Problem(str(path), "tls_certificate and tls_key belong together", "set both, or neither behind a proxy")
        )
    tiers = ["retention_raw_days", "retention_1m_days", "retention_10m_days", "retention_1h_days"]
    defaults = {item.name: item.default for item in table()}
    days = [values.get(name, defaults[name]) for name in tiers]
    for finer, coarser, fine_days, coarse_days in zip(tiers, tiers[1:], days, days[1:], strict=False):
        if fine_days > coarse_days:
            problems.append(
                Problem(
                    str(path),
                    f"{finer} ({fine_days}) is longer than {coarser} ({coarse_days})",
                    f"raise {coarser} to {fine_days} or more",
                )
            )


def _line_of(name: str, text: str) -> int:
    pattern = re.compile(rf"""^\s*\[?\[?\s*["']?{re.escape(name)}["']?\s*[=.\]]""", re.MULTILINE)
    found = pattern.search(text)
    return text.count("\n", 0, found.start() + len(found.group()) - len(found.group().lstrip())) + 1 if found else 1


def _close(name: str, known: list[str], prefix: str = "") -> str:
    """Return a hint at what may have been meant; `prefix` is what all names share and so says nothing."""
    close = difflib.get_close_matches(name.removeprefix(prefix), [one.removeprefix(prefix) for one in known], 1)
    return f"did you mean {prefix}{close[0]}?" if close else "see docs/collector.md for all settings"
