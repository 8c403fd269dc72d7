"""Who may ask and what for: people, sessions, one-time links, API keys."""

from wakeful_collector.accounts.links import create_signin_link
from wakeful_collector.accounts.principal import SCOPES, Principal, local_principal

__all__ = ["SCOPES", "Principal", "create_signin_link", "local_principal"]
