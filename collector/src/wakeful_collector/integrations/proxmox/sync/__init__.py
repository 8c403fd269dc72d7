"""How clusters are seen: polled, looked at in detail where something changed, kept with what changed and who did it."""
