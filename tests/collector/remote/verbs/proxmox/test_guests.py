"""guests: virtual machines and containers."""

import pytest

from wakeful_collector.remote.failure import OK

from ...counterparts import await_true


def names(ran):
    return [one["name"] for one in ran.document["guests"]]


def test_guests_are_listed(proxmox):
    ran = proxmox("guests", scope="read")
    assert (ran.code, ran.err) == (OK, "")
    head, *rows = ran.out.splitlines()
    assert head.split()[:5] == ["CLUSTER", "ID", "NAME", "KIND", "STATE"]
    assert [row.split()[1:5] for row in rows] == [
        ["101", "web-1", "vm", "running"],
        ["102", "db-1", "vm", "stopped"],
        ["103", "box", "vm", "stopped"],
        ["200", "dns", "ct", "running"],
    ]
    assert "prod web" in rows[0]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--running",), ["web-1", "dns"]),
        (("--tag", "prod"), ["web-1"]),
        (("--node", "pve2"), []),
        (("--search", "DB"), ["db-1"]),
        (("--search", "10"), ["web-1", "db-1", "box"]),
        (("--cluster", "lab", "--search", "dns"), ["dns"]),
    ],
)
def test_some_of_them(proxmox, words, found):
    assert names(proxmox("guests", "--json", *words)) == found
    assert proxmox("guests", *words).code == OK


def test_guests_that_are_gone(proxmox, estate):
    estate.pve.ct(299, "passing", status="stopped", config={"hostname": "passing"})
    await_true(lambda: "passing" in proxmox("guests").out, "it is seen")
    estate.pve.forget(299)
    await_true(lambda: "passing" not in proxmox("guests").out, "it is missed")
    ran = proxmox("guests", "--gone")
    assert "passing" in ran.out
    assert "gone" in ran.out
    assert "passing" in names(proxmox("guests", "--gone", "--json"))
    assert "gone" in proxmox("guest", "passing").out


def test_what_is_not_permitted_is_said_and_never_looks_like_nothing(proxmox, estate):
    token = estate.pve.token("blind@pve!wakeful")
    estate.pve.grant(token, "/nodes", "Sys.Audit")
    estate.ask("proxmox.cluster.add", name="blind", hosts=[estate.pve.host], login=token, secret=estate.pve.secret)
    try:
        estate.ask("proxmox.cluster.change", name="blind", ca=estate.pve.ca, secret=estate.pve.secret)
        await_true(
            lambda: "permitted" in proxmox("guests", "--cluster", "blind").err, "it is told that guests are not seen"
        )
        ran = proxmox("guests", "--cluster", "blind")
        assert (ran.code, ran.out) == (OK, "")
    finally:
        proxmox("remove", "blind", "--yes")
