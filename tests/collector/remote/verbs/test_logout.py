"""logout: a key is forgotten."""


def test_a_profile_is_forgotten(wakeful, shared, shared_keys, home):
    wakeful("login", shared.url, stdin=shared_keys["read"])
    wakeful("login", shared.url, "--profile", "lab", stdin=shared_keys["read"])
    ran = wakeful("logout")
    assert (ran.code, "default" in ran.out) == (0, True)
    assert wakeful("profiles", "--json").document["profiles"][0]["default"] is True
    assert wakeful("hosts", "--json").code == 0, "the one that is left is meant now"
    assert wakeful("logout", "lab", "--json").document == {"profile": "lab", "forgotten": True, "default": None}
    assert shared_keys["read"] not in (home / "config" / "wakeful" / "cli.toml").read_text()
    assert wakeful("logout").code == 5
    assert wakeful("hosts").code == 2
