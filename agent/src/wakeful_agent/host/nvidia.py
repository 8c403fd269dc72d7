"""What `nvidia-smi --query-gpu` and `--query-compute-apps` print as CSV.

Only fields that drivers have known for ten years: one that a driver does not know makes the whole question fail.
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.graphics import FAILED, OK, Gpu, short
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GPUS_MAX = 64
PROCESSES_MAX = 200
_MEBIBYTE = 1024**2
_STEP = 64
"""The memory of a process is told in steps of so many MiB: the inventory is sent when it changes."""
_FIGURES: tuple[tuple[str, tuple[str, str], float], ...] = (
    ("utilization.gpu", ("utilization", "general"), 0.01),
    ("utilization.memory", ("utilization", "memory"), 0.01),
    ("memory.total", ("memory.limit", ""), _MEBIBYTE),
    ("memory.used", ("memory.usage", ""), _MEBIBYTE),
    ("temperature.gpu", ("temperature", ""), 1),
    ("power.draw", ("power", ""), 1),
    ("enforced.power.limit", ("power.limit", ""), 1),
    ("fan.speed", ("fan.utilization", ""), 0.01),
    ("clocks.gr", ("frequency", "graphics"), 1e6),
    ("clocks.mem", ("frequency", "memory"), 1e6),
    ("clocks.video", ("frequency", "video"), 1e6),
    ("ecc.errors.corrected.aggregate.total", ("errors", "corrected"), 1),
    ("ecc.errors.uncorrected.aggregate.total", ("errors", "uncorrected"), 1),
)
_ABOUT = ("pci.bus_id", "name", "uuid", "driver_version", "vbios_version")
_FORM = "--format=csv,noheader,nounits"
QUERY = ("nvidia-smi", f"--query-gpu={','.join((*_ABOUT, *(field for field, _, _ in _FIGURES)))}", _FORM)
PROCESSES = ("nvidia-smi", "--query-compute-apps=gpu_uuid,pid,used_gpu_memory,process_name", _FORM)
_LOST = re.compile(r"Unable to determine the device handle for GPU\s?([0-9A-Fa-f:.]+): (.*)")
_BUS = re.compile(r"(?:[0-9A-Fa-f]{4,8}:)?[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]")
_GONE = ("GPU is lost", "Unknown Error", "ERR!")


def parse_gpus(output: str) -> list[Gpu]:
    """Return every GPU; one that has failed has that state and what it still tells. Raises Malformed, HostError."""
    found: dict[str, Gpu] = {}
    said = []
    for line in output.splitlines():
        lost = _LOST.match(line.strip())
        fields = [field.strip() for field in line.split(",")]
        if lost:
            name = short(lost[1].rstrip(":"))
            found.setdefault(name, Gpu(name, FAILED, {}, {**_about([name]), "error": label(lost[2].strip())}))
        elif len(fields) == len(_ABOUT) + len(_FIGURES) and _BUS.fullmatch(fields[0]):
            gpu = _gpu(fields)
            found.setdefault(gpu.name, gpu)
        elif line.strip():
            said.append(label(line.strip(), 300))
    if said and not found:
        raise (HostError if "NVIDIA-SMI has failed" in said[0] else Malformed)(f"nvidia-smi says: {said[0]}")
    return list(found.values())[:GPUS_MAX]


def parse_processes(output: str) -> dict[str, list[dict[str, Any]]]:
    """Return the processes that compute by the UUID of their GPU; lines of another form are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in output.splitlines()[:PROCESSES_MAX]:
        fields = [field.strip() for field in line.split(",", 3)]
        if len(fields) == 4 and fields[1].isascii() and fields[1].isdigit() and len(fields[1]) < 12:
            used = _number(fields[2])
            process = {"pid": int(fields[1]), "name": label(fields[3].rpartition("/")[2], 128)}
            size = None if used is None else int(used // _STEP * _STEP * _MEBIBYTE)
            found.setdefault(label(fields[0]), []).append({**process, "memory_bytes": size})
    return found


def _gpu(fields: list[str]) -> Gpu:
    figures: dict[tuple[str, str], float | None] = {}
    for text, (_, key, scale) in zip(fields[len(_ABOUT) :], _FIGURES):
        value = _number(text)
        if value is not None:
            figures[key] = round(value * scale, 6)
    gone = next((word for word in _GONE if any(word in field for field in fields)), "")
    return Gpu(short(fields[0]), FAILED if gone else OK, figures, {**_about(fields), "error": gone})


def _about(fields: list[str]) -> dict[str, Any]:
    _, model, uuid, driver, firmware = [*map(label, fields[: len(_ABOUT)]), "", "", "", ""][: len(_ABOUT)]
    return {
        "vendor": "NVIDIA",
        "model": model,
        "driver": f"nvidia {driver}".strip(),
        "uuid": uuid,
        "firmware": firmware,
    }


def _number(text: str) -> float | None:
    """Return the number; None for `[N/A]`, `[Not Supported]` and whatever else is none."""
    return float(text) if re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", text) and text.isascii() else None
