"""Asking MySQL and MariaDB through their own client: the questions, how it is called, and what it writes back.

Nothing secret is an argument: user and password are the client's own matter, in a defaults file.
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from wakeful_agent.host.files import Host

ANSWER_BYTES_MAX = 4 * 1024 * 1024
PROGRAMS = ("mariadb", "mysql")

# What stands between /*!80022 and */ only MySQL from 8.0.22 on sees, and what stands behind /*M! only MariaDB.
QUESTIONS = """SHOW GLOBAL STATUS;
SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'version_comment', 'max_connections', 'innodb_page_size',
  'innodb_buffer_pool_size', 'read_only', 'wsrep_on');
SELECT count(*) AS transactions, coalesce(max(timestampdiff(SECOND, trx_started, now())), 0) AS longest
  FROM information_schema.innodb_trx;
/*!80022 SHOW REPLICA STATUS */ /*M!100000 SHOW ALL SLAVES STATUS */;
"""
_PAIRS = ["Variable_name", "Value"]
_TRANSACTIONS = ["transactions", "longest"]
_REPLICA = {"Slave_IO_Running", "Replica_IO_Running"}
_ERROR = re.compile(r"ERROR ([0-9]{4}) ")
# Wrong password, wrong user, host not allowed, database or right missing, password expired, account locked, plugin.
_REFUSED = {"1044", "1045", "1130", "1142", "1227", "1251", "1524", "1698", "1820", "1862", "2059", "3118", "4151"}
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


class Answers(NamedTuple):
    """What the server said: status and variables by name in lower case, transactions, and one record a replica."""

    status: dict[str, str]
    transactions: dict[str, str]
    replicas: list[dict[str, str]]
    objections: list[str]


def ask(host: Host, connection: Sequence[str], timeout_seconds: float) -> Answers:
    """Return the answers of the server that `connection` (options of the client) leads to.

    Raises Absent (no client), Denied (the server wants another login), Late, Malformed, HostError.
    """
    program = next((name for name in PROGRAMS if host.program(name)), None)
    if program is None:
        raise Absent("neither mariadb nor mysql, the client, is installed")
    # --local-infile=0: otherwise the other end may ask the client for any file that the agent can read.
    fixed = ("--batch", "--force", "--local-infile=0", "--default-character-set=utf8mb4")
    argv = (program, *connection, *fixed, f"--connect-timeout={max(1, int(timeout_seconds))}")
    output = host.run(argv, timeout_seconds, ANSWER_BYTES_MAX, QUESTIONS.encode("ascii"))
    answers = parse_answers(output.out)
    if "uptime" not in answers.status:
        raise objection(output.err)
    return answers._replace(objections=[line[:200] for line in output.err.splitlines() if _ERROR.match(line)])


def parse_answers(text: str) -> Answers:
    """Return what the client writes with `--batch`: a line of names before each table, fields between tabs.

    Raises Malformed.
    """
    answers = Answers({}, {}, [], [])
    names: list[str] = []
    for line in text.split("\n"):
        fields = [_plain(field) for field in line.split("\t")]
        if fields in (_PAIRS, _TRANSACTIONS) or _REPLICA & set(fields):
            names = fields
        elif not line:
            continue
        elif len(fields) != len(names):
            raise Malformed(f"a line of the answer has {len(fields)} fields: {label(line)[:60]!r}")
        elif names == _PAIRS:
            answers.status[fields[0].lower()] = fields[1]
        elif names == _TRANSACTIONS:
            answers.transactions.update(zip(names, fields))
        else:
            answers.replicas.append(dict(zip(names, fields)))
    return answers


def objection(err: str) -> HostError:
    """Return what the client's complaint means: Denied where another login or right would help."""
    lines = [line for line in err.splitlines() if line.strip()]
    found = next((line for line in lines if _ERROR.match(line)), lines[0] if lines else "")
    number = _ERROR.match(found)
    said = label(found)[:300] or "the client ended without an answer"
    return Denied(said) if number and number[1] in _REFUSED else HostError(said)


def _plain(field: str) -> str:
    if "\\" not in field:
        return field
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), field)
