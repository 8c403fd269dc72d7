"""What may be set for a meter or a watch, by the machine's own file or by the collector: checked against its table."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Collection, Mapping, Sequence

NUMBER_MAX = 1e300
"""What is beyond is no setting: infinities, and with them NaN."""


class Option(NamedTuple):
    """What can be set for a meter, a watch or an action; its type is its default's. `local`: only in agent.toml.

    A `secret` never stands in agent.toml: it comes from the environment, or the file that option `NAME_file` names.
    """

    name: str
    default: Any
    help: str
    local: bool = False
    least: float | None = None
    most: float | None = None
    secret: bool = False


def check_options(
    options: Sequence[Option], given: Mapping[str, Any], local: bool, permitted: Collection[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """Return the acceptable options of `given` and one sentence for each that is not.

    `local` says whether they come from the machine's own file; what is for that file alone is refused otherwise, unless
    it is `permitted`.
    """
    known = {option.name: option for option in options}
    accepted = {}
    problems = []
    for name, value in given.items():
        option = known.get(name)
        problem = f"is not an option; known are: {', '.join(known) or 'none'}" if option is None else ""
        if option is not None:
            problem = _problem(option, value, local or name in permitted)
        if problem:
            problems.append(f"{name} {problem}")
        else:
            accepted[name] = value
    return accepted, problems


def _problem(option: Option, value: Any, local: bool) -> str:
    if option.local and not local:
        return "can only be set in the machine's own agent.toml"
    if isinstance(option.default, list):
        return (
            "" if isinstance(value, list) and all(isinstance(item, str) for item in value) else "must be a list of text"
        )
    if isinstance(option.default, dict):
        return (
            "" if isinstance(value, dict) and all(map(_is_argv, value.values())) else "must be a table of lists of text"
        )
    whole = isinstance(option.default, float) and type(value) is int
    if type(value) is not type(option.default) and not whole:
        return f"must be like {option.default!r}"
    if isinstance(value, float) and not -NUMBER_MAX < value < NUMBER_MAX:
        return "must be a number"
    if option.least is not None and value < option.least:
        return f"must be at least {option.least:g}"
    if option.most is not None and value > option.most:
        return f"must be at most {option.most:g}"
    return ""


def _is_argv(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
