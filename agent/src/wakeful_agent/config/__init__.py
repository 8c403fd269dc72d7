"""What people decide on this machine: agent.toml, the environment, and who the agent is to its collector."""

from __future__ import annotations

from wakeful_agent.config.errors import ConfigErrors, Problem
from wakeful_agent.config.folders import Folders
from wakeful_agent.config.identity import Identity
from wakeful_agent.config.loading import Config, Loaded, load
from wakeful_agent.config.metering import KnownMeter, MeterSetting

__all__ = ["Config", "ConfigErrors", "Folders", "Identity", "KnownMeter", "Loaded", "MeterSetting", "Problem", "load"]
