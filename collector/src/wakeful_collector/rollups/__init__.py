"""Folds what agents pushed into history: sealed chunks, tiers, the fleet's sparks and troubles; drops what is old."""

from __future__ import annotations

from wakeful_collector.rollups.due import Done, run_due
from wakeful_collector.rollups.sparks import refresh_sparks
from wakeful_collector.rollups.standing import Watch

__all__ = ["Done", "Watch", "refresh_sparks", "run_due"]
