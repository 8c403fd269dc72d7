"""Collectors that answer as told, for what the real one does only when something else is wrong."""

import json

from ...counterparts import Answering, http


def results(*found):
    """Return something that answers operations with these results, one after the other, the last for good."""
    bodies = [json.dumps({"operation": "x", "result": one, "command": None}) for one in found]
    return Answering(*(http("200 OK", body) for body in bodies))


def environ_of(there):
    """Return the environment that names it."""
    return {"WAKEFUL_URL": there.url, "WAKEFUL_API_KEY": "wk_key_" + "a" * 32}
