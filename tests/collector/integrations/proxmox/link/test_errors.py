from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.link.errors import KINDS, PveError, page_title, printable, refusal

LOCK_FILE = "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout"
SEEN: list[tuple[int, str, Any, str]] = [
    (401, "No ticket", None, "auth"),
    (403, "Permission check failed (/vms/100, VM.PowerMgmt)", None, "forbidden"),
    (400, "Parameter verification failed.", {"errors": {"cores": "type check"}}, "parameter"),
    (400, "Parameter verification failed.", {"errors": {"upid": "no such task"}}, "missing"),
    (500, "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist", None, "missing"),
    (500, "no such cluster node 'x'", None, "missing"),
    (500, "hostname lookup 'x' failed - failed to get address info", None, "missing"),
    (500, "VM is locked (backup)", None, "locked"),
    (500, "CT is locked (snapshot-delete)", None, "locked"),
    (500, LOCK_FILE, None, "busy"),
    (500, "checksum mismatch (file change by other user?)", None, "digest"),
    (500, "detected modified configuration - file changed by other user? Try again.", None, "digest"),
    (500, "cluster not ready - no quorum?", None, "quorum"),
    (500, "VM 100 already running", None, "server"),
    (501, "Method 'GET /cluster/ha/rules' not implemented", None, "unsupported"),
    (595, "No route to host", None, "node_unreachable"),
    (596, "ssl3_get_server_certificate", None, "node_unreachable"),
    (502, "Bad Gateway", None, "unreachable"),
]


@pytest.mark.parametrize(("status", "reason", "body", "kind"), SEEN)
def test_the_kind_of_what_clusters_say(status: int, reason: str, body: Any, kind: str) -> None:
    assert refusal(status, reason, body, "/x").kind == kind
    assert kind in KINDS
    spoken = refusal(status, "", {"data": None, "message": f"{reason}\n", **(body or {})}, "/x")
    assert (spoken.kind, spoken.text) == (kind, reason)


def test_what_is_wrong_is_told_in_one_sentence() -> None:
    told = refusal(400, "Parameter verification failed.", {"errors": {"b": "too\nlong", "a": "missing"}}, "/x")
    assert str(told) == "Parameter verification failed. (a: missing; b: too long)"
    assert (told.status, told.path, told.uncertain) == (400, "/x", False)
    assert str(refusal(500, "", "no object", "/x")) == "it answers 500"


def test_words_of_strangers_are_one_bounded_line() -> None:
    assert printable("a\x1b[31m\r\nb\u202e") == "a?[31m b?"
    assert len(printable("x" * 5_000)) == 1_000
    assert str(PveError("server", "a\nb")) == "a b"


def test_the_title_of_a_page() -> None:
    assert page_title("<html><TITLE>\n 502 Bad\nGateway</title>") == "502 Bad Gateway"
    assert page_title("plain") == ""
