"""All guests of a cluster: searched, narrowed and sorted; and those that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import request

from wakeful_collector.integrations.proxmox.pages import rows
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.read import proxmox, proxmox_hosts
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.model.estate import Guest, Usage

A_PAGE = 100
GONE_SHOWN = 200
STATES = ("running", "stopped", "template", "other", "gone")
SORTS = ("id", "name", "cpu", "memory", "node")


class Wish(NamedTuple):
    """What somebody wants to see: words, a state, a node, an order, a page."""

    query: str = ""
    state: str = ""
    node: str = ""
    sort: str = "id"
    page: int = 1

    def link(self, **changed: Any) -> dict[str, Any]:
        """Return the query of an address with this wish, some of it changed; what is usual is left out."""
        wanted = self._replace(**{"page": 1, **changed})
        names = {"query": "q", "page": "page", "state": "state", "node": "node", "sort": "sort"}
        usual = Wish()
        return {names[key]: value for key, value in wanted._asdict().items() if value != getattr(usual, key)}


@kit.page(blueprint, "/<name>/guests")
def guests(name: str) -> kit.Answer:
    """Show the guests of a cluster, or their rows alone when the page's script asks."""
    found = found_cluster(name)
    wish = _wish()
    context = _gathered(found, wish)
    if kit.is_part():
        return kit.render("proxmox/guests-rows.html", cluster=found, wish=wish, **context, **lacking())
    return cluster_page("proxmox/guests.html", found, "guests", wish=wish, states=STATES, sorts=SORTS, **context)


def chosen(found: Iterable[Guest], usage: Mapping[str, Usage], wish: Wish) -> list[Guest]:
    """Return the guests that fit a wish, in its order; all words must be found in number, name, node, tags or pool."""
    asked = wish.query.casefold().split()
    kept = [
        one
        for one in found
        if (not wish.node or one.node == wish.node)
        and (not wish.state or wish.state == "gone" or state_of(one) == wish.state)
        and all(word in _text(one) for word in asked)
    ]
    return sorted(kept, key=_order(wish.sort, usage))


def state_of(guest: Guest) -> str:
    """Return the group that a guest counts to."""
    if guest.template:
        return "template"
    return guest.status if guest.status in {"running", "stopped"} else "other"


def _gathered(found: Cluster, wish: Wish) -> dict[str, Any]:
    data = kit.data()
    here = proxmox.guests(data, found.name)
    gone = proxmox.gone_guests(data, found.name, GONE_SHOWN)
    _, usage = proxmox.usage(data, found.name)
    counts = {state: sum(state_of(one) == state for one in here) for state in STATES} | {"gone": len(gone)}
    kept = chosen(gone if wish.state == "gone" else here, usage, wish)
    pages = max(1, -(-len(kept) // A_PAGE))
    page = min(wish.page, pages)
    shown = kept[(page - 1) * A_PAGE : page * A_PAGE]
    memories = proxmox_hosts.memories(data, found.name, shown, usage, kit.now_ms())
    return {
        "rows": rows.guests(shown, {} if wish.state == "gone" else usage, memories),
        "count": len(kept),
        "all_count": len(here),
        "counts": counts,
        "pages": pages,
        "page": page,
        "nodes": sorted({one.node for one in here if one.node}),
    }


def _wish() -> Wish:
    asked = request.args
    state, sort = asked.get("state", ""), asked.get("sort", "")
    return Wish(
        query=asked.get("q", "")[:200],
        state=state if state in STATES else "",
        node=asked.get("node", "")[:64],
        sort=sort if sort in SORTS else "id",
        page=kit.number("page", 1, 1, 100_000),
    )


def _text(guest: Guest) -> str:
    return " ".join((str(guest.vmid), guest.name, guest.node, guest.pool, guest.kind, *guest.tags)).casefold()


def _order(sort: str, usage: Mapping[str, Usage]) -> Callable[[Guest], tuple[Any, ...]]:
    def used(guest: Guest, what: str) -> float:
        known = usage.get(guest.id)
        return 0.0 if known is None else float(getattr(known, what) or 0.0)

    orders: dict[str, Callable[[Guest], tuple[Any, ...]]] = {
        "id": lambda one: (one.vmid,),
        "name": lambda one: (one.name.casefold(), one.vmid),
        "node": lambda one: (one.node, one.vmid),
        "cpu": lambda one: (-used(one, "cpu") * one.cpus, one.vmid),
        "memory": lambda one: (-used(one, "memory_bytes"), one.vmid),
    }
    return orders[sort]
