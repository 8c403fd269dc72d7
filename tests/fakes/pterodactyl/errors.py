"""Errors of the Panel: their body, and which status has which code (section 1.2 of the facts)."""

from __future__ import annotations

from typing import Any

from .door import Response, of_json

NO_WINGS = "Could not establish a connection to the machine running this server. Please try again."


class Problem(Exception):
    """A request ends with this error. `inner` is the status in the body, which is not always the real one (seen)."""

    def __init__(
        self, status: int, code: str, detail: str, *, inner: int = 0, headers: list[tuple[str, str]] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.inner, self.headers = inner or status, headers or []
        self.fields: list[tuple[str, str]] = []

    def response(self) -> Response:
        """Return it as the Panel answers it; `meta` only on errors of validation."""
        row: dict[str, Any] = {"code": self.code, "status": str(self.inner), "detail": self.detail}
        rows = [
            {**row, "detail": f"The {name} field is {rule}.", "meta": {"source_field": name, "rule": rule}}
            for name, rule in self.fields
        ]
        return of_json(self.status, {"errors": rows or [row]}, self.headers)


def unauthenticated() -> Problem:
    """No key and no session, or none that is good."""
    return Problem(401, "AuthenticationException", "Unauthenticated.")


def forbidden(detail: str = "This action is unauthorized.") -> Problem:
    """It may not."""
    return Problem(403, "AccessDeniedHttpException", detail)


def not_found() -> Problem:
    """There is no such server, or the user may not see it."""
    return Problem(404, "NotFoundHttpException", "The requested resource could not be found on the server.")


def conflict(detail: str) -> Problem:
    """The server is suspended, installing, restoring, transferring, or its node in maintenance."""
    return Problem(409, "ServerStateConflictException", detail)


def csrf() -> Problem:
    """The CSRF token is missing or wrong."""
    return Problem(419, "HttpException", "CSRF token mismatch.")


def display(detail: str) -> Problem:
    """What is shown to a person: bad credentials, a second factor, a captcha."""
    return Problem(400, "DisplayException", detail)


def invalid(*fields: tuple[str, str]) -> Problem:
    """Fields that are missing or wrong."""
    problem = Problem(422, "ValidationException", "The given data was invalid.")
    problem.fields = list(fields)
    return problem


def malformed() -> Problem:
    """The body is no JSON."""
    return Problem(400, "BadRequestHttpException", "The JSON data passed in the request appears to be malformed.")


def too_many(limit: int, retry_seconds: int, now: float) -> Problem:
    """A rate limit: the only 429 with Retry-After and the time of the reset."""
    headers = [("X-RateLimit-Limit", str(limit)), ("X-RateLimit-Remaining", "0")]
    headers += [("Retry-After", str(retry_seconds)), ("X-RateLimit-Reset", str(int(now) + retry_seconds))]
    return Problem(429, "ThrottleRequestsException", "Too Many Attempts.", headers=headers)


def locked_out(seconds: int) -> Problem:
    """The lock-out after 5 failures: HTTP 429 with 422 inside, and no Retry-After (seen)."""
    words = f"Too many login attempts. Please try again in {seconds} seconds."
    return Problem(429, "ValidationException", words, inner=422)


def bad_gateway(detail: str) -> Problem:
    """Wings was reached and said no."""
    return Problem(502, "HttpException", detail)


def unreachable() -> Problem:
    """Wings was not reached."""
    return Problem(504, "DaemonConnectionException", NO_WINGS)
