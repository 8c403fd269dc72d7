"""Small graphs: heights, gaps, and nothing that runs."""

from __future__ import annotations

from wakeful_collector.web import pages_sparks


def test_an_area_spans_the_view_and_hides_its_sides() -> None:
    drawn = pages_sparks.spark((0.0, 0.5, 1.0), "cpu", 1.0)
    assert 'class="spark cpu" viewBox="0 0 2 100"' in drawn
    assert 'd="M-1 110V96L0 96L1 52L2 8H3V110Z"' in drawn


def test_gaps_are_gaps() -> None:
    drawn = pages_sparks.spark((1.0, None, 1.0, 1.0, None), "cpu", 1.0)
    assert 'd="M-1 110V8L0 8H1V110ZM2 110V8L2 8L3 8H3V110Z"' in drawn


def test_without_a_ceiling_the_largest_value_reaches_the_top_but_noise_stays_low() -> None:
    assert "L1 8H2V110Z" in pages_sparks.spark((0.0, 4e6), "network")
    assert "L1 96H2V110Z" in pages_sparks.spark((0.0, 100.0), "network")


def test_nothing_known_is_an_empty_graph() -> None:
    empty = '<svg class="spark" aria-hidden="true" focusable="false"></svg>'
    assert pages_sparks.spark(None, "cpu") == empty
    assert pages_sparks.spark((None, None), "cpu", 1.0) == empty


def test_gauges_fill_by_their_share_and_no_further() -> None:
    assert '<rect width="81.2" height="8"/>' in pages_sparks.gauge(0.812, "")
    assert 'class="gauge bad"' in pages_sparks.gauge(1.7, "bad")
    assert '<rect width="100.0"' in pages_sparks.gauge(1.7, "bad")
    assert "<rect" not in pages_sparks.gauge(None, "")
