"""The change of releases itself: stage, look whether it works, swap, restart, wait for a push, or go back."""

from __future__ import annotations

import os
import shutil
import time

from wakeful_agent.daemon import proving
from wakeful_agent.host.errors import HostError
from wakeful_agent.update import bundle, origin, restarting
from wakeful_agent.update.home import STAGED
from wakeful_agent.update.manifest import NotFit
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_agent.config.folders import Folders
    from wakeful_agent.host.files import Host
    from wakeful_agent.update.home import Home
    from wakeful_agent.update.manifest import Tarball
    from wakeful_agent.update.origin import Origin

SELF_TEST_SECONDS = 120.0
POLL_SECONDS = 0.25


class Site(NamedTuple):
    """Where a release is taken: the installation, the agent's folders, the machine, and who is told."""

    home: Home
    folders: Folders
    host: Host
    say: Callable[[str], None]

    @property
    def environment(self) -> dict[str, str]:
        """Return what tells programs of a release which folders are this agent's."""
        return {"CONFIG_DIR": self.folders.config, "STATE_DIR": self.folders.state}


def mend(site: Site) -> None:
    """Bring an update to its end that was interrupted: staged files go, and who has not proven itself is taken back."""
    home = site.home
    for name in os.listdir(os.path.join(home.folder, "versions")):
        if name.endswith(STAGED):
            shutil.rmtree(home.release(name), ignore_errors=True)
    trial = home.word("trial")
    if not trial:
        return
    if proving.read(site.folders.proven) == trial:
        home.pass_trial()
        return
    before = home.fail_trial()
    site.say(f"release {trial} never proved itself before it was interrupted: {before} runs again")
    restarting.restart(site.host, restarting.find_way(site.host, home.folder), site.environment)


def take(site: Site, source: Origin, tarball: Tarball, gate_seconds: float) -> bool:
    """Put a release in the place of the current one; tell whether it stayed. Raises NotFit, OSError before the swap."""
    way = restarting.find_way(site.host, site.home.folder)
    stage(site, source, tarball)
    for left in ("starts", "proven"):
        _forget(os.path.join(site.folders.state, left))
    before = site.home.version("current")
    site.home.begin_trial(tarball.version)
    site.say(f"restarting the agent as {tarball.version}")
    problem = restarting.restart(site.host, way, site.environment)
    if _proves_itself(site, tarball.version, before, gate_seconds):
        site.home.pass_trial()
        return True
    site.say(
        f"{tarball.version} did not get a push accepted within {gate_seconds:g} s{f' ({problem})' if problem else ''}"
    )
    back = site.home.fail_trial()
    problem = restarting.restart(site.host, way, site.environment)
    site.say(f"release {back} runs again{f', but: {problem}' if problem else ''}")
    return False


def stage(site: Site, source: Origin, tarball: Tarball) -> None:
    """Put a release beside the current one, whole and found to work here, or leave nothing; raise NotFit, OSError."""
    target = site.home.release(tarball.version)
    staged = target + STAGED
    content = origin.read_tarball(source, tarball)
    try:
        os.makedirs(staged, 0o755)
        bundle.unpack(content, f"wakeful-agent-{tarball.version}", staged)
        _try_out(site, os.path.join(staged, "wakeful-agent"), tarball.version)
        with open(os.path.join(staged, ".whole"), "w", encoding="ascii") as file:
            file.write(f"{tarball.sha256}\n")
        shutil.rmtree(target, ignore_errors=True)
        os.rename(staged, target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _try_out(site: Site, program: str, version: str) -> None:
    """Look whether a release works on this machine and takes its settings; raise NotFit."""
    nowhere = {"CONFIG_DIR": "/nonexistent", "STATE_DIR": "/nonexistent"}
    for word, environment in (("self-test", nowhere), ("check-config", site.environment)):
        try:
            ended = site.host.run([program, word], SELF_TEST_SECONDS, environment=environment)
        except HostError as error:
            raise NotFit(f"release {version} cannot be started here: {error}") from None
        if ended.code != 0:
            told = (ended.err or ended.out).strip().splitlines()
            raise NotFit(f"release {version} does not work here: its {word} says: {' / '.join(told[-3:])}")
        if word == "self-test" and ended.out.split("\n", 1)[0] != f"wakeful-agent {version}":
            raise NotFit(f"the tarball of {version} holds another release")


def _proves_itself(site: Site, version: str, before: str, gate_seconds: float) -> bool:
    deadline = time.monotonic() + gate_seconds
    while time.monotonic() < deadline:
        proven = proving.read(site.folders.proven)
        if proven == version:
            return True
        if proven == before:  # the launcher has gone back already
            return False
        time.sleep(POLL_SECONDS)
    return False


def _forget(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)
