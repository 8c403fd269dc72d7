"""The only place that opens SQLite: one module a table family."""
