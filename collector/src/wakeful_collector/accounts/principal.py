"""The principal of a request: who asks, from where, through which face, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

SCOPES = ("read", "operate", "gateway", "admin")
"""What can be permitted: look; change and act, the gateway too; use the model gateway; everything, people and keys."""

USER_SCOPES = ("read", "operate", "admin")
"""What a person can be given; each holds the ones before."""

_IMPLIED = {
    "read": {"read"},
    "operate": {"read", "operate", "gateway"},
    "gateway": {"gateway"},
    "admin": {"read", "operate", "gateway", "admin"},
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: `name` is `user:NAME`, `key:NAME`, `local:NAME`; `secret_hash` is the session's or key's."""

    name: str
    scopes: frozenset[str]
    address: str
    face: str
    secret_hash: str = ""
    user: int | None = None

    def may(self, scope: str) -> bool:
        """Tell whether the principal holds `scope`."""
        return scope in self.scopes

    @property
    def label(self) -> str:
        """The name without its kind, for people."""
        return self.name.partition(":")[2]


def implied(scopes: tuple[str, ...]) -> frozenset[str]:
    """Return everything that `scopes` permit; a word that is no scope permits nothing."""
    return frozenset().union(*(_IMPLIED.get(scope, set()) for scope in scopes))


def local_principal(name: str) -> Principal:
    """Return the principal of the operator's shell: whoever may read the data folder may do everything."""
    return Principal(f"local:{name}", implied(("admin",)), "local", "cli")
