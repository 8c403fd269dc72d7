"""`wakeful-agent check-config`: is agent.toml right?"""

from __future__ import annotations

import os

from wakeful_agent import askable, bootstrap
from wakeful_agent.cli.exits import OK, USAGE
from wakeful_agent.cli.place import complain, complain_of, here, show_json
from wakeful_agent.config import ConfigErrors

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def main(chosen: argparse.Namespace) -> int:
    """Print everything that is wrong with the configuration, or that nothing is, and what to mind; 2 when wrong."""
    place = here()
    try:
        loaded = bootstrap.read_config(place)
    except ConfigErrors as errors:
        if chosen.json:
            show_json({"ok": False, "problems": [problem._asdict() for problem in errors.problems], "warnings": []})
        else:
            complain_of(errors)
        return USAGE
    if chosen.json:
        warnings = [problem._asdict() for problem in loaded.warnings]
        show_json({"ok": True, "problems": [], "warnings": warnings, "asked": askable.summary(loaded.config.orders)})
        return OK
    for warning in loaded.warnings:
        complain(f"mind: {warning}")
    if os.path.exists(place.folders.file):
        print(f"{place.folders.file} and the environment are right")
    else:
        print(f"there is no {place.folders.file}: everything is as by default. The environment is right")
    print("\n".join(askable.summary(loaded.config.orders)))
    return OK
