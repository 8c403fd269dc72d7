"""Streams that people and programs read."""

import io
import os
import pty

from wakeful_collector.remote.table import Column, Styled
from wakeful_collector.remote.terminal import Terminal


def written(draw, environ=None, encoding="utf-8"):
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding) as stream:
        draw(Terminal(stream, environ or {}))
        stream.flush()
        return raw.getvalue().decode(encoding)


def test_pieces_are_made_harmless():
    assert written(lambda out: out.line("a\x1b[2J", Styled("\n", "bad"))) == "a\\x1b[2J\\x0a\n"


def test_a_letter_without_a_code_ends_nothing():
    assert written(lambda out: out.line("caf\xe9 \u9762"), encoding="ascii") == "caf\\xe9 \\u9762\n"
    rows = [["x" * 30]]
    cut = written(lambda out: out.table((Column("A", 4),), rows), {"COLUMNS": "8"}, encoding="ascii")
    assert cut.splitlines()[1] == "xxxxxxx~"


def test_paragraphs_and_pairs():
    assert written(lambda out: out.paragraph("one two three", "  "), {"COLUMNS": "22"}) == "  one two three\n"
    text = written(lambda out: out.pairs([("name", "web"), ("gone", ""), ("state", Styled("up", "good"))], "  "))
    assert text == "  name   web\n  state  up\n"
    assert written(lambda out: out.pairs([("gone", "")])) == ""


def test_documents_are_ascii_and_hold_no_control_character():
    assert written(lambda out: out.document({"a": "\x1b\x7f\u9762"}, one_line=True)) == (
        '{"a": "\\u001b\\u007f\\u9762"}\n'
    )
    assert written(lambda out: out.document({"a": 1})) == '{\n  "a": 1\n}\n'
    assert written(lambda out: out.script("as it is\n")) == "as it is\n"


def on_terminal(environ, columns=None):
    ours, theirs = pty.openpty()
    try:
        if columns is not None:
            import fcntl
            import struct
            import termios

            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with os.fdopen(os.dup(theirs), "w", encoding="utf-8") as stream:
            out = Terminal(stream, environ)
            out.line(Styled("x", "bad"))
        return out, os.read(ours, 100)
    finally:
        os.close(ours)
        os.close(theirs)


def test_colours_and_width_of_a_terminal():
    out, seen = on_terminal({}, 132)
    assert (out.width, out.colour, seen) == (132, True, b"\x1b[31mx\x1b[0m\r\n")
    out, seen = on_terminal({"NO_COLOR": "1"}, 0)
    assert (out.width, out.colour, seen) == (80, False, b"x\r\n")
    assert on_terminal({"TERM": "dumb", "COLUMNS": "50"}, 132)[0].width == 50


def test_a_stream_that_is_no_file_has_no_end():
    class Odd(io.StringIO):
        def isatty(self):
            return True

        def fileno(self):
            raise OSError

    assert Terminal(Odd(), {}).width == 80
    assert Terminal(io.StringIO(), {}).width is None
    assert Terminal(io.StringIO(), {"COLUMNS": "many"}).width is None
