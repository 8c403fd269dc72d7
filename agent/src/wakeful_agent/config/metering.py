"""What agent.toml and the environment say of the meters: `[meters.NAME]`, and WAKEFUL_AGENT_METERS_NAME_OPTION."""

from __future__ import annotations

import os
import stat

from wakeful_agent.config import settings as table
from wakeful_agent.config.errors import ConfigErrors, Problem
from wakeful_agent.config.identity import read_secret
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, Mapping, Protocol, Sequence

    class Choice(Protocol):
        """What of a meter's option counts here (see `meter.Option`)."""

        @property
        def name(self) -> str:
            """Return its name."""

        @property
        def default(self) -> Any:
            """Return its default, which has its type."""

        @property
        def help(self) -> str:
            """Return what it is for."""

        @property
        def local(self) -> bool:
            """Tell whether only the machine's own file may set it."""

        @property
        def least(self) -> float | None:
            """Return its least value, if it has one."""

        @property
        def most(self) -> float | None:
            """Return its greatest value, if it has one."""

        @property
        def secret(self) -> bool:
            """Tell whether it may not stand in agent.toml."""


PREFIX = f"{table.ENVIRONMENT_PREFIX}METERS_"
_FILE = "_file"
_SECRET_WORDS = ("pass", "token", "secret", "key", "credential", "service")


class KnownMeter(NamedTuple):
    """A meter whose settings can be read: what checks its options, its options, whether the collector may say targets.

    They are asked for only when needed: some meters are loaded for it.
    """

    check: Callable[[Mapping[str, Any]], Sequence[str]]
    options: Callable[[], Sequence[Choice]]
    collector_targets: Callable[[], bool] = bool


class MeterSetting(NamedTuple):
    """What the local file says of one meter; None leaves the meter's own value."""

    enabled: bool | None = None
    interval_seconds: float | None = None
    options: Mapping[str, Any] = {}


class Origin(NamedTuple):
    """The file the settings come from, the line of each key in it, and the variable of those that one says."""

    path: str
    lines: dict[str, int]
    variables: dict[str, str]

    def problem(self, key: str, text: str, hint: str = "") -> Problem:
        """Return what is wrong with a key, at its line or in its variable."""
        if key in self.variables:
            return Problem(self.variables[key], 0, f"{key} {text}", hint)
        return Problem(self.path, self.lines.get(key, 0), f"{key} {text}", hint)

    def source(self, key: str) -> str:
        """Return where a key is set."""
        return self.variables.get(key) or f"{self.path}:{self.lines.get(key, 0)}"


class Metering(NamedTuple):
    """The settings of the meters, where each comes from by its key, the keys not to be shown, and what to mind."""

    chosen: dict[str, MeterSetting]
    sources: dict[str, str]
    secrets: set[str]
    warnings: list[Problem]


def read_meters(
    given: Any, origin: Origin, environ: Mapping[str, str], known: Mapping[str, KnownMeter], problems: list[Problem]
) -> Metering:
    """Return the settings of all meters, those of the environment before those of the file; problems are added."""
    if not isinstance(given, dict):
        problems.append(origin.problem("meters", "must be a table", "write [meters.NAME] and settings below it"))
        given = {}
    bodies: dict[str, dict[str, Any]] = {}
    for name, body in given.items():
        key = f"meters.{name}"
        if name not in known:
            problems.append(origin.problem(key, "is not a meter", table.nearest(name, known)))
        elif not isinstance(body, dict):
            problems.append(origin.problem(key, "must be a table", f"write [meters.{name}] and settings below it"))
        else:
            bodies[name] = _without_secrets(key, body, origin, known[name], problems)
    for name, option, value in _variables(environ, origin, known, problems):
        bodies.setdefault(name, {})[option] = value
    found = Metering({}, {}, set(), [])
    for name, body in bodies.items():
        found.chosen[name] = _meter(f"meters.{name}", body, origin, known[name], problems)
        found.sources.update((f"meters.{name}.{option}", origin.source(f"meters.{name}.{option}")) for option in body)
        if found.chosen[name].options:
            found.secrets.update(f"meters.{name}.{option.name}" for option in known[name].options() if option.secret)
            found.warnings.extend(_open_files(name, found.chosen[name].options, origin))
    return found


def variable_of(meter: str, option: str) -> str:
    """Return the environment variable of a meter's option."""
    return f"{PREFIX}{meter.upper()}_{option.upper()}"


def _meter(
    key: str, body: Mapping[str, Any], origin: Origin, known: KnownMeter, problems: list[Problem]
) -> MeterSetting:
    enabled, interval = body.get("enabled"), body.get("interval_seconds")
    if enabled is not None and not isinstance(enabled, bool):
        problems.append(origin.problem(f"{key}.enabled", "must be true or false"))
    if interval is not None:
        problem = table.check_interval(interval, table.METER_INTERVAL_SECONDS_MAX)
        if problem:
            problems.append(origin.problem(f"{key}.interval_seconds", problem))
    options = {name: value for name, value in body.items() if name not in table.METER_KEYS}
    for sentence in known.check(options) if options else ():
        name, _, text = sentence.partition(" ")
        problems.append(origin.problem(f"{key}.{name}", text))
    return MeterSetting(enabled, interval, options)


