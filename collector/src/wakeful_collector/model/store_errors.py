"""What can go wrong with the store, in words that every floor may catch."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot do what was asked; `str(error)` says what and names the way out."""


class StoreFull(StoreError):
    """There is no room to write; reads still work. Answered as 503."""


class StoreBusy(StoreError):
    """Another writer held the database for longer than the patience; the same again may work. Answered as 503."""


class DatabaseMissing(StoreError):
    """There is no database in the data folder."""


class DatabaseNewer(StoreError):
    """The database was written by a newer version of the collector; it is left as it is."""


class DatabaseCorrupt(StoreError):
    """A file is damaged or is not a database of Wakeful; it is left as it is."""
