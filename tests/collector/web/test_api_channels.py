"""Channels and deliveries over the API: addresses go in and never come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "http://127.0.0.1:9/hooks/PathIsASecret"


def test_a_channel_from_beginning_to_end(program: Callable[..., Any]) -> None:
    asks = program("admin")
    body = {"name": "pager", "kind": "webhook", "url": URL, "quiet": {"begins": "22:00", "ends": "07:00"}}
    made = asks("/api/v1/channels", "POST", json=body)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    document = made.get_json()
    assert document["secret"].startswith("wk_whs_")
    path = f"/api/v1/channels/{document['id']}"
    listed = asks("/api/v1/channels")
    assert "PathIsASecret" not in listed.text
    assert document["secret"] not in listed.text
    [one] = listed.get_json()["channels"]
    assert (one["address"], one["quiet"]["zone"], one["last"]) == ("http://127.0.0.1:9/...", "UTC", None)
    assert asks(path).get_json() == one
    changed = asks(path, "PATCH", json={"name": "phone", "enabled": False}).get_json()
    assert (changed["name"], changed["secret"]) == ("phone", None)
    tested = program("operate")(f"{path}/test", "POST")
    assert tested.status_code == 202
    assert asks(path).get_json()["last"]["id"] == tested.get_json()["delivery"]
    assert asks(path, "DELETE").get_json()["dropped"] == 1
    assert asks(path).status_code == 404
    assert asks(path, "DELETE").status_code == 404


def test_who_may(program: Callable[..., Any]) -> None:
    body = {"name": "pager", "kind": "webhook", "url": URL}
    assert program("operate")("/api/v1/channels", "POST", json=body).status_code == 403
    assert program("read")("/api/v1/channels").status_code == 403
    assert program("read")("/api/v1/deliveries").status_code == 403
    assert program("admin")("/api/v1/channels", "POST", json={**body, "url": "ftp://x/"}).status_code == 422


def test_deliveries(program: Callable[..., Any]) -> None:
    asks = program("admin")
    made = asks("/api/v1/channels", "POST", json={"name": "pager", "kind": "webhook", "url": URL}).get_json()
    ids = [asks(f"/api/v1/channels/{made['id']}/test", "POST").get_json()["delivery"] for _ in range(3)]
    page = asks(f"/api/v1/deliveries?state=waiting&channel={made['id']}&limit=2").get_json()
    assert [one["id"] for one in page["deliveries"]] == [ids[2], ids[1]]
    rest = asks(f"/api/v1/deliveries?limit=2&cursor={page['next']}").get_json()
    assert [one["id"] for one in rest["deliveries"]] == [ids[0]]
    [one] = rest["deliveries"]
    assert (one["state"], one["moment"], one["due"], one["log"]) == ("waiting", "test", "2026-11-18T11:06:40Z", [])
    assert asks(f"/api/v1/deliveries/{ids[0]}").get_json() == one
    assert asks(f"/api/v1/deliveries/{ids[0]}/retry", "POST").get_json()["state"] == "waiting"
    assert asks("/api/v1/deliveries/none").status_code == 404
    assert asks("/api/v1/deliveries/none/retry", "POST").status_code == 404
    assert asks("/api/v1/deliveries?cursor=x").status_code == 400
    asks(f"/api/v1/channels/{made['id']}", "DELETE")
    dead = asks("/api/v1/deliveries?state=dead").get_json()["deliveries"]
    assert {one["error"] for one in dead} == {"the channel was removed"}
    assert all(one["ended"] and one["due"] is None for one in dead)