def _without_secrets(
    key: str, body: dict[str, Any], origin: Origin, known: KnownMeter, problems: list[Problem]
) -> dict[str, Any]:
    if set(body) <= set(table.METER_KEYS):
        return dict(body)
    secret = {option.name for option in known.options() if option.secret} & set(body)
    meter = key.partition(".")[2]
    for name in sorted(secret):
        hint = f"name a file of its own with {name}{_FILE}, or set {variable_of(meter, name)}"
        problems.append(origin.problem(f"{key}.{name}", "is a secret and must not stand in agent.toml", hint))
    return {name: value for name, value in body.items() if name not in secret}


def _variables(
    environ: Mapping[str, str], origin: Origin, known: Mapping[str, KnownMeter], problems: list[Problem]
) -> Iterator[tuple[str, str, Any]]:
    """Yield meter, option and value of every variable that is one of a meter's."""
    for variable in sorted(environ):
        if not variable.startswith(PREFIX):
            continue
        word = variable[len(PREFIX) :].lower()
        name = max((one for one in known if word.startswith(f"{one}_")), key=len, default="")
        if not name:
            problems.append(Problem(variable, 0, "names no meter", f"it is {PREFIX}NAME_OPTION"))
            continue
        option, value, problem = _value(known[name], word[len(name) + 1 :], environ[variable], problems)
        if not option:
            names = [*table.METER_KEYS, *(one.name for one in known[name].options())]
            hint = f"known are: {', '.join(variable_of(name, one) for one in names)}"
            problems.append(Problem(variable, 0, f"is not an option of the meter {name}", hint))
            continue
        origin.variables[f"meters.{name}.{option}"] = variable
        if problem:
            problems.append(Problem(variable, 0, f"meters.{name}.{option} {problem}", ""))
        else:
            yield name, option, value


def _value(known: KnownMeter, word: str, text: str, problems: list[Problem]) -> tuple[str, Any, str]:
    """Return option (empty when there is none), value, and what is wrong with it."""
    defaults: dict[str, Any] = {"enabled": True, "interval_seconds": 0.0}
    options = {option.name: option for option in known.options()}
    defaults.update((name, option.default) for name, option in options.items())
    if word in defaults:
        value, problem = _typed(defaults[word], text)
        return word, value, problem
    behind = word[: -len(_FILE)] if word.endswith(_FILE) else ""
    if behind in options and options[behind].secret:
        try:
            return behind, read_secret(text, behind, f"write the {behind} into this file, or unset the variable"), ""
        except ConfigErrors as error:
            problems.extend(error.problems)
            return behind, "", "is not known"
    return "", None, ""


def _typed(default: Any, text: str) -> tuple[Any, str]:
    if isinstance(default, bool):
        value = {"true": True, "false": False}.get(text.strip().lower())
        return value, "" if value is not None else "must be true or false"
    if isinstance(default, (int, float)):
        try:
            return (int(text) if isinstance(default, int) or text.strip().isdigit() else float(text)), ""
        except ValueError:
            return None, f"must be a number, not {text[:40]!r}"
    if isinstance(default, list):
        parts = text.split("\n") if "\n" in text else text.split(",")
        return [part.strip() for part in parts if part.strip()], ""
    if isinstance(default, dict):
        return None, "can only stand in agent.toml"
    return text, ""


def _open_files(meter: str, options: Mapping[str, Any], origin: Origin) -> Iterator[Problem]:
    """Yield what is to be minded of the files that hold secrets: such a meter does not use one that is open."""
    for name, value in options.items():
        for word, path in _files(name, value):
            try:
                mode = stat.S_IMODE(os.stat(path).st_mode)
            except OSError as error:
                hint = "write it, and let only the agent's user read it"
                yield origin.problem(
                    f"meters.{meter}.{name}", f"names {path}, which cannot be read: {error.strerror}", hint
                )
                continue
            if word != "ca_file" and mode & 0o027:
                text = f"names {path}, which holds a secret and is open to others (mode {mode:04o})"
                yield origin.problem(f"meters.{meter}.{name}", text, f"run: chmod o-rwx,g-w {path}")


def _files(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the files an option names, with the word that names each: its own, or one behind a target's address."""
    if isinstance(value, str) and value.startswith("/") and _is_file_of_secret(name):
        yield name, value
    for text in value if isinstance(value, list) else ():
        for part in text.split() if isinstance(text, str) else ():
            word, _, path = part.partition("=")
            if path.startswith("/") and word.endswith(_FILE) and _is_file_of_secret(word):
                yield word, path


def _is_file_of_secret(name: str) -> bool:
    return "file" in name and (name == "ca_file" or name.startswith(_SECRET_WORDS))
