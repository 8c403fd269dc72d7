"""Secrets a server repeats: who is told a password may say it back, in an error, a name, a redirect. It stops here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONCEALED = "[secret]"
_BEGINNING = 8
_SHORTEST = 4
_KEPT_MAX = 100


class Concealment:
    """Cuts the secrets it was given out of whatever is to be told; a beginning of eight characters is cut too.

    Secrets of fewer than four characters are not looked for: they are in every other word.
    """

    def __init__(self, most: int = _KEPT_MAX) -> None:
        self._secrets: tuple[str, ...] = ()
        self._most = most

    def add(self, secret: str) -> None:
        """Conceal one more secret from now on; of very many the oldest are forgotten."""
        if len(secret) >= _SHORTEST and secret not in self._secrets:
            self._secrets = (*self._secrets, secret)[-self._most :]

    def text(self, text: str) -> str:
        """Return the text without any of them."""
        for beginning in dict.fromkeys(secret[:_BEGINNING] for secret in self._secrets):
            if beginning in text:
                text = _cut(text, beginning, [one for one in self._secrets if one.startswith(beginning)])
        return text

    def fact(self, value: Any) -> Any:
        """Return a value of JSON with every text in it concealed."""
        if not self._secrets:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (list, tuple)):
            return [self.fact(one) for one in value]
        if isinstance(value, dict):
            return {self.text(str(key)): self.fact(one) for key, one in value.items()}
        return value


def _cut(text: str, beginning: str, secrets: list[str]) -> str:
    """Return the text without the beginning and as much of any of the secrets as follows it."""
    at = text.find(beginning)
    while at >= 0:
        end = at + max(_common(text[at:], secret) for secret in secrets)
        text = text[:at] + CONCEALED + text[end:]
        at = text.find(beginning, at + len(CONCEALED))
    return text


def _common(text: str, secret: str) -> int:
    size = 0
    while size < len(text) and secret[size : size + 1] == text[size]:
        size += 1
    return size
