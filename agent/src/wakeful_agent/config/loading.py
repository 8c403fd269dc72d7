"""From agent.toml and the environment to a Config: everything that is wrong is found at once."""

from __future__ import annotations

import os
import stat

from wakeful_agent.config import address
from wakeful_agent.config import settings as table
from wakeful_agent.config.document import lines_of, parse_document
from wakeful_agent.config.errors import ConfigErrors, Problem, why
from wakeful_agent.config.identity import read_secret
from wakeful_agent.config.metering import PREFIX, MeterSetting, Origin, read_meters
from wakeful_agent.config.orders import NO_ORDERS, NOTHING_KNOWN, KnownOrders, Orders
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.config.folders import Folders
    from wakeful_agent.config.metering import KnownMeter

GROUPS = ("spool", "update")
FOLDER_VARIABLES = ("TOKEN_FILE", "INVITE_FILE")


class Config(NamedTuple):
    """Every setting with the value in force here; the fields are the keys of the table."""

    url: str | None
    name: str | None
    interval_seconds: float
    tags: list[str]
    log_level: str
    ca_file: str | None
    proxy: str | None
    request_timeout_seconds: float
    allow_collector_tuning: bool
    spool_size_mb: int
    spool_age_days: float
    spool_drain_per_second: float
    meters: dict[str, MeterSetting]
    log_file: str | None = None
    log_file_mb: float = 5
    allow_collector_targets: Sequence[str] = ()
    metrics_listen: str | None = None
    metrics_allow_others: bool = False
    update_allow: str = "never"
    update_key: str | None = None
    orders: Orders = NO_ORDERS


class Loaded(NamedTuple):
    """A Config, and where each value that is not a default came from, by the setting's key.

    `secrets` are keys whose values are not to be shown, `warnings` what a person should see to.
    """

    config: Config
    sources: dict[str, str]
    secrets: frozenset[str] = frozenset()
    warnings: Sequence[Problem] = ()


def load(
    folders: Folders,
    environ: Mapping[str, str],
    meters: Mapping[str, KnownMeter],
    known: Callable[[], KnownOrders] = lambda: NOTHING_KNOWN,
) -> Loaded:
    """Read agent.toml, which may be missing, and the environment; raise ConfigErrors with everything that is wrong.

    `known` is asked only where something is to be permitted or watched.
    """
    text, owner_id, problems = _read(folders.file)
    document, bad = parse_document(text, folders.file)
    problems += bad
    origin = Origin(folders.file, lines_of(text) if document else {}, {})
    values, sources = _from_document(document, origin, problems)
    metering = read_meters(document.get("meters", {}), origin, environ, meters, problems)
    _from_environment(environ, values, sources, problems)
    orders = _orders(document, origin, known, problems)
    if "PANEL_URL" in environ:
        from wakeful_agent.config.compat import add_compat

        orders = add_compat(orders, environ, known(), problems, metering.warnings)
    metering.warnings.extend(_programs(orders, origin))
    asked = orders.policy.allow or values["update.allow"] != "never"
    void = _distrusted(folders, environ, owner_id) if asked else ""
    if void and values["update.allow"] != "never":
        values["update.allow"] = "never"
        metering.warnings.append(
            origin.problem("update", f"takes no release: {void}", f"run: chown root {folders.file}")
        )
    if void and orders.policy.allow:
        orders = orders._replace(policy=orders.policy._replace(allow=(), void=void))
        hint = f"run: chown root {folders.file}"
        metering.warnings.append(origin.problem("policy", f"permits nothing: {void}", hint))
    if values["ca_file"] and not os.access(values["ca_file"], os.R_OK):
        hint = "give the path of a PEM file that the agent's user may read"
        problems.append(Problem(sources["ca_file"], 0, f"ca_file {values['ca_file']} cannot be read", hint))
    if (
        sources.get("metrics_listen")
        and not values["metrics_allow_others"]
        and not _is_loopback(values["metrics_listen"])
    ):
        text = f"metrics_listen {values['metrics_listen']} can be reached from other machines"
        hint = "everybody there could read it all: listen at 127.0.0.1, or set metrics_allow_others = true"
        problems.append(Problem(sources["metrics_listen"], 0, text, hint))
    for name in values["allow_collector_targets"] or ():
        if name not in meters:
            hint = table.nearest(str(name), meters)
            problems.append(origin.problem("allow_collector_targets", f"names {name!r}, which is not a meter", hint))
        elif not meters[name].collector_targets():
            hint = "it has none, or it logs in: name them in [meters] of this file"
            text = f"names {name!r}, whose targets the collector may never set"
            problems.append(origin.problem("allow_collector_targets", text, hint))
    if problems:
        raise ConfigErrors(problems)
    fields = {setting.field: values[setting.key] for setting in table.SETTINGS}
    secrets = frozenset(metering.secrets | {setting.key for setting in table.SETTINGS if setting.secret})
    config = Config(meters=metering.chosen, orders=orders, **fields)
    return Loaded(config, {**sources, **metering.sources}, secrets, metering.warnings)


