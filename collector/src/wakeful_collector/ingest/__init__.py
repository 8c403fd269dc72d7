"""The way of a push into the store: who speaks, is it acceptable, keep it once, answer."""
