"""What a client has sent of a request so far, and whether a thread should see it yet.

Pure: a thread that waits for the rest of a request is a thread that any client can hold, a byte at a time.
"""

from __future__ import annotations

import re

from wakeful_collector.web.kit_long import begins_long

HEAD_BYTES_MAX = 32 * 1024
"""How long a head may be before it is whole (RFC 9110, section 5.4 leaves the bound to the server)."""

BODY_BYTES_MAX = 64 * 1024
"""Bodies up to this size are awaited; whoever may send larger ones has shown a key or a session by its head."""

_END = b"\r\n\r\n"
_REQUEST_LINE = re.compile(rb"(?:\r\n)?[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} [!-~]+ HTTP/1\.[01]\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*([0-9]{1,9})[ \t]*(?=\r\n)", re.IGNORECASE)
_OTHERWISE = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_BARE_LINE_END = re.compile(rb"(?<!\r)\n")
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Beginning:
    """The first bytes of a request, until it is `whole`."""

    __slots__ = ("_length", "_searched", "data", "expects", "is_odd")

    def __init__(self, data: bytes) -> None:
        self.data = bytearray()
        self.expects = False
        self.is_odd = False
        """Whether this is no request as HTTP/1 writes it: no thread should wait for what its parser makes of it."""
        self._length: int | None = None
        self._searched = 0
        self.add(data)

    def add(self, data: bytes) -> None:
        """Take what came next."""
        self.data += data
        if self._length is None:
            self._length = self._find_length()

    def is_whole(self) -> bool:
        """Tell whether all is there that is to be awaited: the head and a small body."""
        return self._length is not None and len(self.data) >= self._length

    def is_too_long(self) -> bool:
        """Tell whether this is more than a head may hold, and still none."""
        return self._length is None and len(self.data) > HEAD_BYTES_MAX

    def _find_length(self) -> int | None:
        end = self.data.find(_END, max(0, self._searched - len(_END)))
        head_bytes = end if end >= 0 else len(self.data)
        # The parser ends lines by a bare LF too: it might see a head, or a body's length, that is not seen here.
        if _BARE_LINE_END.search(self.data, self._searched, head_bytes) or self._is_no_request():
            self.is_odd = True
        self._searched = len(self.data)
        if end < 0 or self.is_odd:
            return None
        head = bytes(self.data[: end + len(_END)])
        lengths = _LENGTH.findall(head[:-2])
        if len(lengths) != 1 or _OTHERWISE.search(head) or int(lengths[0]) > BODY_BYTES_MAX:
            return len(head)
        expects = _EXPECTS.search(head) is not None
        if expects and begins_long(head):  # has a thread of its own, which asks when somebody wants the body
            return len(head)
        self.expects = expects
        return len(head) + int(lengths[0])

    def _is_no_request(self) -> bool:
        """Tell whether the first line is none of HTTP/1; the parser would wait for more before it says so."""
        line = self.data.find(b"\r\n", 1, HEAD_BYTES_MAX)  # one empty line may come before
        return line > 0 and _REQUEST_LINE.match(self.data) is None
