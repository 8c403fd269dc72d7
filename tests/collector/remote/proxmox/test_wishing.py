"""Wishes sent to the collector."""

import json

import pytest

from wakeful_collector.remote.failure import FAILED, USAGE, Failure
from wakeful_collector.remote.proxmox import wishing
from wakeful_collector.remote.session import Session

from ..counterparts import Answering, http


def session_of(there, **more):
    return Session({"WAKEFUL_URL": there.url, "WAKEFUL_API_KEY": "wk_key_" + "a" * 32}, **more)


def answering(result):
    return Answering(http("200 OK", json.dumps({"operation": "x", "result": result, "command": None})))


def test_files_are_brought_along(tmp_path):
    (tmp_path / "a.yaml").write_text("a: 1\n")
    with answering({"plan": {"steps": []}, "errors": []}) as there:
        assert wishing.planned(session_of(there), [str(tmp_path)], {"cluster": "lab"})["plan"] == {"steps": []}
        asked = json.loads(there.heard[0].partition(b"\r\n\r\n")[2])
    assert asked == {"files": [{"path": str(tmp_path / "a.yaml"), "text": "a: 1\n"}], "cluster": "lab"}
    assert wishing.files_of([]) == {}


def test_errors_are_told_one_by_one(capsys):
    error = {"file": "a.yaml", "line": 1, "path": "spec", "message": "is missing", "hint": ""}
    with answering({"plan": None, "errors": [error]}) as there:
        for as_json in (False, True):
            with pytest.raises(Failure) as caught:
                wishing.planned(session_of(there, json=as_json), [], {})
            assert caught.value.exit_code == USAGE
            assert "1 error" in caught.value.message
    told = capsys.readouterr()
    assert "a.yaml:1: spec: is missing" in told.err
    assert json.loads(told.out)["errors"] == [error]


def test_answers_without_a_plan():
    with answering({"errors": []}) as there, pytest.raises(Failure) as caught:
        wishing.planned(session_of(there), [], {})
    assert caught.value.exit_code == FAILED
