"""What the processor is: model, physical cores, frequencies; on x86, ARM, POWER, RISC-V and s390x."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.parsing import number, parser
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_ARM_MAKERS = {"0x41": "ARM", "0x42": "Broadcom", "0x43": "Cavium", "0x46": "Fujitsu", "0x48": "HiSilicon"}
_ARM_MAKERS.update({"0x4e": "NVIDIA", "0x50": "APM", "0x51": "Qualcomm", "0x61": "Apple", "0xc0": "Ampere"})
_ARM_PARTS = {
    "0xb76": "ARM1176",
    "0xc07": "Cortex-A7",
    "0xc08": "Cortex-A8",
    "0xc09": "Cortex-A9",
    "0xc0f": "Cortex-A15",
    "0xd03": "Cortex-A53",
    "0xd04": "Cortex-A35",
    "0xd05": "Cortex-A55",
    "0xd07": "Cortex-A57",
    "0xd08": "Cortex-A72",
    "0xd09": "Cortex-A73",
    "0xd0a": "Cortex-A75",
    "0xd0b": "Cortex-A76",
    "0xd0c": "Neoverse-N1",
    "0xd40": "Neoverse-V1",
    "0xd49": "Neoverse-N2",
    "0xd4f": "Neoverse-V2",
}
_MODEL_FIELDS = ("model name", "Model", "cpu model", "cpu", "uarch", "Hardware", "vendor_id", "Processor")


class Processor(NamedTuple):
    """Model (empty when unknown), physical cores (0 when unknown), names of logical cores, frequencies in hertz."""

    model: str
    physical: int
    cores: tuple[str, ...]
    frequencies: dict[str, float]


NO_PROCESSOR = Processor("", 0, (), {})


@parser("proc/cpuinfo")
def parse_cpuinfo(text: str) -> Processor:
    """Return what /proc/cpuinfo says of the processor, on any architecture. Source: arch/*/kernel in Linux."""
    cores: dict[str, dict[str, str]] = {}
    common: dict[str, str] = {}
    fields = common
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if name == "processor" and colon and value.isdigit():
            fields = cores[value] = {}
        elif name.startswith("processor ") and colon:  # s390x: "processor 0: version = FF, ..."
            cores[name.split()[1]] = {}
        elif not colon:
            # A blank line ends a core's block; what follows without a number is about the machine (ARM, POWER).
            fields = common
        else:
            fields.setdefault(name, value)
    pairs = {
        (core["physical id"], core["core id"]) for core in cores.values() if {"physical id", "core id"} <= set(core)
    }
    first = next(iter(cores.values()), {})
    frequencies = {
        name: number(core.get("cpu MHz", core.get("clock", "")).replace("MHz", "")) * 1e6
        for name, core in cores.items()
        if "cpu MHz" in core or "clock" in core
    }
    return Processor(_model(first, common), len(pairs), tuple(cores), frequencies)


def processor(host: Host) -> Processor:
    """Return what is known of the processor; where /proc and /sys say nothing, so does this."""
    try:
        found = parse_cpuinfo(host.read("proc/cpuinfo"))
    except HostError:
        return NO_PROCESSOR
    frequencies = dict(found.frequencies)
    pairs = set()
    for core in found.cores:
        folder = f"sys/devices/system/cpu/cpu{core}"
        text = host.optional(f"{folder}/cpufreq/scaling_cur_freq")
        if text.isdigit():
            frequencies[core] = int(text) * 1000.0
        if not found.physical:
            package = host.optional(f"{folder}/topology/physical_package_id")
            pairs.add((package, host.optional(f"{folder}/topology/core_id")))
    physical = found.physical or len({pair for pair in pairs if pair[1]})
    return found._replace(physical=physical, frequencies=frequencies)


def _model(first: dict[str, str], common: dict[str, str]) -> str:
    if "CPU part" in first and "model name" not in first:
        maker = _ARM_MAKERS.get(first.get("CPU implementer", ""), "ARM")
        name = f"{maker} {_ARM_PARTS.get(first['CPU part'], first['CPU part'])}"
        board = common.get("Model") or common.get("Hardware")
        return f"{name} ({board})" if board else name
    for field in _MODEL_FIELDS:
        model = first.get(field) or common.get(field)
        if model:
            return model
    return ""
