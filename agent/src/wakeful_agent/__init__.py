"""Measures a machine and pushes what it sees to a collector."""
