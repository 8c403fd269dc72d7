"""How each package manager is asked which updates wait, from what it has fetched before: none goes to the network."""

from __future__ import annotations

from wakeful_agent.host import package_databases
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label
from wakeful_agent.host.update_lists import (
    Update,
    marked,
    parse_apk,
    parse_apt,
    parse_dnf,
    parse_pacman,
    parse_zypper,
    parse_zypper_patches,
)
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_agent.host.files import Host

    Answer = tuple[list[Update], "int | None"]

_SECONDS = 50.0
_APT = ("apt-get", "-s", "-oDebug::NoLocking=1")
# Root's apt would write its cache anew; others' cannot, and use what there is.
_APT_AS_ROOT = (*_APT, "-oDir::Cache::pkgcache=", "-oDir::Cache::srcpkgcache=")
_ZYPPER = ("zypper", "--xmlout", "--non-interactive", "--no-refresh", "--quiet")
_APK = ("apk", "--no-network", "version", "-l", "<")
_UPDATES_WAIT = 100  # dnf's and yum's exit code


class Way(NamedTuple):
    """One way to ask: `lists` are what the manager fetched, `also` what else changes its answer.

    `ask` returns the updates and how many are for security (None where the manager does not tell), or raises HostError.
    `as_root` are the commands that need root.
    """

    program: str
    database: str
    ask: Callable[[Host], Answer]
    lists: tuple[str, ...]
    also: tuple[str, ...] = ()
    as_root: tuple[tuple[str, ...], ...] = ()


def _checks(program: str) -> tuple[tuple[str, ...], ...]:
    return (program, "-C", "-q", "check-update"), (program, "-C", "-q", "check-update", "--security")


def _ask_apt(host: Host) -> Answer:
    words = _APT if host.user_id else _APT_AS_ROOT
    updates = parse_apt(_told(host, (*words, "dist-upgrade")))
    return updates, sum(bool(one.security) for one in updates)


def _ask_with_checks(program: str) -> Callable[[Host], Answer]:
    def ask(host: Host) -> Answer:
        every, security = [parse_dnf(_told_as_root(host, argv)) for argv in _checks(program)]
        updates = marked(every, security)
        return updates, sum(bool(one.security) for one in updates)

    return ask


def _ask_zypper(host: Host) -> Answer:
    updates = parse_zypper(_told(host, (*_ZYPPER, "list-updates")))
    return updates, parse_zypper_patches(_told(host, (*_ZYPPER, "list-patches", "--category", "security")))


def _ask_apk(host: Host) -> Answer:
    return parse_apk(_told(host, _APK)), None


def _ask_pacman(host: Host) -> Answer:
    output = host.run(("pacman", "-Qu"), _SECONDS)
    if output.code and (output.out or output.err):  # with nothing to upgrade it says nothing, and ends with 1
        raise _failed("pacman", output.code, output.err)
    return parse_pacman(output.out), None


def _told(host: Host, argv: tuple[str, ...]) -> str:
    output = host.run(argv, _SECONDS)
    if output.code:
        raise _failed(argv[0], output.code, output.err or output.out)
    return output.out


def _told_as_root(host: Host, argv: tuple[str, ...]) -> str:
    output = host.run_as_root(argv, _SECONDS)
    if output.code not in {0, _UPDATES_WAIT}:
        raise _failed(argv[0], output.code, output.err)
    return output.out


def _failed(program: str, code: int, said: str) -> HostError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    why = next((line for line in lines if line.lower().startswith(("e:", "error"))), lines[-1] if lines else "")
    return HostError(f"{program} failed ({code}): {label(why, 200)}" if why else f"{program} failed ({code})")


WAYS = (
    Way(
        "apt-get",
        package_databases.DPKG,
        _ask_apt,
        ("var/lib/apt/lists", "var/lib/apt/periodic/update-success-stamp"),
        ("etc/apt/preferences", "etc/apt/preferences.d", "etc/apt/apt.conf.d", "var/lib/apt/extended_states"),
    ),
    Way("zypper", package_databases.RPM, _ask_zypper, ("var/cache/zypp/raw", "var/cache/zypp/solv")),
    Way(
        "dnf",
        package_databases.RPM,
        _ask_with_checks("dnf"),
        ("var/cache/dnf", "var/cache/libdnf5"),
        as_root=_checks("dnf"),
    ),
    Way("yum", package_databases.RPM, _ask_with_checks("yum"), ("var/cache/yum",), as_root=_checks("yum")),
    Way("apk", package_databases.APK, _ask_apk, ("var/cache/apk", "etc/apk/cache", "var/lib/apk")),
    Way("pacman", package_databases.PACMAN, _ask_pacman, ("var/lib/pacman/sync",)),
)
"""Every way, the better one of two for the same packages first."""
