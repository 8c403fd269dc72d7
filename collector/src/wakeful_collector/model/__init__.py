"""Pure shapes and decisions of the collector: no sockets, no files, no clock, no store."""
