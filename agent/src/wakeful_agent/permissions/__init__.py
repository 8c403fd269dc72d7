"""Probes for rights that are not one meter's own, each with a reason and the line that would grant it."""
