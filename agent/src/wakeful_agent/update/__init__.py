"""Taking a newer release: looking, checking who made it, staging, the swap, and the way back."""
