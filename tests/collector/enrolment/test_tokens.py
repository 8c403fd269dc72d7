from __future__ import annotations

import hashlib
import re

from wakeful_collector.enrolment import hash_token, new_agent_id, new_invite, new_token


def test_secrets_are_long_random_and_kept_as_hashes() -> None:
    for make, prefix in ((new_invite, "wk_inv_"), (new_token, "wk_agt_")):
        text, digest = make()
        assert re.fullmatch(prefix + r"[A-Za-z0-9_-]{32,}", text)
        assert digest == hashlib.sha256(text.encode()).hexdigest() == hash_token(text)
        assert make()[0] != text


def test_ids_are_short_and_fit_into_an_address() -> None:
    found = {new_agent_id() for _ in range(200)}
    assert len(found) == 200
    assert all(re.fullmatch(r"[a-z2-7]{12}", one) for one in found)
