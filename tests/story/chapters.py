"""The chapters in the order in which they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chapter_enrolment import Enrolment

if TYPE_CHECKING:
    from .telling import Chapter

CHAPTERS: tuple[Chapter, ...] = (Enrolment(),)
