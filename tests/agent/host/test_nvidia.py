"""Lines in the form of nvidia-smi 550; there is no such card on the development machine."""

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.nvidia import QUERY, parse_gpus, parse_processes

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "nvidia"
GPUS = (CAPTURED / "gpus.csv").read_text()
LOST = (CAPTURED / "gpus-lost.csv").read_text()
PROCESSES = (CAPTURED / "processes.csv").read_text()


def test_a_card_in_the_units_of_its_metrics():
    first, second = parse_gpus(GPUS)
    assert (first.name, first.state) == ("01:00.0", "ok")
    assert first.figures == {
        ("utilization", "general"): 0.87,
        ("utilization", "memory"): 0.42,
        ("memory.limit", ""): 24576 * 1024**2,
        ("memory.usage", ""): 18732 * 1024**2,
        ("temperature", ""): 71,
        ("power", ""): 312.45,
        ("power.limit", ""): 350,
        ("fan.utilization", ""): 0.64,
        ("frequency", "graphics"): 1.875e9,
        ("frequency", "memory"): 9.751e9,
        ("frequency", "video"): 1.665e9,
    }
    assert first.about == {
        "vendor": "NVIDIA",
        "model": "NVIDIA GeForce RTX 3090",
        "driver": "nvidia 550.54.14",
        "uuid": "GPU-11111111-2222-3333-4444-555555555555",
        "firmware": "94.02.4B.00.0B",
        "error": "",
    }
    assert second.figures["errors", "corrected"] == 12
    assert ("fan.utilization", "") not in second.figures, "a card without a fan"


def test_as_many_fields_are_asked_as_are_read():
    assert QUERY[1].count(",") == GPUS.splitlines()[0].count(",")


def test_a_lost_card_is_failed_and_costs_no_other():
    first, second, third = parse_gpus(LOST)
    assert [card.state for card in (first, second, third)] == ["ok", "failed", "failed"]
    assert second.figures == {("memory.limit", ""): 40960 * 1024**2}
    assert second.about["error"] == "GPU is lost"
    assert (third.name, third.about["error"]) == ("81:00.0", "GPU is lost.  Reboot the system to recover this GPU")


def test_processes_by_card():
    assert parse_processes(PROCESSES) == {
        "GPU-11111111-2222-3333-4444-555555555555": [
            {"pid": 21412, "name": "ollama", "memory_bytes": 17856 * 1024**2},
            {"pid": 3001, "name": "python3, with a comma", "memory_bytes": None},
        ]
    }
    assert parse_processes("garbage\na, b, c, d\n") == {}


def test_what_is_no_list_of_cards():
    assert parse_gpus("") == []
    broken = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that ..."
    with pytest.raises(HostError, match="couldn't communicate") as caught:
        parse_gpus(broken)
    assert not isinstance(caught.value, Malformed)
    for text in ('Field "fan.speed" is not a valid field to query.', "garbage", GPUS[:40], "a," * 17 + "b"):
        with pytest.raises(Malformed):
            parse_gpus(text)
    assert len(parse_gpus(GPUS + "WARNING: infoROM is corrupted at gpu 0000:01:00.0\n")) == 2


@given(st.sampled_from([GPUS, LOST, PROCESSES]), st.integers(0, 600), st.text(max_size=6), st.integers(0, 60))
def test_damaged_text_breaks_nothing(text, position, inserted, removed):
    text = text[:position] + inserted + text[position + removed :]
    parse_processes(text)
    try:
        parse_gpus(text)
    except HostError:
        return
