"""Asking other programs and machines: the only place that opens connections, each bounded in time and size."""
