"""test-connection: whether a cluster can be reached, in words."""

from wakeful_collector.remote.failure import FAILED, OK, USAGE


def test_what_works_is_short_and_verbose_on_wish(proxmox):
    ran = proxmox("test-connection", "lab", scope="operate")
    assert ran.code == OK
    assert "what is wanted there works" in ran.out
    assert "pveum" not in ran.out
    whole = proxmox("test-connection", "-v", "--for", "act").out
    assert "certificate: trusted" in whole
    assert "pveum user token add" in whole
    assert "these make a token that may act" in whole


def test_each_failure_is_explained(proxmox, estate, tmp_path):
    (tmp_path / "token").write_text("11111111-0000-4000-8000-000000000000")
    settings = (f"login={estate.pve.token_id}", f"secret=@{tmp_path / 'token'}")
    ran = proxmox("test-connection", f"hosts={estate.pve.host}", *settings)
    assert (ran.code, estate.pve.fingerprint in ran.out) == (FAILED, True)
    ran = proxmox("test-connection", f"hosts={estate.pve.host}", f"fingerprints={estate.pve.fingerprint}", *settings)
    assert (ran.code, "login" in ran.out, "pveum" in ran.out) == (FAILED, True, True)
    ran = proxmox("test-connection", "hosts=127.0.0.1:9", *settings, "--json")
    assert ran.document["ok"] is False
    assert ran.document["checks"][0]["name"] == "port"


def test_one_at_a_time(proxmox):
    assert proxmox("test-connection", "lab", "other").code == USAGE
    assert proxmox("test-connection", "secret=bare").code == USAGE
