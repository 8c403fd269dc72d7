"""The tables of `samples.db`."""

from __future__ import annotations

# hot: a push is one row. Rows are appended in order of arrival, so that a commit touches few pages; the index finds a
#   host's newest. `host` is the row id of the host in state.db.
# runs: which sequences of a run were taken: everything from `first` to `last` but the holes, packed.
# folds: how far each host's history is folded into chunks.
# chunks: sealed columns; `tier` is the bucket in seconds, 0 for samples as they came.
#   `head` comes before `body`, so that it is read without the body's pages.
SAMPLES = """
CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL, labels TEXT NOT NULL, UNIQUE (name, labels));
CREATE TABLE schemas (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, width INTEGER NOT NULL, series BLOB NOT NULL);
CREATE TABLE hot (
    id INTEGER PRIMARY KEY,
    host INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    run TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    schema INTEGER NOT NULL REFERENCES schemas (id),
    digest BLOB NOT NULL,
    ticks BLOB NOT NULL
);
CREATE INDEX hot_by_host ON hot (host, to_ms, schema);
CREATE TABLE runs (
    host INTEGER NOT NULL,
    run TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    holes BLOB,
    from_ms INTEGER,
    to_ms INTEGER,
    heard_ms INTEGER NOT NULL,
    PRIMARY KEY (host, run)
) WITHOUT ROWID;
CREATE TABLE folds (host INTEGER PRIMARY KEY, folded_ms INTEGER NOT NULL);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    head BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX chunks_by_span ON chunks (host, tier, to_ms, from_ms);
CREATE TABLE latest (host INTEGER PRIMARY KEY, to_ms INTEGER NOT NULL, schema INTEGER NOT NULL, ticks BLOB NOT NULL);
CREATE TABLE sparks (host INTEGER PRIMARY KEY, until_ms INTEGER NOT NULL, grid BLOB NOT NULL);
"""

# sweep: how far the search for series that nothing uses has come; `left` is none when no search is under way.
SWEEP = """
CREATE TABLE sweep (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    began_ms INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    left BLOB
);
"""

# standing: what stands of each host (series, when each was read, values) and the troubles that makes, as JSON.
STANDING = """
CREATE TABLE standing (
    host INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    numbers BLOB NOT NULL,
    times BLOB NOT NULL,
    readings BLOB NOT NULL,
    troubles TEXT NOT NULL
);
"""
MIGRATIONS: tuple[tuple[str, str], ...] = (("001-samples", SAMPLES), ("003-sweep", SWEEP), ("004-standing", STANDING))
