"""How a machine is taken in: an invite is spent, an identity and a token come out."""

from __future__ import annotations

from wakeful_collector.enrolment.enroll import enroll
from wakeful_collector.enrolment.tokens import hash_token, new_agent_id, new_invite, new_token

__all__ = ["enroll", "hash_token", "new_agent_id", "new_invite", "new_token"]
