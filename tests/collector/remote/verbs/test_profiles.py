"""profiles: the collectors that are known here."""


def test_profiles_are_listed_without_their_keys(wakeful, shared, shared_keys, secured, fingerprint):
    assert "No collector is known here" in wakeful("profiles").err
    wakeful("login", shared.url, stdin=shared_keys["read"])
    wakeful("login", secured.url, "--fingerprint", fingerprint, "--profile", "lab", stdin=secured.key("read"))
    ran = wakeful("profiles")
    assert ran.code == 0
    assert "nobody: http" in ran.out
    assert fingerprint in ran.out
    assert "wk_key_" not in ran.out + wakeful("profiles", "--json").out
    assert [one["default"] for one in wakeful("profiles", "--json").document["profiles"]] == [True, False]


def test_another_becomes_the_default(wakeful, shared, shared_keys):
    wakeful("login", shared.url, stdin=shared_keys["read"])
    wakeful("login", shared.url, "--profile", "lab", stdin=shared_keys["read"])
    found = wakeful("profiles", "--use", "lab", "--json").document["profiles"]
    assert {one["profile"]: one["default"] for one in found} == {"default": False, "lab": True}
    assert wakeful("profiles", "--use", "none").code == 5
