"""The central collector: takes pushes, keeps history, shows it."""

__version__ = "0.1.0"
