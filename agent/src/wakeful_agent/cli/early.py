"""What is done before the agent's parts are loaded, so that they take the memory that it needs no more."""

from __future__ import annotations

import os
from importlib import import_module

from wakeful_agent.config.document import parse_ahead
from wakeful_agent.config.folders import find


def run() -> int:
    """Read agent.toml, then load and run the agent; return its exit code."""
    parse_ahead(find(os.environ, os.getuid()).file)
    code: int = import_module("wakeful_agent.cli.run").main()
    return code
