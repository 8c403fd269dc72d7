"""Whatever has samples without an agent of its own, as a guest of a cluster: its keys lie far above those of hosts."""

from __future__ import annotations

FIRST_KEY = 1 << 40
"""The key of the first subject. No collector enrols that many hosts."""
