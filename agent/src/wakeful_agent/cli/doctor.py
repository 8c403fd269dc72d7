"""`wakeful-agent doctor`: what is wrong, and the way out; and what would grant the rights that are missing."""

from __future__ import annotations

from wakeful_agent import bootstrap
from wakeful_agent.cli.checks import BAD, GOOD, MIND, Check, all_checks, running
from wakeful_agent.cli.exits import FAILURE, OK, USAGE
from wakeful_agent.cli.place import complain, here, meant, painted, show_json
from wakeful_agent.permissions import grants

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from wakeful_agent.bootstrap import Place
    from wakeful_agent.capabilities import Capability
    from wakeful_agent.permissions.grants import Grants


def main(chosen: argparse.Namespace) -> int:
    """Print every check, and what grants what is missing; 1 when a check is bad."""
    place = here()
    if chosen.sudoers is not None:
        return _sudoers(place, chosen.sudoers.split(","))
    if chosen.grants:
        found, told, user = _look(place)
        whose = running(place)
        if whose.state == MIND:
            complain(f"{whose.text}; {whose.fix} --grants")
        print("\n".join(grants.script(told, user) or ["# nothing is missing that could be granted"]))
        return OK
    checks = list(all_checks(place))
    found, told, user = _look(place)
    checks.append(_rights(found))
    good = all(check.state != BAD for check in checks)
    if chosen.json:
        show_json({"ok": good, "checks": [check._asdict() for check in checks], "grants": _document(told, user)})
        return OK if good else FAILURE
    for check in checks:
        print(painted(f"{check.state:<4} {check.name}: {check.text}", check.state != BAD))
        if check.fix:
            print(f"     {check.fix}")
    _print_grants(told, user)
    print(
        "Nothing is wrong." if good else "Mend what is bad from the top; later troubles often come from earlier ones."
    )
    return OK if good else FAILURE


def _sudoers(place: Place, names: list[str]) -> int:
    """Print the file for sudo that grants `names`; 2 for one that is no capability."""
    known = [item.name for item in bootstrap.probe(place)[0]]
    unknown = [name for name in names if name not in known]
    if unknown:
        complain(
            f"there is nothing called {unknown[0]!r} to grant{meant(unknown[0], known)} (see: wakeful-agent probe)"
        )
        return USAGE
    return _print_sudoers(*_look(place), names)


def _print_sudoers(found: list[Capability], told: Grants, user: str, names: list[str]) -> int:
    """Print the file for sudo that grants what is asked for, is here and is missing."""
    strange = sorted(set(names) - {item.name for item in found})
    if strange:
        complain(f"not on this machine: {', '.join(strange)}")
    rules = [(item, rule) for item, rule in told.rules if item.name in names]
    print(grants.sudoers_file(rules, user), end="")
    return OK


def _look(place: Place) -> tuple[list[Capability], Grants, str]:
    found, absent = bootstrap.probe(place)
    here_or_due = [item for item in found if item.name not in absent]
    user = bootstrap.agent_user(place)
    return here_or_due, grants.find_grants(here_or_due, user, bootstrap.installer(place)), user


def _rights(found: list[Capability]) -> Check:
    lacking = [item.name for item in found if not item.available]
    text = f"not here, or not permitted: {', '.join(lacking)}" if lacking else "everything can be read"
    return Check("rights", GOOD, text, "`wakeful-agent probe` says why, and what would grant each" if lacking else "")


def _print_grants(told: Grants, user: str) -> None:
    lines = grants.script(told, user)
    if lines:
        print("\nThis would grant what is missing; read it, and run as root what you want (`doctor --grants` alone):\n")
        print("\n".join(f"  {line}" if line else "" for line in lines) + "\n")


def _document(told: Grants, user: str) -> dict[str, object]:
    def rows(found: list[tuple[Capability, str]]) -> list[dict[str, str]]:
        return [{"name": item.name, "line": line, "exposes": item.exposes} for item, line in found]

    return {
        "user": user,
        "sudoers": {
            "path": grants.SUDOERS_PATH,
            "text": grants.sudoers_file(told.rules, user) if told.rules else "",
            "rules": rows(told.rules),
        },
        "groups": rows(told.groups),
        "packages": rows(told.packages),
        "others": rows(told.others),
    }
