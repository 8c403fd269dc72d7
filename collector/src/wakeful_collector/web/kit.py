"""The kit: what pages and integrations build on, and all of the web that they see."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template
from werkzeug.wrappers import Response as Answer

import wakeful_collector
from wakeful_collector.accounts import Principal
from wakeful_collector.operations import registry
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.web.kit_auth import (
    check_csrf,
    csrf_token,
    end_session,
    local_path,
    page,
    principal,
    require,
    set_session,
    visitor,
)
from wakeful_collector.web.kit_errors import WebError, abort, error_answer, for_program, json_answer, translate
from wakeful_collector.web.kit_form import (
    FormField,
    FormGroup,
    form_field,
    form_given,
    form_groups,
    form_problems,
    form_secret,
    form_summary,
)
from wakeful_collector.web.kit_guard import allowed as host_allowed
from wakeful_collector.web.kit_invite import install_line, invite_line, own_url
from wakeful_collector.web.kit_long import CROWDED, BrokenOff
from wakeful_collector.web.kit_parts import is_part, lacks, number
from wakeful_collector.web.kit_rooms import Offer, Place
from wakeful_collector.web.kit_series import series_answer
from wakeful_collector.web.kit_state import State, client_address, data, install, is_secure, now_ms, settings, state
from wakeful_collector.web.pages_panel import chart

__all__ = [
    "CROWDED",
    "Answer",
    "BrokenOff",
    "FormField",
    "FormGroup",
    "Offer",
    "OperationError",
    "Place",
    "Principal",
    "State",
    "WebError",
    "abort",
    "chart",
    "check_csrf",
    "client_address",
    "csrf_token",
    "data",
    "end_session",
    "error_answer",
    "for_program",
    "form_field",
    "form_given",
    "form_groups",
    "form_problems",
    "form_secret",
    "form_summary",
    "host_allowed",
    "install",
    "install_line",
    "invite_line",
    "is_part",
    "is_secure",
    "json_answer",
    "lacks",
    "local_path",
    "now_ms",
    "number",
    "own_url",
    "page",
    "principal",
    "render",
    "require",
    "run",
    "series_answer",
    "set_session",
    "settings",
    "state",
    "translate",
    "visitor",
]


def render(template: str, status: int = 200, **context: Any) -> Response:
    """Return a page; templates also know `principal`, `csrf_token`, `version` and `now_ms`."""
    known = {
        "principal": principal(),
        "csrf_token": csrf_token(),
        "version": wakeful_collector.__version__,
        "now_ms": now_ms(),
    }
    return make_response(render_template(template, **known, **context), status)


def run(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run an operation for whoever asks; permission and audit row are the registry's.

    Raises:
        OperationError: not permitted, bad arguments, or not possible; left alone, it becomes the answer.
    """
    known = state()
    asking = principal()
    if asking is None:
        abort(401, "unauthorized", "sign in first")
    return registry.run(known.settings, known.registry, asking, operation, arguments, now_ms())
