"""Folds what agents pushed into history: sealed chunks, rolled-up tiers, the fleet's sparks; drops what is too old."""

from __future__ import annotations

from wakeful_collector.rollups.due import Done, run_due
from wakeful_collector.rollups.sparks import refresh_sparks

__all__ = ["Done", "refresh_sparks", "run_due"]
