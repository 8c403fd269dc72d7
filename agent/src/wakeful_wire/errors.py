"""The one error of the wire: something that was said is not acceptable."""

from __future__ import annotations


class WireError(ValueError):
    """Says that a message is not acceptable.

    `code` is a stable word for programs (`invalid_push`, `too_large`, ...), `status` the HTTP status
    it is answered with, `str(error)` the sentence for people.
    """

    def __init__(self, code: str, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def document(self) -> dict[str, str]:
        """Return the JSON body of the answer: `{"error", "message"}`."""
        return {"error": self.code, "message": self.message}
