"""Which cluster and which guest are meant."""

import json

import pytest

from wakeful_collector.remote.failure import NOT_FOUND, USAGE, Failure
from wakeful_collector.remote.proxmox import naming
from wakeful_collector.remote.session import Session

from ..counterparts import Answering, http


def session_of(there):
    return Session({"WAKEFUL_URL": there.url, "WAKEFUL_API_KEY": "wk_key_" + "a" * 32})


def answering(result):
    return Answering(http("200 OK", json.dumps({"operation": "x", "result": result, "command": None})))


def guest(vmid, name, cluster="lab", gone=None):
    return {"cluster": cluster, "vmid": vmid, "name": name, "gone": gone}


@pytest.mark.parametrize(
    ("word", "cluster", "vmid"),
    [("101", "lab", 101), ("WEB", "lab", 101), ("db", "home", 101), ("home/101", "home", 101)],
)
def test_by_number_or_whole_name(word, cluster, vmid):
    known = [guest(101, "web"), guest(102, "101"), guest(101, "db", "home")]
    asked = [one for one in known if not word.startswith("home/") or one["cluster"] == "home"]
    asked = [one for one in asked if word != "101" or one["cluster"] == "lab"]
    with answering({"guests": asked}) as there:
        found = naming.guest(session_of(there), word, None)
        if "/" in word:
            assert b'{"cluster": "home"}' in there.heard[0]
    assert (found["cluster"], found["vmid"]) == (cluster, vmid)
    assert naming.subject(found) == {"cluster": cluster, "vmid": vmid}


def test_several_none_and_gone():
    twice = {"guests": [guest(101, "web"), guest(101, "web", "home")]}
    with answering(twice) as there, pytest.raises(Failure) as caught:
        naming.guest(session_of(there), "web", None)
    assert (caught.value.exit_code, "lab/101, home/101" in caught.value.hint) == (USAGE, True)
    with answering({"guests": [guest(101, "web")]}) as there, pytest.raises(Failure) as caught:
        naming.guest(session_of(there), "wb", None)
    assert (caught.value.exit_code, "did you mean web?" in caught.value.message) == (NOT_FOUND, True)
    with answering({"guests": [guest(5, "old", gone="2026-11-21T00:00:00Z")]}) as there:
        assert naming.guest(session_of(there), "old", "lab")["vmid"] == 5


def test_the_only_cluster_is_meant():
    with answering({"clusters": [{"name": "lab"}]}) as there:
        assert naming.cluster(session_of(there), None) == "lab"
    assert naming.cluster(Session({}), "named") == "named"
    for known, code in (([], NOT_FOUND), ([{"name": "a"}, {"name": "b"}], USAGE)):
        with answering({"clusters": known}) as there, pytest.raises(Failure) as caught:
            naming.cluster(session_of(there), None)
        assert caught.value.exit_code == code


def test_titles():
    assert naming.title({"name": "web", "vmid": 101}) == "web (101)"
    assert naming.title({"name": "", "vmid": 101}) == "101"
