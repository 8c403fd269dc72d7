"""How the collector reaches clusters: their settings, one client for all that is asked of them, tests in words."""
