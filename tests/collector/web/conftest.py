"""What the web's tests share: the application, programs with keys, people who are signed in."""

from __future__ import annotations

from ..faces import Person, Program, app, app_with, frozen, person, program

__all__ = ["Person", "Program", "app", "app_with", "frozen", "person", "program"]
