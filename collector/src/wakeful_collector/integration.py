"""What a room of the collector offers to the rest: operations, jobs, pages, and a door before the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Blueprint

    from wakeful_collector.config import Settings
    from wakeful_collector.job import Job
    from wakeful_collector.operations.registry import Operation
    from wakeful_collector.web.kit import Offer, Place

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
AddressOf = Callable[[Environ], str]
"""Tells from a request's environment where it comes from, with the proxies that are trusted taken into account."""


@dataclass(frozen=True, slots=True)
class Faces:
    """What a room shows: blueprints, entries of the main navigation, operations that pages may ask for by a button."""

    blueprints: tuple[Blueprint, ...] = ()
    navigation: tuple[Place, ...] = ()
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Integration:
    """One room; what only the web needs is behind `faces` and `front`, so that the worker does not load it.

    `front(settings, application, address_of)` returns a WSGI application that stands before `application`, and hands on
    unchanged whatever is not its own.
    """

    name: str
    title: str
    operations: tuple[Operation, ...] = ()
    jobs: tuple[Job, ...] = ()
    faces: Callable[[], Faces] = Faces
    front: Callable[[Settings, Application, AddressOf], Application] | None = None
