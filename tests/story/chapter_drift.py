"""A guest drifts from its file: the plan says so, apply brings it back, and nothing is left to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .cluster import CONTAINER
from .telling import Check
from .waiting import until

if TYPE_CHECKING:
    import subprocess

    from .world import World

CLUSTER, GUEST = "lab", "dns"
TOKEN, SECRET = "wakeful@pve!wakeful", "5f0c7d2e-8b4a-4f6e-9d51-2a7b3c4d5e6f"
DECLARED, DRIFTED = 512, 256
PENDING = 3
"""The exit code of a plan with changes."""
CALM = "All is as declared."


class Drift:
    """The chapter; `world.cluster` is connected, exported, changed behind our back, planned and applied."""

    title = "A guest that drifts from its file"

    def tell(self, world: World) -> list[Check]:
        """Connect the cluster and let a guest of it drift."""
        wishes = str(world.folder / "wishes")
        world.pages.append(("the cluster", f"{world.collector.url}/integrations/proxmox"))
        checks = [self._connect(world), self._declare(world, wishes)]
        world.say(f"somebody takes half of the memory of {GUEST} away, past its file")
        world.cluster.pve.merge("config", {"memory": DRIFTED}, guest=CONTAINER)
        return [*checks, *self._come_back(world, wishes)]

    def _connect(self, world: World) -> Check:
        pve = world.cluster.pve
        pve.token(TOKEN, SECRET)
        secret = world.folder / "pve.secret"
        secret.touch(mode=0o600)
        secret.write_text(SECRET + "\n")
        hosts = ",".join(world.cluster.hosts)
        words = (f"hosts={hosts}", f"login={TOKEN}", f"secret=@{secret}", "poll_seconds=5", "--yes")
        added = _proxmox(world, "add", CLUSTER, *words)
        secret.unlink()
        asked = pve.fingerprint in added.stdout + added.stderr
        _proxmox(world, "trust", CLUSTER, pve.fingerprint, "--yes")
        looked = _proxmox(world, "sync")
        line = _last(looked.stdout)
        world.say(f"the cluster is connected: {line}")
        holds = asked and looked.returncode == 0 and "2 nodes, 2 guests" in looked.stdout
        words_seen = line if asked else f"{line}; its certificate was believed without a question"
        return Check("a cluster is connected once somebody vouched for its certificate", words_seen, holds)

    def _declare(self, world: World, wishes: str) -> Check:
        wrote = _proxmox(world, "export", "--to", wishes)
        planned = _proxmox(world, "plan", wishes)
        world.say(f"its guests are written down in files below {wishes}")
        holds = (wrote.returncode, planned.returncode, planned.stdout.strip()) == (0, 0, CALM)
        return Check("what was just written down needs nothing", _ended(planned), holds)

    def _come_back(self, world: World, wishes: str) -> list[Check]:
        _proxmox(world, "sync")
        planned = _proxmox(world, "plan", wishes)
        difference = f"{DRIFTED} -> {DECLARED}"
        world.say(f"the plan says: {_line(planned.stdout, difference)}")
        seen = f"{_line(planned.stdout, difference)}; exit code {planned.returncode}"
        holds = planned.returncode == PENDING and difference in planned.stdout
        told = Check(f"the plan says what drifted, with exit code {PENDING}", seen, holds)
        applied = _proxmox(world, "apply", wishes, "--yes")
        memory = int(world.cluster.pve.get("config", guest=CONTAINER)["memory"])
        world.say(f"applied: {_last(applied.stdout)}; {GUEST} has {memory} MiB")
        done = (applied.returncode, memory) == (0, DECLARED)
        back = Check("apply brings it back", f"{_last(applied.stdout)}; it has {memory} MiB", done)
        _proxmox(world, "sync")
        again = _proxmox(world, "plan", wishes)
        calm = (again.returncode, again.stdout.strip()) == (0, CALM)
        return [told, back, Check("the plan is empty then", _ended(again), calm), self._history(world)]

    def _history(self, world: World) -> Check:
        """Both changes are on record, the stranger's and ours; and who approved ours."""

        def changes() -> list[tuple[str, str]]:
            told = _proxmox(world, "history", GUEST, "--json")
            assert told.returncode == 0, told.stderr
            found = json.loads(told.stdout)["changes"]
            return [(one["old"], one["new"]) for one in reversed(found) if one["field"] == "config.memory"]

        wanted = [(str(DECLARED), str(DRIFTED)), (str(DRIFTED), str(DECLARED))]
        until(lambda: len(changes()) >= len(wanted), "the history has both changes")
        applies = world.collector.api("POST", "/operations/proxmox.applies", {})["result"]["applies"]
        by = [one["principal"] for one in applies]
        told = [f"{old} -> {new}" for old, new in changes()]
        seen = f"{', '.join(told)}; approved by {', '.join(by)}"
        return Check("its history has both, and who approved ours", seen, changes() == wanted and by == ["key:story"])


def _proxmox(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    return world.collector.cli("proxmox", *words)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"


def _line(text: str, words: str) -> str:
    """Return the line that holds some words, its spaces as one; else the last one."""
    found = next((line for line in text.splitlines() if words in line), _last(text))
    return " ".join(found.split())


def _ended(ran: subprocess.CompletedProcess[str]) -> str:
    return f"{_last(ran.stdout or ran.stderr)} (exit code {ran.returncode})"
