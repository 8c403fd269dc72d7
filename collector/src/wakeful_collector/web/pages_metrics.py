"""Everything a host measures: each metric with a small chart, whoever sends it, drawn when it comes into sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for

from wakeful_collector.read import latest
from wakeful_collector.web import kit, pages_gathered, pages_text
from wakeful_collector.web.pages_frame import blueprint
from wakeful_collector.web.pages_host import SPANS, found_host, host_page, opening_span

if TYPE_CHECKING:
    from markupsafe import Markup

    from wakeful_collector.model.sample import LatestSample

CARDS_A_PAGE = 60
SERIES_A_PAGE = 200
LABELS_MAX = 8
EPOCH_SECONDS_LEAST = 1e9


@kit.page(blueprint, "/hosts/<host_id>/metrics")
def host_metrics(host_id: str) -> kit.Answer:
    """Show the metrics of a host, or one of them with all its series."""
    found = found_host(host_id)
    samples = latest.latest(kit.data(), found.key)
    name, labels = request.args.get("name", "")[:128], _labels()
    query, family = request.args.get("q", "")[:200], request.args.get("family", "")[:128]
    cards = pages_gathered.cards(samples, [] if name else query.casefold().split()[:8], labels)
    context: dict[str, Any] = {"query": query, "labels": labels, "name": name, "link": _linker(found.id, labels)}
    context |= {"spans": SPANS, "span": opening_span(found, kit.now_ms()), "total": len(samples)}
    if name:
        context |= _one(name, [card for card in cards if card.name == name], labels, query)
    else:
        context |= _many(cards, family)
        context["offered"] = pages_gathered.offered(samples)
    template = "metric" if name else "metrics"
    return host_page(f"{template}-cards.html" if kit.is_part() else f"{template}.html", found, "metrics", **context)


def value_text(kind: str, sample: LatestSample) -> str | Markup:
    """Return the newest value of a series as people read it: of a counter its rate."""
    rate = kind in {"persecond", "byterate"} or sample.rate is not None
    value = sample.rate if rate else sample.value
    if value is None:
        return pages_text.NOTHING
    if kind == "bytes":
        return pages_text.size(value)
    if kind == "byterate":
        return pages_text.rate(value)
    if kind == "percent":
        return pages_text.share(value)
    if kind == "seconds" and value >= EPOCH_SECONDS_LEAST:
        return pages_text.at(value * 1000)
    if kind == "seconds" and abs(value) >= 180:
        return pages_text.span(value)
    ends = {"celsius": " \N{DEGREE SIGN}C", "watts": " W", "rpm": " rpm", "seconds": " s", "hertz": " Hz"}
    return pages_text.count(value) + ends.get(kind, "/s" if rate else "")


def _many(cards: list[pages_gathered.Card], family: str) -> dict[str, Any]:
    every = pages_gathered.families(cards)
    shown = [one for one in every if not family or one.key == family]
    ordered = [(one, card) for one in shown for card in one.cards]
    pages = max(1, -(-len(ordered) // CARDS_A_PAGE))
    page = kit.number("page", 1, 1, pages)
    here: dict[str, tuple[pages_gathered.Family, list[pages_gathered.Card]]] = {}
    for one, card in ordered[(page - 1) * CARDS_A_PAGE : page * CARDS_A_PAGE]:
        here.setdefault(one.key, (one, []))[1].append(card)
    return {
        "families": [(one.key, one.title, len(one.cards)) for one in every],
        "family": family,
        "groups": list(here.values()),
        "metrics": len(ordered),
        "series": sum(len(card.samples) for _, card in ordered),
        "page": page,
        "pages": pages,
        "value_text": value_text,
    }


def _one(name: str, cards: list[pages_gathered.Card], labels: list[str], query: str) -> dict[str, Any]:
    card = cards[0] if cards else None
    by = request.args.get("by", "")[:64]
    by = by if card is not None and by in card.labels else ""
    words = query.casefold().split()[:8]
    rows = [] if card is None else [one for one in card.samples if _has(one, words)]
    rows.sort(key=lambda one: -abs(one.rate if one.rate is not None else one.value))
    pages = max(1, -(-len(rows) // SERIES_A_PAGE))
    page = kit.number("page", 1, 1, pages)
    return {
        "card": card,
        "by": by,
        "draw": pages_gathered.draw(name, labels, 0 if by else pages_gathered.LINES_OF_A_PAGE, by),
        "rows": rows[(page - 1) * SERIES_A_PAGE : page * SERIES_A_PAGE],
        "listed": len(rows),
        "page": page,
        "pages": pages,
        "value_text": value_text,
    }


def _has(sample: LatestSample, words: list[str]) -> bool:
    text = " ".join(sample.labels.values()).casefold()
    return all(word in text for word in words)


def _labels() -> list[str]:
    given = [text.strip()[:577] for text in request.args.getlist("label")[:LABELS_MAX]]
    return list(dict.fromkeys(text for text in given if ":" in text[1:]))


def _linker(host_id: str, labels: list[str]) -> Any:
    """Return how addresses of this page are made: what is asked now, changed; `without` and `also` are labels."""
    kept = {name: request.args[name] for name in ("q", "family", "name", "by", "span") if request.args.get(name)}

    def link(without: str = "", also: tuple[str, ...] = (), **changes: Any) -> str:
        chosen = list(dict.fromkeys([text for text in labels if text != without] + list(also)))
        wanted = {name: value for name, value in {**kept, **changes}.items() if value not in {"", None}}
        return url_for("pages.host_metrics", host_id=host_id, label=chosen, **wanted)

    return link
