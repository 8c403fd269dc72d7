"""What agent and collector say to each other: names, shapes, bounds. Standard library only, no I/O, no clock."""

__version__ = "0.1.0"

WIRE = 1
"""The one integer that says which form of the wire a push speaks."""
