"""The one table of settings: it feeds validation, the sample file, `show-config` and the docs."""

from __future__ import annotations

import math
import re

from wakeful_agent.config.address import is_end, parse
from wakeful_agent.host.log import LEVELS
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

ENVIRONMENT_PREFIX = "WAKEFUL_AGENT_"
TEXT_CHARACTERS_MAX = 256
TAGS_MAX = 32
_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")


class Setting(NamedTuple):
    """One setting of agent.toml; `kind` is text, url, number, whole, flag, list, choice or key, numbers have bounds.

    What is `file_only` no environment variable can say.
    """

    key: str
    kind: str
    default: Any
    help: str
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()
    secret: bool = False
    example: str = ""
    file_only: bool = False

    @property
    def field(self) -> str:
        """Return its name in `Config`."""
        return self.key.replace(".", "_")

    @property
    def variable(self) -> str:
        """Return the environment variable that goes before the file."""
        return ENVIRONMENT_PREFIX + self.field.upper()


SETTINGS = (
    Setting(
        "url",
        "url",
        None,
        "Address of the collector; goes before the one enrolment wrote",
        example='"https://host:8800"',
    ),
    Setting(
        "name", "text", None, "Name this machine enrols and shows up with; its host name if empty", example='"web-1"'
    ),
    Setting("interval_seconds", "number", 15, "How often a sample of everything is taken", 1, 3600),
    Setting("tags", "list", [], "Words this machine can be found by on the page", example='["web", "berlin"]'),
    Setting("log_level", "choice", "info", "Least level of log lines", choices=LEVELS),
    Setting(
        "log_file",
        "text",
        None,
        "File for log lines and all else that is said, where no service manager listens (standard error)",
        example='"/var/log/wakeful-agent.log"',
    ),
    Setting("log_file_mb", "number", 5, "Size at which a new log file begins; the one before is kept", 0.01, 1024),
    Setting(
        "ca_file",
        "text",
        None,
        "File with the authorities to trust instead of the system's",
        example='"/etc/ssl/own.pem"',
    ),
    Setting(
        "proxy",
        "url",
        None,
        "HTTP proxy to go through; the environment's proxy variables are not looked at",
        secret=True,
        example='"http://proxy:3128"',
    ),
    Setting("request_timeout_seconds", "number", 20, "How long one request may take altogether", 1, 120),
    Setting(
        "allow_collector_tuning",
        "flag",
        True,
        "Whether the collector may change intervals and switch meters that are not switched off here",
    ),
    Setting(
        "allow_collector_targets",
        "list",
        [],
        "Meters whose targets the collector may set; their passwords and files stay this file's",
        example='["http", "ping"]',
    ),
    Setting(
        "metrics_listen",
        "listen",
        None,
        "Address and port at which /metrics shows everything in Prometheus' text format; off if empty",
        example='"127.0.0.1:9100"',
    ),
    Setting(
        "metrics_allow_others",
        "flag",
        False,
        "Whether metrics_listen may be an address that other machines reach: everybody there can read it all",
    ),
    Setting("spool.size_mb", "whole", 256, "Disk space for what waits to be sent, in MiB", 1, 65_536),
    Setting("spool.age_days", "number", 7, "How long it may wait; older is dropped and counted", 0.01, 30),
    Setting("spool.drain_per_second", "number", 20, "Pushes a second while catching up", 1, 1000),
    Setting(
        "update.allow",
        "choice",
        "never",
        "When `wakeful-agent update` may take a newer release: once a person says yes, or by itself",
        choices=("never", "ask", "auto"),
        file_only=True,
    ),
    Setting(
        "update.key",
        "key",
        None,
        "Public key that a release must be signed by; without one no release is taken",
        example='"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="',
        file_only=True,
    ),
)

METER_KEYS = ("enabled", "interval_seconds")
METER_INTERVAL_SECONDS_MAX = 86_400


def check_value(setting: Setting, value: Any) -> tuple[Any, str]:
    """Return the value to use and what is wrong with it (empty when nothing is)."""
    problem = _CHECKS[setting.kind](setting, value)
    return value, problem


def read_variable(setting: Setting, text: str) -> tuple[Any, str]:
    """Return the value an environment variable stands for and what is wrong with it."""
    value: Any = text
    if setting.kind in {"number", "whole"}:
        try:
            value = int(text) if setting.kind == "whole" or text.isdigit() else float(text)
        except ValueError:
            return None, f"must be a number, not {text!r}"
    elif setting.kind == "flag":
        value = {"true": True, "false": False}.get(text.lower(), text)
    elif setting.kind == "list":
        value = [word.strip() for word in text.split(",") if word.strip()]
    return check_value(setting, value)


def check_interval(value: Any, most: float) -> str:
    """Return what is wrong with an interval in seconds, from 1 to `most`."""
    return _number(Setting("", "number", None, "", 1, most), value)


def nearest(word: str, known: Mapping[str, Any]) -> str:
    """Return the hint for a word that is not known: the nearest that is, or all of them."""
    import difflib

    near = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {near[0]}?" if near else f"known are: {', '.join(sorted(known))}"


def _text(_: Setting, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > TEXT_CHARACTERS_MAX or not value.isprintable():
        return f"must be text of 1 to {TEXT_CHARACTERS_MAX} characters"
    return ""


def _url(setting: Setting, value: Any) -> str:
    if not isinstance(value, str):
        return "must be an address as text"
    try:
        address = parse(value)
    except ValueError as error:
        return str(error)
    if setting.key == "proxy" and address.scheme != "http":
        return "must start with http:// (a proxy that is itself reached by TLS is not supported)"
    return "must not hold a user and password" if address.credentials and not setting.secret else ""


def _listen(_: Setting, value: Any) -> str:
    return "" if isinstance(value, str) and is_end(value) else "must be an address and a port, such as 127.0.0.1:9100"


def _number(setting: Setting, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return f"must be a number from {setting.least:g} to {setting.most:g}"
    if not setting.least <= value <= setting.most:
        return f"is {value:g}, must be from {setting.least:g} to {setting.most:g}"
    return ""


def _whole(setting: Setting, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"must be a whole number from {setting.least:g} to {setting.most:g}"
    return _number(setting, value)


def _key(_: Setting, value: Any) -> str:
    return "" if isinstance(value, str) and _KEY.fullmatch(value) else "must be a key of 44 characters of base64"


def _flag(_: Setting, value: Any) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def _list(setting: Setting, value: Any) -> str:
    if not isinstance(value, list) or len(value) > TAGS_MAX or any(_text(setting, item) for item in value):
        return f"must be a list of at most {TAGS_MAX} short texts"
    return ""


def _choice(setting: Setting, value: Any) -> str:
    return "" if value in setting.choices else f"must be one of {', '.join(setting.choices)}"


_CHECKS = {
    "text": _text,
    "url": _url,
    "listen": _listen,
    "number": _number,
    "whole": _whole,
    "flag": _flag,
    "list": _list,
    "choice": _choice,
    "key": _key,
}
