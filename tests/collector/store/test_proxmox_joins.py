"""Which guests are hosts, as it was found out last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import proxmox_estate
from wakeful_collector.store import proxmox_joins as table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_joins import Join

if TYPE_CHECKING:
    from pathlib import Path


def test_joins_take_the_place_of_those_before(data: Path) -> None:
    web, db = Join("home", "qemu/100", "web", "h1", "card"), Join("home", "lxc/200", "db", "h2", "uuid")
    with changing(data) as connection:
        table.keep(connection, "home", [web, db])
        table.keep(connection, "lab", [web._replace(cluster="lab")])
        assert table.of(connection, "home") == [db, web]
        assert [one.cluster for one in table.of_host(connection, "h1")] == ["home", "lab"]
        table.keep(connection, "home", [db])
        assert table.of(connection, "home") == [db]
        proxmox_estate.forget(connection, "home")
        assert table.of(connection, "home") == []
        assert len(table.of(connection, "lab")) == 1
