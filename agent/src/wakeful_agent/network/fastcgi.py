"""A question over FastCGI: one request without a body, for the status page of PHP-FPM.

Source: FastCGI Specification 1.0. Parameters and answer are bounded; padding, records of other kinds and what comes
after the end are passed over.
"""

from __future__ import annotations

import struct

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.network.dialogue import Dialogue
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Mapping

ANSWER_BYTES_MAX = 1024 * 1024
NO_SCRIPT = "/wakeful-agent-asks-for-no-script"
"""What is named as the script's file: FPM answers its status by SCRIPT_NAME, and finds nothing to run for any other."""
RECORDS_MAX = 10_000
_HEADER = struct.Struct(">BBHHBx")
_VERSION, _REQUEST = 1, 1
_BEGIN, _END, _PARAMETERS, _STDIN, _STDOUT, _STDERR = 1, 3, 4, 5, 6, 7
_RESPONDER = 1
_ERRORS = {1: "takes one question at a time", 2: "is overloaded", 3: "plays another role"}


class Said(NamedTuple):
    """An answer in the form of CGI: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def request(parameters: Mapping[str, str]) -> bytes:
    """Return the records of a whole request."""
    begin = struct.pack(">HB5x", _RESPONDER, 0)
    pairs = b"".join(_pair(name.encode(), value.encode()) for name, value in parameters.items())
    return _record(_BEGIN, begin) + _record(_PARAMETERS, pairs) + _record(_PARAMETERS, b"") + _record(_STDIN, b"")


def read_answer(exactly: Callable[[int], bytes]) -> bytes:
    """Return all of standard output, taken by `exactly(size)`; raise Malformed, or HostError when it was not run."""
    output = b""
    complaints = b""
    for _ in range(RECORDS_MAX):
        version, kind, _, size, padding = _HEADER.unpack(exactly(_HEADER.size))
        if version != _VERSION:
            raise Malformed("does not speak FastCGI")
        content = exactly(size)
        exactly(padding)
        if kind == _STDOUT:
            output += content
        elif kind == _STDERR:
            complaints = (complaints + content)[:1000]
        elif kind == _END:
            _check_end(content, complaints if not output else b"")
            return output
        if len(output) > ANSWER_BYTES_MAX:
            raise Malformed(f"answers more than {ANSWER_BYTES_MAX} bytes")
    raise Malformed(f"answers more than {RECORDS_MAX} records")


def parse_cgi(output: bytes) -> Said:
    """Split what a CGI program says into status, headers and body; raise Malformed."""
    head, empty, body = output.partition(b"\r\n\r\n")
    if not empty:
        head, empty, body = output.partition(b"\n\n")
    if not empty:
        raise Malformed("answers without headers")
    headers = {}
    for line in decode(head[:65_536]).split("\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    status = headers.get("status", "200")[:3]
    if not status.isascii() or not status.isdigit() or len(status) != 3:
        raise Malformed(f"answers with a status that is none: {label(status)!r}")
    return Said(int(status), headers, body)


def ask(address: str, script: str, query: str, timeout_seconds: float) -> Said:
    """Ask the responder at `address` (`unix:/path`, `host:port`) for `script`; raise as Dialogue does.

    Whatever `script` is, none is run: only what the responder answers itself, as FPM its status, can be asked for.
    """
    parameters = {
        "SCRIPT_NAME": script,
        "SCRIPT_FILENAME": NO_SCRIPT,
        "REQUEST_URI": script,
        "QUERY_STRING": query,
        "REQUEST_METHOD": "GET",
        "SERVER_SOFTWARE": "wakeful-agent",
        "REMOTE_ADDR": "127.0.0.1",
    }
    with Dialogue(address, timeout_seconds) as dialogue:
        dialogue.send(request(parameters))
        try:
            return parse_cgi(read_answer(dialogue.exactly))
        except Malformed as error:
            raise Malformed(f"{dialogue.place.text} {error}") from None


def _check_end(content: bytes, complaints: bytes) -> None:
    if len(content) < 5:
        raise Malformed("ends its answer in a form that FastCGI does not have")
    if content[4]:
        raise HostError(f"the FastCGI program {_ERRORS.get(content[4], 'refuses')}")
    if complaints:
        raise HostError(f"the FastCGI program says: {label(decode(complaints), 200)}")


def _record(kind: int, content: bytes) -> bytes:
    return _HEADER.pack(_VERSION, kind, _REQUEST, len(content), 0) + content


def _pair(name: bytes, value: bytes) -> bytes:
    return _length(name) + _length(value) + name + value


def _length(content: bytes) -> bytes:
    size = len(content)
    return struct.pack(">B", size) if size < 128 else struct.pack(">I", size | 1 << 31)
