"""clusters: which there are, and how each is reached."""

from wakeful_collector.remote.failure import NOT_FOUND, OK


def test_clusters_are_listed_without_their_secrets(proxmox, estate):
    ran = proxmox("clusters", scope="read")
    assert (ran.code, ran.err) == (OK, "")
    assert ran.out.splitlines()[0].split()[:3] == ["CLUSTER", "STATE", "HOSTS"]
    assert estate.pve.host in ran.out
    (found,) = proxmox("clusters", "--json").document["clusters"]
    assert (found["name"], found["has_secret"]) == ("lab", True)
    assert estate.pve.secret not in ran.out + proxmox("clusters", "lab").out + str(found)


def test_one_is_shown_whole(proxmox):
    ran = proxmox("clusters", "lab")
    assert "poll_seconds" in ran.out
    assert "kept sealed" in ran.out
    assert proxmox("clusters", "nowhere").code == NOT_FOUND


def test_none_yet_says_how_to_begin(wakeful, shared, shared_keys):
    ran = wakeful("proxmox", "clusters", WAKEFUL_URL=shared.url, WAKEFUL_API_KEY=shared_keys["read"])
    assert (ran.code, ran.out) == (OK, "")
    assert "wakeful proxmox add NAME" in ran.err
