"""The loop of the running agent: tick, compose, keep; what it hears from the collector and the system."""
