"""The composition root: every face is there, and the store's troubles are answered in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.app import create_app
from wakeful_collector.model.store_errors import DatabaseCorrupt, StoreBusy, StoreFull

if TYPE_CHECKING:
    from wakeful_collector.config import Settings


def test_every_face_is_there(settings: Settings) -> None:
    app = create_app(settings)
    rooms = {"ollama", "gateway_compat", "proxmox"}
    assert set(app.blueprints) == {"api", "docs", "metrics", "pages", "releases", "signin"} | rooms
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert rules >= {"/", "/sign-in", "/account", "/healthz", "/readyz", "/metrics", "/api/docs", "/api/v1/hosts"}


def test_applications_do_not_share_settings(settings: Settings) -> None:
    first, second = create_app(settings), create_app(settings)
    assert first is not second
    assert first.extensions["wakeful"].settings is settings


@pytest.mark.parametrize(
    ("error", "code"), [(StoreFull("x"), "disk_full"), (StoreBusy("x"), "busy"), (DatabaseCorrupt("x"), "store")]
)
def test_the_stores_troubles_are_503(settings: Settings, error: Exception, code: str) -> None:
    app = create_app(settings)

    def fail() -> None:
        raise error

    app.add_url_rule("/api/fail", "fail", fail)
    answer = app.test_client().get("/api/fail")
    assert (answer.status_code, answer.get_json()["error"], answer.headers["Retry-After"]) == (503, code, "5")
