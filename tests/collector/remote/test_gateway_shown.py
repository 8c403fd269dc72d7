"""The gateway's machines as a terminal shows them."""

import io

import pytest

from wakeful_collector.remote import gateway_shown
from wakeful_collector.remote.terminal import Terminal

NOW_MS = 1_795_000_000_000
GPU = {
    "name": "gpu",
    "url": "http://192.0.2.20:11434",
    "default": True,
    "wake": "packet",
    "sleep": "ssh",
    "state": "awake",
    "since": "2026-11-18T11:05:00Z",
    "reason": "it answered after 42 s",
    "next": "sleeps unless it is used",
    "next_at": "2026-11-18T11:11:40Z",
    "permanent": False,
    "requests": {"running": 2, "waiting": 1},
    "leases": [{"id": "a1", "owner": "user:ada", "expires": "2026-11-18T12:06:40Z", "note": "training"}],
    "running_models": ["llama3:latest"],
}
HOSTILE = "\x1b[31mred\x07"


def shown(write, *more):
    stream = io.StringIO()
    write(Terminal(stream, {}), *more)
    return stream.getvalue()


def test_machines_one_a_line():
    heads, line = shown(gateway_shown.machines, [GPU], NOW_MS).splitlines()
    assert heads.split() == ["MACHINE", "STATE", "FOR", "REQUESTS", "LEASES", "LOADED", "NEXT"]
    for word in ("gpu*", "awake", "100s", "2 running, 1 waiting", "llama3:latest", "sleeps unless it is used in 5m"):
        assert word in line


def test_one_machine_with_its_leases():
    text = shown(gateway_shown.machine, GPU, NOW_MS)
    for word in ("gpu  awake for 100s", "it answered after 42 s", "a1", "user:ada", "in 60m", "training"):
        assert word in text
    assert "stays awake" not in text
    assert "for good" in shown(gateway_shown.machine, GPU | {"permanent": True}, NOW_MS)
    bare = shown(gateway_shown.machine, {"name": "new", "state": "asleep", "leases": ["x"]}, NOW_MS)
    assert bare.splitlines()[0] == "new  asleep for never"


def test_what_machines_say_is_harmless():
    hostile = GPU | {"reason": HOSTILE, "running_models": [HOSTILE], "leases": [{"id": "1", "note": HOSTILE}]}
    models = [{"name": "gpu", "models": [{"name": HOSTILE, "size": 1}], "running": [], "seen": None}]
    text = shown(gateway_shown.machine, hostile, NOW_MS) + shown(gateway_shown.models, models, NOW_MS)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert r"\x1b[31mred\x07" in text


def test_how_machines_are_set():
    heads, line = shown(gateway_shown.settings, [GPU]).splitlines()
    assert (heads.split(), line.split()) == (
        ["MACHINE", "URL", "WAKE", "SLEEP", "DEFAULT"],
        ["gpu", "http://192.0.2.20:11434", "packet", "ssh", "yes"],
    )


def test_models_with_what_is_loaded():
    found = [
        {
            "name": "gpu",
            "seen": "2026-11-18T11:06:30Z",
            "models": [{"name": "a", "size": 4_700_000_000}, {"name": "b"}],
            "running": [{"name": "a"}],
        }
    ]
    lines = shown(gateway_shown.models, found, NOW_MS).splitlines()
    assert lines[1].split() == ["gpu", "a", "4.7", "GB", "yes", "10s"]
    assert lines[2].split() == ["gpu", "b", "10s"]
    assert "No models" in shown(gateway_shown.models, [{"name": "gpu"}], NOW_MS)


def test_what_was_done():
    done = {"key": "key:x", "removed": True, "per_minute": None, "n": 3, "off": False}
    done["trusted"] = [
        {"kind": "ssh-ed25519", "fingerprint": "SHA256:a"},
        {"kind": "ssh-rsa", "fingerprint": "SHA256:b"},
    ]
    text = shown(gateway_shown.result, "gateway.limit", done)
    assert text.splitlines()[0] == "done gateway.limit"
    assert [line.split() for line in text.splitlines()[1:]] == [
        ["key", "key:x"],
        ["removed", "yes"],
        ["n", "3"],
        ["off", "no"],
        ["trusted", "ssh-ed25519", "SHA256:a,", "ssh-rsa", "SHA256:b"],
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (4_700_000_000, "4.7 GB"),
        (3e15, "3000.0 TB"),
        (None, ""),
        ("x", ""),
        (True, ""),
    ],
)
def test_sizes(value, text):
    assert gateway_shown.size(value) == text
