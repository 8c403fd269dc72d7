"""nodes: the machines of clusters."""

from wakeful_collector.remote.failure import NOT_FOUND, OK


def test_nodes_are_listed(proxmox):
    ran = proxmox("nodes", scope="read")
    assert (ran.code, ran.err) == (OK, "")
    head, *rows = ran.out.splitlines()
    assert head.split()[:4] == ["CLUSTER", "NODE", "STATE", "CPU"]
    assert [row.split()[1:3] for row in rows] == [["pve1", "online"], ["pve2", "online"]]


def test_one_of_them(proxmox):
    (found,) = proxmox("nodes", "pve2", "--cluster", "lab", "--json").document["nodes"]
    assert found["name"] == "pve2"
    assert proxmox("nodes", "pve9").code == NOT_FOUND
    assert proxmox("nodes", "--cluster", "nowhere").code == NOT_FOUND


def test_tables_fit_the_terminal(proxmox):
    for width in ("40", "60", "80"):
        assert all(len(line) <= int(width) for line in proxmox("nodes", COLUMNS=width).out.splitlines())
