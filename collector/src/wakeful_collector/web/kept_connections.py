"""Kept-alive connections in order of their deadline: as a deque, but with removal that does not search."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class KeptConnections:
    """Stands where gunicorn keeps a `collections.deque`, with thousands of agents on it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, None] = OrderedDict()

    def append(self, connection: Any) -> None:
        """Put a connection last, wherever it stood before."""
        self._kept[connection] = None
        self._kept.move_to_end(connection)

    def remove(self, connection: Any) -> None:
        """Take a connection out; raise ValueError when it is not there."""
        try:
            del self._kept[connection]
        except KeyError:
            raise ValueError("the connection is not kept") from None

    def popleft(self) -> Any:
        """Take out the first connection; raise IndexError when there is none."""
        first = self[0]
        del self._kept[first]
        return first

    def __getitem__(self, index: int) -> Any:
        if index != 0 or not self._kept:
            raise IndexError(index)
        return next(iter(self._kept))

    def __contains__(self, connection: object) -> bool:
        return connection in self._kept

    def __iter__(self) -> Iterator[Any]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)
