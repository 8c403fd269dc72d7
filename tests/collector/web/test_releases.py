"""The doors that hand out the agent: without signing in, and never more than the release."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.web import releases

from ..shipping import BUNDLE, make_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient


@pytest.fixture
def key(data: Path) -> str:
    return make_release(data / "releases")


@pytest.fixture
def visitor(app: Flask, key: str) -> FlaskClient:
    return app.test_client()


def test_everybody_gets_the_installer(visitor: FlaskClient) -> None:
    answer = visitor.get("/install.sh", base_url="http://127.0.0.1:8800")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    assert "served_by='http://127.0.0.1:8800'" in answer.text
    assert answer.text.endswith('main "$@"\n')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_another_host_name_gets_nothing(visitor: FlaskClient) -> None:
    assert visitor.get("/install.sh", base_url="http://evil.example").status_code == 421
    assert visitor.get(f"/releases/{BUNDLE}", base_url="http://evil.example").status_code == 421


def test_everybody_gets_the_files(visitor: FlaskClient, data: Path) -> None:
    for name in (BUNDLE, BUNDLE.replace(".xz", ".gz"), "SHA256SUMS", "SHA256SUMS.sig", "manifest.json.sig"):
        answer = visitor.get(f"/releases/{name}")
        assert answer.status_code == 200
        assert answer.data == (data / "releases" / name).read_bytes()
    head = visitor.head(f"/releases/{BUNDLE}")
    assert (head.status_code, head.data) == (200, b"")
    assert int(head.headers["Content-Length"]) == (data / "releases" / BUNDLE).stat().st_size


@pytest.mark.parametrize(
    "name",
    ["release.key", "nothing", "..%2fstate.db", "%2e%2e%2fstate.db", "..", ".", "%00", "a" * 300, "install.sh/x"],
)
def test_nothing_else_is_given(visitor: FlaskClient, name: str) -> None:
    answer = visitor.get(f"/releases/{name}")
    assert answer.status_code in {404, 308}
    assert b"SQLite" not in answer.data


def test_without_a_release_there_is_nothing(app: Flask) -> None:
    for path in ("/install.sh", "/releases/SHA256SUMS"):
        answer = app.test_client().get(path)
        assert answer.status_code == 404
        assert answer.get_json()["error"] == "no_release"


def test_what_is_not_whole_is_not_given(visitor: FlaskClient, data: Path) -> None:
    path = data / "releases" / BUNDLE
    path.write_bytes(path.read_bytes()[:100])
    answer = visitor.get(f"/releases/{BUNDLE}")
    assert answer.status_code == 503
    assert str(data) not in answer.text
    (data / "releases" / "install.sh").write_text("rm -rf /")
    assert visitor.get("/install.sh").status_code == 503


def test_few_are_served_at_once_and_each_gives_its_lane_back(
    app_with: Callable[..., Flask], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "BLOCK_BYTES", 16)
    client = app_with(web_threads=6).test_client()
    open_answers: list[Any] = [client.get(f"/releases/{BUNDLE}", buffered=False) for _ in range(2)]
    assert [one.status_code for one in open_answers] == [200, 200]
    refused = client.get(f"/releases/{BUNDLE}")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert client.get("/releases/SHA256SUMS").status_code == 200
    open_answers[0].close()
    whole = client.get(f"/releases/{BUNDLE}", buffered=True)
    assert whole.status_code == 200
    assert len(whole.data) == int(whole.headers["Content-Length"])
    assert client.get(f"/releases/{BUNDLE}", buffered=True).status_code == 200
    open_answers[1].close()
    open_answers[1].close()


def test_the_page_offers_the_line_that_installs(person: Callable[..., Any], key: str) -> None:
    ada = person()
    text = ada.post("/machines/add", hours="1", uses="1").text
    assert "install.sh" in text
    assert key.replace("+", "&#43;") in text or key in text
    assert "wakeful-agent enroll" in text
    script = ada.get("/install.sh").data
    assert hashlib.sha256(script).hexdigest() in text
