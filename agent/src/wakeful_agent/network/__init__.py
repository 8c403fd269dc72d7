"""Asking other programs and machines: the only place of a meter that opens connections, each bounded in time and size."""
