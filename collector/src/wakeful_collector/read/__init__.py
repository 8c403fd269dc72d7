"""Every question, over a read-only connection."""
