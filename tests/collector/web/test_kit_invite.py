"""The line to paste on a machine that is to be watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.serving import certificate
from wakeful_collector.web import kit
from wakeful_collector.web.kit_invite import own_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask


def test_the_line_leads_to_where_the_request_came(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://127.0.0.1:8800"):
        assert kit.invite_line("wk_inv_x") == ("wakeful-agent enroll http://127.0.0.1:8800 --invite wk_inv_x --run")


def test_the_public_url_wins(app_with: Callable[..., Flask]) -> None:
    with app_with(public_url="https://wakeful.example.org").test_request_context("/"):
        line = kit.invite_line("wk_inv_x")
    assert line == "wakeful-agent enroll https://wakeful.example.org --invite wk_inv_x --run"


def test_a_certificate_of_our_own_is_pinned(app_with: Callable[..., Flask], tmp_path: Path, now_ms: int) -> None:
    path, key = certificate.self_signed(tmp_path / "tls", ["localhost"], now_ms)
    app = app_with(tls_certificate=path, tls_key=key)
    with app.test_request_context("/", base_url="https://localhost:8800"):
        assert f" --fingerprint {certificate.fingerprint(path)} " in kit.invite_line("wk_inv_x")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_no_certificate_is_no_fingerprint(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "self.crt"
    if content is not None:
        path.write_text(content)
    assert own_fingerprint(path) is None
