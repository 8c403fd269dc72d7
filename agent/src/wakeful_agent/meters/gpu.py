"""Graphics cards: use, memory, temperature, power, clocks; NVIDIA by nvidia-smi, AMD and Intel by the kernel."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host import nvidia
from wakeful_agent.host.errors import Absent, HostError
from wakeful_agent.host.graphics import ASLEEP, OK, STATES, Gpu, find_cards, sleeping_nvidia
from wakeful_agent.meter import Columns, Meter, NoData, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

_SECONDS = 10.0
_SECOND_LABELS = {"utilization": "task", "frequency": "part", "errors": "kind"}


def _make(key: tuple[str, tuple[tuple[str, str], ...]]) -> list[Series]:
    name, figures = key
    made = [series("hw.status", type="gpu", name=name, state=state) for state in STATES]
    for metric, what in figures:
        second = {_SECOND_LABELS[metric]: what} if metric in _SECOND_LABELS else {}
        made.append(series(f"hw.gpu.{metric}", gpu=name, **second))
    return made


class GpuMeter(Meter):
    """Use, memory, temperature, power and clocks of each card, named by its place on the bus.

    A card that has failed costs no other; one that sleeps to save power is not woken.
    """

    name = "gpu"
    interval_seconds = 30.0
    budget_seconds = 30.0
    aside = True
    source = "sys/class/drm/"
    fix = "install NVIDIA's driver with nvidia-smi (AMD and Intel need nothing)"
    exposes = "names and memory of the processes that compute on a card"

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._known: dict[str, tuple[tuple[str, str], ...]] = {}
        self._nvidia: list[Gpu] = []
        self._idle: dict[str, tuple[float, int]] = {}

    def probe(self, host: Host) -> Capability:
        """Say whether there is a card that tells anything."""
        if host.program("nvidia-smi") is not None or find_cards(host):
            return granted(self.name)
        return missing(self.name, "no graphics card here tells anything", self.fix, self.exposes)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what every card tells."""
        cards = find_cards(host)
        trouble: HostError | None = None
        try:
            cards = [*self._asked(host), *cards]
        except Absent:
            pass
        except HostError as error:
            if not cards:
                raise
            trouble = error
        if not cards:
            raise NoData("no graphics card here tells anything")
        keys: list[Any] = []
        known = {}
        values: list[float | None] = []
        for card in cards:
            figures = self._whole(card, now_ms)
            names = tuple(figures) if card.state == OK else self._known.get(card.name, tuple(figures))
            known[card.name] = names
            keys.append((card.name, names))
            values += [float(card.state == state) for state in STATES]
            values += [figures.get(name) for name in names]
        self._known = known
        rows = [{"gpu": card.name, "state": card.state, "error": "", **card.about} for card in cards]
        return Reading(self._columns.of(keys), values, {"gpus": rows}, trouble)

    def _asked(self, host: Host) -> list[Gpu]:
        sleeping = sleeping_nvidia(host)
        if sleeping:
            known = {gpu.name: gpu.about for gpu in self._nvidia}
            return [Gpu(name, ASLEEP, {}, known.get(name, {"vendor": "NVIDIA"})) for name in sleeping]
        output = host.run(nvidia.QUERY, _SECONDS)
        said = output.out if output.out.strip() else output.err
        if "No devices were found" in said:
            return []
        gpus = nvidia.parse_gpus(said)
        if not gpus:
            raise HostError(f"nvidia-smi tells of no GPU (it ended with {output.code})")
        try:
            processes: dict[str, Any] | None = nvidia.parse_processes(host.run(nvidia.PROCESSES, _SECONDS).out)
        except HostError:
            processes = None
        self._nvidia = [_with_processes(gpu, processes) for gpu in gpus]
        return self._nvidia

    def _whole(self, card: Gpu, now_ms: int) -> dict[tuple[str, str], float | None]:
        """Return the figures with the shares that follow from them; nothing is known of the time before the first."""
        figures = dict(card.figures)
        limit, used = figures.get(("memory.limit", "")), figures.get(("memory.usage", ""))
        if limit and used is not None:
            figures["memory.utilization", ""] = round(used / limit, 4)
        if card.idle_ms is not None:
            before, then_ms = self._idle.get(card.name, (card.idle_ms, now_ms))
            self._idle[card.name] = card.idle_ms, now_ms
            figures["utilization", "awake"] = None
            if now_ms > then_ms and card.idle_ms >= before:
                awake = 1 - (card.idle_ms - before) / (now_ms - then_ms)
                figures["utilization", "awake"] = round(min(max(awake, 0.0), 1.0), 4)
        return figures


def _with_processes(gpu: Gpu, processes: dict[str, Any] | None) -> Gpu:
    if processes is None or gpu.state != OK:
        return gpu
    listed = processes.get(gpu.about["uuid"], [])
    return gpu._replace(
        figures={**gpu.figures, ("processes", ""): float(len(listed))}, about={**gpu.about, "processes": listed}
    )
