import random, json
import pytest
from .keeping import NOW_MS

LINK = "https://sshx.io/s/AbCdEf#k3yk3y,wr1te"


def rnd_doc(r, fields, dep=0):
    v = [
        None,
        True,
        -1,
        1.5,
        1e308,
        -1e308,
        10**300,
        "",
        "x\u202e<img src=x>",
        " ",
        [],
        {},
        ["a"],
        {"a": 1},
        LINK,
        2**63,
    ]
    return {
        f: (r.choice(v) if r.random() < 0.7 or dep > 1 else [rnd_doc(r, fields, dep + 1)])
        for f in r.sample(fields, min(len(fields), 14))
    }


W = [
    "name",
    "kind",
    "state",
    "phase",
    "since_ms",
    "attempts",
    "of",
    "next_ms",
    "detail",
    "paused",
    "until_ms",
    "dry_run",
    "flapping",
    "incident",
    "data",
]
S = [
    "watch",
    "server",
    "name",
    "node",
    "state",
    "resources",
    "console_tail",
    "links",
    "cpu_absolute",
    "memory_bytes",
    "disk_bytes",
    "uptime",
    "kind",
    "url",
]
A = [
    "name",
    "danger",
    "help",
    "parameters",
    "watch",
    "kind",
    "choices",
    "least",
    "most",
    "default",
    "required",
    "pattern",
    "targets",
    "machines",
    "networks",
    "anybody",
]
E = [
    "incident",
    "detail",
    "console",
    "attempt",
    "attempts",
    "of",
    "seconds_down",
    "story",
    "summary",
    "why",
    "by",
    "falls",
    "seconds",
    "until_ms",
    "trouble",
    "mac",
    "ways",
]
N = ["interface", "mac", "addresses", "gateway_mac", "armed", "name", "network", "address", "wol"]
KINDS = [
    "watch.down",
    "watch.up",
    "watch.held",
    "watch.blind",
    "watch.paused",
    "recovery.attempted",
    "recovery.given_up",
    "recovery.failed",
    "recovery.succeeded",
    "recovery.flapping",
    "wake.sent",
    "wake.failed",
    "watch.stopped",
    "agent.stopped",
]


def test_it(person, machine, data, settings):
    ada = person()
    m = machine("games")
    r = random.Random(5)
    bad = {}
    from wakeful_collector.outbox.watching import Lookout

    look = Lookout()
    for i in range(40):
        ws = [{**rnd_doc(r, W), "name": r.choice(["w", "v", None])} for _ in range(3)]
        ss = [
            {
                **rnd_doc(r, S),
                "watch": "w",
                "server": "abc",
                "resources": {
                    "cpu_absolute": r.choice([1e308, 10**300, 10**400, -1, "x"]),
                    "memory_bytes": r.choice([10**300, 1e308, 5]),
                    "uptime": r.choice([10**30, 1e300]),
                },
                "links": [rnd_doc(r, S)],
            }
            for _ in range(2)
        ]
        ac = [{**rnd_doc(r, A), "name": r.choice(["look", "wake", "server.start", "watch.pause"])} for _ in range(4)]
        hello = {
            "name": "games",
            "version": "1",
            "actions": r.choice([ac, ac, {}, 5]),
            "watches": r.choice([[rnd_doc(r, W)], 5]),
            "networks": r.choice([[rnd_doc(r, N)], 7]),
            "policy": r.choice([rnd_doc(r, ["per_hour", "dry_run", "void"]), 5]),
        }
        at = NOW_MS + i * 1000
        evs = [
            {
                "id": f"e{i}-{j}",
                "at": r.choice([at, 0, 1, at + 10**9, 4 * 10**12]),
                "kind": r.choice(KINDS),
                "subject": r.choice(["w", "v", ""]),
                "data": rnd_doc(r, E),
            }
            for j in range(4)
        ]
        try:
            m.push(
                [[at, [1, 2, 3, 4]]],
                at,
                hello=hello,
                inventories={
                    "watches": {"hash": f"{i:032x}", "body": ws},
                    "pterodactyl": {"hash": f"{i + 999:032x}", "body": r.choice([ss, ss, 5, {"a": 1}])},
                    "neighbours": {"hash": f"{i:032x}", "body": [rnd_doc(r, N)]},
                },
                events=evs,
            )
        except AssertionError as x:
            bad.setdefault(("push", str(x)[:200]), 0)
            continue
        try:
            look(data, settings, at + 400_000)
        except Exception as x:
            bad[("look", repr(x)[:150])] = 1
        for p in (
            "/",
            f"/hosts/{m.id}",
            f"/hosts/{m.id}/watches",
            "/timeline",
            f"/hosts/{m.id}/timeline",
            "/settings",
            "/api/v1/watches",
            "/api/v1/servers",
            "/api/v1/incidents",
            "/api/v1/events",
            f"/api/v1/hosts/{m.id}",
            "/api/v1/commands",
            "/api/v1/troubles",
            "/metrics",
        ):
            a = ada.get(p)
            if a.status_code >= 500:
                bad[(p, a.status_code)] = bad.get((p, a.status_code), 0) + 1
        for name, body in (
            ("host.wake", {"host": m.id}),
            ("host.command", {"host": m.id, "action": "look"}),
            ("server.power", {"host": m.id, "watch": "w", "signal": "start"}),
        ):
            a = ada.post("/ask/" + name, **body)
            if a.status_code >= 500:
                bad[(name, a.status_code)] = bad.get((name, a.status_code), 0) + 1
    print(bad)
    assert not bad
