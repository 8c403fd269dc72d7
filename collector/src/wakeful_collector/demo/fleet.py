"""The machines of the sample fleet: who they are and what befalls them, from a seed alone."""

from __future__ import annotations

import base64
import hashlib
import random
from typing import NamedTuple

from wakeful_collector.demo.napping import NAPS
from wakeful_collector.demo.roles import PLACES, ROLES, Role

AGENT_VERSION = "0.1.0"


class Volume(NamedTuple):
    """A filesystem of one machine: its size in bytes and how full it is at the end of the story (0 to 1)."""

    point: str
    device: str
    kind: str
    size_bytes: int
    full: float


class Machine(NamedTuple):
    """One machine; `fate` is what befalls it: one of `FATES`, or nothing."""

    number: int
    id: str
    name: str
    role: Role
    place: str
    tags: tuple[str, ...]
    cores: int
    memory_bytes: int
    volumes: tuple[Volume, ...]
    liveliness: float
    fate: str
    salt: int

    @property
    def mac(self) -> str:
        """Return the hardware address of its network card."""
        digest = hashlib.sha256(f"{self.id} mac".encode()).hexdigest()
        return ":".join(["52", "54", "00", digest[0:2], digest[2:4], digest[4:6]])


FATES = (
    "disk fills",
    "silent",
    "memory leak",
    "rebooted",
    "deploy",
    "hot",
    "meter fails",
    "never pushed",
    "sleeps",
)
"""What befalls one machine in every twenty-five, each fate but the last in turn; one storage machine sleeps.

One machine with graphics cards naps: `napping.NAPS`.
"""

_EVERY = 25
_SLEEPER = 10
_NAPPER = 8


def fleet(hosts: int, seed: int) -> list[Machine]:
    """Return `hosts` machines; the same seed gives the same machines."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    roles = _shares(hosts)
    counts: dict[tuple[str, str], int] = {}
    machines = []
    for index, role in enumerate(roles):
        place = chance.choice(PLACES)
        counts[role.name, place] = number = counts.get((role.name, place), 0) + 1
        machines.append(_machine(index, f"{role.name}-{place}-{number:02d}", role, place, seed, chance))
    return machines


def _shares(hosts: int) -> list[Role]:
    """Return one role a machine: as many of each as its weight says, mixed so that small fleets are varied too."""
    whole = sum(role.weight for role in ROLES)
    slots = [((position + 0.5) / role.weight, role) for role in ROLES for position in range(role.weight)]
    ordered = [role for _, role in sorted(slots, key=lambda slot: slot[0])]
    second = [index for index, role in enumerate(ordered) if role.name == "nas"][1]
    ordered[_SLEEPER], ordered[second] = ordered[second], ordered[_SLEEPER]  # small fleets have one that sleeps
    cards = next(index for index, role in enumerate(ordered) if role.name == "gpu")
    ordered[_NAPPER], ordered[cards] = ordered[cards], ordered[_NAPPER]  # and one that naps behind the gateway
    return [ordered[index % whole] for index in range(hosts)]


def _machine(index: int, name: str, role: Role, place: str, seed: int, chance: random.Random) -> Machine:
    digest = hashlib.sha256(f"wakeful demo {seed} {index}".encode()).digest()
    volumes = tuple(
        Volume(
            mount.point,
            mount.device,
            mount.kind,
            chance.randint(*mount.size_gb) * 1_000_000_000,
            round(chance.uniform(*mount.full), 3),
        )
        for mount in role.mounts
    )
    return Machine(
        number=index,
        id=base64.b32encode(digest[:8]).decode("ascii").lower()[:12],
        name=name,
        role=role,
        place=place,
        tags=tuple(dict.fromkeys((*role.tags, place))),
        cores=chance.choice(role.cores),
        memory_bytes=chance.choice(role.memory_gib) << 30,
        volumes=volumes,
        liveliness=round(chance.uniform(0.45, 1.0), 3),
        fate=_fate(index),
        salt=int.from_bytes(digest[8:12], "big"),
    )


def _fate(index: int) -> str:
    if index == _SLEEPER:
        return FATES[-1]
    if index == _NAPPER:
        return NAPS
    turn, rest = divmod(index, _EVERY)
    early = ("disk fills", "silent", "hot", "rebooted")
    if turn == 0 and rest in {3, 7, 11, 15}:
        return early[(rest - 3) // 4]
    return FATES[turn % (len(FATES) - 1)] if rest == 20 else ""
