"""The chapters in the order in which they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chapter_ai import AiBoxSleeps, AiBoxWakes
from .chapter_away import Away
from .chapter_disk import CollectorsDisk, MachinesDisk
from .chapter_drift import Drift
from .chapter_enrolment import Enrolment
from .chapter_forbidden import Forbidden
from .chapter_game import GameServers

if TYPE_CHECKING:
    from .telling import Chapter

CHAPTERS: tuple[Chapter, ...] = (
    Enrolment(),
    Away(),
    AiBoxWakes(),
    GameServers(),
    Drift(),
    AiBoxSleeps(),
    Forbidden(),
    MachinesDisk(),
    CollectorsDisk(),
)
"""While the box is idle others are told of."""
SHORT: tuple[Chapter, ...] = tuple(one for one in CHAPTERS if not isinstance(one, CollectorsDisk))
"""The short form leaves out what waits longest: until agents that were sent away by a full disk come again."""
