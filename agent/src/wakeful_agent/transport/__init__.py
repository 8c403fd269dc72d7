"""How pushes get to the collector: kept on disk, sent over one connection, tried again without haste."""
