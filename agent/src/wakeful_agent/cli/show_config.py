"""`wakeful-agent show-config`: the settings in force, or a sample of all of them."""

from __future__ import annotations

import json

from wakeful_agent import bootstrap
from wakeful_agent.cli.exits import OK, USAGE
from wakeful_agent.cli.place import complain_of, here, show_json
from wakeful_agent.config import ConfigErrors
from wakeful_agent.config.sample import in_force, sample
from wakeful_agent.redaction import redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def main(chosen: argparse.Namespace) -> int:
    """Print the settings and where each comes from; secrets are named, not shown."""
    if chosen.sample:
        print(sample(bootstrap.known_meters()), end="")
        return OK
    place = here()
    try:
        rows = [(key, _shown(value), source) for key, value, source in in_force(bootstrap.read_config(place))]
    except ConfigErrors as errors:
        complain_of(errors)
        return USAGE
    if chosen.json:
        settings = {key: {"value": value, "source": source} for key, value, source in rows}
        show_json({"file": place.folders.file, "state": place.folders.state, "settings": settings})
        return OK
    print(f"# file {place.folders.file}, state folder {place.folders.state}")
    for key, value, source in rows:
        print(f"{key} = {json.dumps(value)}    # {source}")
    return OK


def _shown(value: Any) -> Any:
    """Return a value fit to be shown: an address may hold a password although it must not."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
