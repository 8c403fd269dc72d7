"""Why a cluster did not do what it was asked: one error with a kind, made of status, reason phrase and body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = (
    "unreachable",  # nobody answers, or the connection broke
    "tls",  # its certificate is not trusted
    "auth",  # it does not know who asks
    "forbidden",  # who asks may not
    "missing",  # what is asked about is not there
    "unsupported",  # its version does not know the call
    "locked",  # the guest is locked by something that goes on
    "digest",  # somebody else changed it meanwhile
    "busy",  # a lock of a moment: again later
    "parameter",  # what was asked does not fit
    "quorum",  # the cluster lost it, so that nothing can be changed
    "node_unreachable",  # the cluster answers, the node behind it does not
    "garbled",  # what was answered is no answer of the API
    "server",  # everything else
)
TEXT_CHARACTERS_MAX = 1_000
_MATCHES = (
    (re.compile(r"modified configuration|checksum mi", re.IGNORECASE), "digest"),
    (re.compile(r"(VM|CT) is locked"), "locked"),
    (re.compile(r"no quorum|not quorate", re.IGNORECASE), "quorum"),
    (re.compile(r"can't lock file|got timeout|trying to acquire lock", re.IGNORECASE), "busy"),
    (
        re.compile(
            r"does not exist|no such (task|cluster node|VM|CT|storage|pool|volume|resource)|hostname lookup .* failed"
            r"|unable to find|not found",
            re.IGNORECASE,
        ),
        "missing",
    ),
)
_STATUSES = {401: "auth", 403: "forbidden", 404: "missing", 501: "unsupported"}
_NODE_STATUSES = range(595, 600)
_TITLE = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)


class PveError(Exception):
    """What went wrong: `kind` for programs (see KINDS), `text` for people in the cluster's own words where it has some.

    `status` is the HTTP status, 0 when there was none; `errors` says what is wrong with which parameter. `uncertain` is
    True where a change was sent and no answer came: it may have been made.
    """

    def __init__(
        self,
        kind: str,
        text: str,
        status: int = 0,
        errors: Mapping[str, str] | None = None,
        path: str = "",
        uncertain: bool = False,
    ) -> None:
        self.kind = kind
        self.text = printable(text)
        self.status = status
        self.errors = dict(errors or {})
        self.path = path
        self.uncertain = uncertain
        super().__init__(self.text)

    def __str__(self) -> str:
        """Return one sentence, with the parameters that do not fit."""
        told = "; ".join(f"{name}: {text}" for name, text in sorted(self.errors.items()))
        return f"{self.text} ({told})" if told else self.text


def printable(text: str) -> str:
    """Return text of a stranger in one bounded line without control characters."""
    line = " ".join(text.split())
    return "".join(one if one.isprintable() else "?" for one in line)[:TEXT_CHARACTERS_MAX]


def refusal(status: int, reason: str, body: Any, path: str) -> PveError:
    """Return the error of an answer that is none of success: its text is in `message` (9) or in the reason phrase."""
    told = body if isinstance(body, dict) else {}
    message = told.get("message")
    text = message if isinstance(message, str) and message.strip() else reason
    fields = told.get("errors")
    errors = {str(name): printable(str(why)) for name, why in fields.items()} if isinstance(fields, dict) else {}
    return PveError(_kind(status, text, errors), text or f"it answers {status}", status, errors, path)


def page_title(text: str) -> str:
    """Return the title of an HTML page, which some program before the cluster may have answered with."""
    found = _TITLE.search(text[: TEXT_CHARACTERS_MAX * 4])
    return printable(found.group(1)) if found else ""


def _kind(status: int, text: str, errors: dict[str, str]) -> str:
    if status in _STATUSES:
        return _STATUSES[status]
    if status in _NODE_STATUSES:
        return "node_unreachable"
    if status in {502, 503, 504}:
        return "unreachable"
    for pattern, kind in _MATCHES:
        if pattern.search(text) or any(pattern.search(why) for why in errors.values()):
            return kind
    return "parameter" if status == 400 else "server"
