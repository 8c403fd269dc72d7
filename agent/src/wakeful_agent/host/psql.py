"""Asking PostgreSQL through its own client: the questions, how it is called, and what its complaints mean.

Every answer is one line of JSON that the server itself writes, so that no name in a database can look like anything
else. Nothing secret is an argument: passwords are psql's own matter, in a passfile. PostgreSQL 10 or later.
"""

from __future__ import annotations

import json
import re

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.host.files import Host

ANSWER_BYTES_MAX = 4 * 1024 * 1024
ROWS_MAX = 100
"""So many databases, standbys and slots are asked for at most."""

# psql puts its own variables in, which start with a colon. The path of names is fixed, because what users of the
# database created must never be what is called here.
_SET = """\\set wakeful_ms {ms}
\\set wakeful_most {most}
\\set wakeful_here 'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END'
\\set wakeful_reads_stats 'pg_has_role(oid, ''USAGE'') AND rolname = ''pg_read_all_stats'' '
SELECT current_setting('server_version_num')::int >= 170000 AS wakeful_v17 \\gset
"""
_BEGIN = """BEGIN READ ONLY;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL statement_timeout = :wakeful_ms;
"""
_QUESTIONS = """SELECT jsonb_build_object('server', jsonb_build_object(
  'version', current_setting('server_version'), 'role', current_user, 'recovery', pg_is_in_recovery(),
  'uptime', extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()),
  'max_connections', current_setting('max_connections')::int,
  'sees_all', EXISTS (SELECT FROM pg_roles WHERE :wakeful_reads_stats),
  'databases', (SELECT count(*) FROM pg_database WHERE NOT datistemplate),
  'oldest', (SELECT max(age(datfrozenxid)) FROM pg_database)));
SELECT jsonb_build_object('databases', (SELECT jsonb_agg(to_jsonb(t)) FROM (
  SELECT s.*, age(d.datfrozenxid) AS age FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid
  WHERE NOT d.datistemplate ORDER BY s.xact_commit + s.xact_rollback DESC, d.oid LIMIT :wakeful_most) t));
SELECT jsonb_build_object('activity', (SELECT jsonb_agg(to_jsonb(t)) FROM (
  SELECT state, count(*) AS count, count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
    extract(epoch FROM clock_timestamp() - min(xact_start)) AS transaction,
    extract(epoch FROM clock_timestamp() - min(query_start)) AS query
  FROM pg_stat_activity WHERE coalesce(backend_type, 'client backend') = 'client backend' AND pid <> pg_backend_pid()
  GROUP BY state) t));
SELECT jsonb_build_object('locks', (SELECT jsonb_agg(to_jsonb(t)) FROM (
  SELECT mode, granted, count(*) AS count FROM pg_locks WHERE pid IS DISTINCT FROM pg_backend_pid()
  GROUP BY mode, granted) t));
SELECT jsonb_build_object('replicas', (SELECT jsonb_agg(to_jsonb(t)) FROM (
  SELECT application_name AS name, extract(epoch FROM write_lag) AS write, extract(epoch FROM flush_lag) AS flush,
    extract(epoch FROM replay_lag) AS replay, pg_wal_lsn_diff(:wakeful_here, replay_lsn) AS behind
  FROM pg_stat_replication ORDER BY application_name LIMIT :wakeful_most) t));
SELECT jsonb_build_object('slots', (SELECT jsonb_agg(to_jsonb(t)) FROM (
  SELECT slot_name AS name, active, pg_wal_lsn_diff(:wakeful_here, restart_lsn) AS retained
  FROM pg_replication_slots ORDER BY slot_name LIMIT :wakeful_most) t));
SELECT jsonb_build_object('standby', (SELECT jsonb_build_object('delay',
  CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END,
  'receiver', (SELECT status FROM pg_stat_wal_receiver)) WHERE pg_is_in_recovery()));
SELECT jsonb_build_object('archiver', (SELECT to_jsonb(a) FROM pg_stat_archiver a));
SELECT jsonb_build_object('writer', (SELECT to_jsonb(b) FROM pg_stat_bgwriter b));
\\if :wakeful_v17
SELECT jsonb_build_object('checkpointer', (SELECT to_jsonb(c) FROM pg_stat_checkpointer c));
\\endif
COMMIT;
"""
_SIZES = """SELECT jsonb_build_object('sizes', (SELECT jsonb_object_agg(d.datname, pg_database_size(d.oid))
  FROM pg_database d WHERE NOT d.datistemplate AND (
    has_database_privilege(d.oid, 'CONNECT') OR EXISTS (SELECT FROM pg_roles WHERE :wakeful_reads_stats))));
COMMIT;
"""

_REFUSED = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|pg_hba\.conf rejects|not permitted to log in"
    r'|role ".*" does not exist|permission denied|has group or world access|SASL authentication',
    re.IGNORECASE,
)


def script(seconds: int, sizes: bool) -> str:
    """Return what psql is given to do; sizes are asked last and apart, because they read every database's folder."""
    asked = _SET.format(ms=max(1, seconds) * 1000, most=ROWS_MAX) + _BEGIN + _QUESTIONS
    return asked + _BEGIN + _SIZES if sizes else asked


def conninfo(parts: Mapping[str, str]) -> str:
    """Return a connection string of libpq, each part quoted; source: PostgreSQL, libpq, connection strings."""
    quoted = {name: part.replace("\\", "\\\\").replace("'", "\\'") for name, part in parts.items() if part}
    return " ".join(f"{name}='{part}'" for name, part in quoted.items())


def ask(
    host: Host, parts: Mapping[str, str], environment: Mapping[str, str], timeout_seconds: float, sizes: bool = True
) -> dict[str, Any]:
    """Return the answers by section.

    Raises Absent (no psql), Denied (the server wants another login), Late, Malformed, HostError.
    """
    seconds = int(timeout_seconds)
    told = {**parts, "application_name": "wakeful", "connect_timeout": str(max(2, seconds))}
    argv: Sequence[str] = ("psql", "-X", "-A", "-t", "-q", "-w", "-d", conninfo(told), "-f", "-")
    given = script(seconds, sizes).encode("ascii")
    output = host.run(argv, timeout_seconds, ANSWER_BYTES_MAX, given, environment)
    if output.code:
        raise objection(output.err)
    answers = parse_answers(output.out)
    if "server" not in answers:
        raise objection(output.err)
    return answers


def parse_answers(text: str) -> dict[str, Any]:
    """Return the sections of the answer, each a line of JSON; raise Malformed."""
    answers: dict[str, Any] = {}
    for line in filter(None, text.split("\n")):  # not splitlines: a database's name may hold U+2028
        try:
            section = json.loads(line)
        except (ValueError, RecursionError):
            section = None
        if not isinstance(section, dict):
            raise Malformed(f"psql: a line of the answer is no JSON object: {label(line)[:60]!r}")
        answers.update(section)
    return answers


def objection(err: str) -> HostError:
    """Return what psql's complaint means: Denied where another login or right would help."""
    first = next((line for line in err.splitlines() if line.strip() and not line.startswith("WARNING")), "")
    said = label(first.strip().replace("psql: error: ", "").replace("psql: ", ""))[:300]
    if _REFUSED.search(err):
        return Denied(said)
    return HostError(said or "psql ended without an answer")
