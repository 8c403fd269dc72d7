"""The table of contents: every meter there is, in the order they run."""