def _is_loopback(end: Any) -> bool:
    """Tell whether only this machine reaches an address; what is none is another problem."""
    return not isinstance(end, str) or not address.is_end(end) or address.is_loopback(end)


def _orders(
    document: dict[str, Any], origin: Origin, known: Callable[[], KnownOrders], problems: list[Problem]
) -> Orders:
    if not any(key in document for key in ("policy", "action", "watch")):
        return NO_ORDERS
    from wakeful_agent.config.ordering import read_orders

    return read_orders(document, origin, known(), problems)


def _programs(orders: Orders, origin: Origin) -> Sequence[Problem]:
    if not orders.actions:
        return ()
    from wakeful_agent.config.programs import mind

    return list(mind(orders.actions, origin, os.geteuid()))


def _distrusted(folders: Folders, environ: Mapping[str, str], owner_id: int) -> str:
    from wakeful_agent.config.trust import distrust

    return distrust(owner_id, os.geteuid(), os.path.abspath(folders.config), environ.get("HOME", ""))


def _read(path: str) -> tuple[str, int, list[Problem]]:
    """Return the file's text, the user it belongs to, and what is wrong with it."""
    try:
        with open(path, encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            text = file.read()
    except FileNotFoundError:
        return "", 0, []
    except (OSError, UnicodeDecodeError) as error:
        return "", 0, [Problem(path, 0, f"cannot be read: {why(error)}", "check its owner and mode; it must be UTF-8")]
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o022:
        return (
            text,
            status.st_uid,
            [Problem(path, 0, f"may be changed by others (mode {mode:04o})", f"run: chmod go-w {path}")],
        )
    return text, status.st_uid, []


def _from_document(
    document: dict[str, Any], file: Origin, problems: list[Problem]
) -> tuple[dict[str, Any], dict[str, str]]:
    values = {setting.key: setting.default for setting in table.SETTINGS}
    sources: dict[str, str] = {}
    known = {setting.key: setting for setting in table.SETTINGS}
    for key, given in _flat(document):
        setting = known.get(key)
        if setting is None:
            problems.append(file.problem(key, "is not a setting", table.nearest(key, known)))
            continue
        values[key], problem = table.check_value(setting, given)
        sources[key] = f"{file.path}:{file.lines.get(key, 0)}"
        if problem:
            problems.append(file.problem(key, problem, setting.help))
    return values, sources


def _flat(document: dict[str, Any]) -> list[tuple[str, Any]]:
    rows = []
    for key, value in document.items():
        if key in GROUPS and isinstance(value, dict):
            rows += [(f"{key}.{name}", inner) for name, inner in value.items()]
        elif key not in {"meters", "policy", "action", "watch"}:
            rows.append((key, value))
    return rows


def _from_environment(
    environ: Mapping[str, str], values: dict[str, Any], sources: dict[str, str], problems: list[Problem]
) -> None:
    known = {setting.variable: setting for setting in table.SETTINGS if not setting.file_only}
    for variable in sorted(environ):
        if not variable.startswith(table.ENVIRONMENT_PREFIX) or variable.startswith(PREFIX):
            continue
        word = variable[len(table.ENVIRONMENT_PREFIX) :]
        setting = known.get(variable)
        text = environ[variable]
        if word in FOLDER_VARIABLES:
            continue
        if setting is None and variable.endswith("_FILE"):
            setting = known.get(variable[: -len("_FILE")])
            setting = setting if setting is not None and setting.secret else None
            text = _secret(setting, text, problems)
        if setting is None:
            problems.append(Problem(variable, 0, "is not a setting", table.nearest(variable, known)))
        elif text:
            values[setting.key], problem = table.read_variable(setting, text)
            sources[setting.key] = variable
            if problem:
                problems.append(Problem(variable, 0, f"{setting.key} {problem}", setting.help))


def _secret(setting: table.Setting | None, path: str, problems: list[Problem]) -> str:
    if setting is None:
        return ""
    try:
        return read_secret(path, setting.key, f"write the {setting.key} into this file, or unset the variable")
    except ConfigErrors as error:
        problems.extend(error.problems)
        return ""
