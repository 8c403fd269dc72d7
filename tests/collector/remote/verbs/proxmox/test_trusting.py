"""trust: another certificate of a cluster is believed."""

from wakeful_collector.remote.failure import OK, REFUSED, USAGE


def test_only_what_is_shown_is_trusted_and_only_after_a_yes(proxmox, estate):
    asked = proxmox("trust", "lab", estate.pve.fingerprint)
    assert (asked.code, "Nobody is there" in asked.err) == (REFUSED, True)
    other = ":".join(["AB"] * 32)
    ran = proxmox("trust", "lab", other, "--yes")
    assert (ran.code, estate.pve.fingerprint in ran.err) == (REFUSED, True)
    assert proxmox("trust", "lab", "nonsense", "--yes").code == USAGE
    assert proxmox("trust", "lab", estate.pve.fingerprint, "--yes").code == OK
    assert proxmox("trust", "lab", estate.pve.fingerprint, "--yes", "--json").document["result"]["cluster"] == "lab"
    estate.ask("proxmox.cluster.change", name="lab", ca=estate.pve.ca, secret=estate.pve.secret)
