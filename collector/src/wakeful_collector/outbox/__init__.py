"""Escalation: what happens becomes incidents, incidents become messages, messages are delivered."""
