"""The push door behind HTTP: authenticate, bound, read, keep, answer. Knows no web framework."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wakeful_collector.ingest import answers, inflating, reading, shared_links
from wakeful_collector.ingest.accepting import Acceptance
from wakeful_collector.ingest.allowances import Allowances
from wakeful_collector.ingest.committer import Committer
from wakeful_collector.ingest.complaints import Complaints
from wakeful_collector.ingest.holding import Holding
from wakeful_collector.ingest.identities import TOKEN_BYTES_MAX, Identities
from wakeful_collector.ingest.intake import Intake, intake
from wakeful_collector.ingest.rates import Rates
from wakeful_collector.ingest.tally import Tally
from wakeful_collector.model.store_errors import StoreBusy, StoreError
from wakeful_collector.store import database, inventories, room, samples
from wakeful_collector.store.agents import config_hash
from wakeful_wire import limits
from wakeful_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wakeful_collector.ingest.answers import Reply
    from wakeful_collector.store.agents import Agent

PUSHES_PER_SECOND = 40.0
PUSHES_BURST = 1_000.0
_WIDTHS_MAX = 20_000
DURABLE_SECONDS_MAX = 60
_SAID_ELSEWHERE = {"unknown_schema", "store_full", "store_busy", "store_unavailable"}


class Door:
    """Takes pushes into the store of a data folder; one for each process, shared by its threads."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.tally = Tally()
        self.identities = Identities(data)
        self.complaints = Complaints()
        self.pushes = Rates(PUSHES_PER_SECOND, PUSHES_BURST)
        self.allowances = Allowances()
        self._widths: dict[str, int] = {}
        room.prepare(data)
        self._acceptance = Acceptance(data, self.tally)
        self._committer = Committer(self._acceptance.accept)
        self._holding = Holding(data)

    def authenticate(self, authorization: str, now_ms: int) -> Agent | Reply:
        """Return who pushes, or the refusal (401, 429, 503); `authorization` is the header as it came."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        try:
            known = scheme.lower() == "bearer" and 0 < len(token) <= TOKEN_BYTES_MAX
            agent = self.identities.by_token(token) if known else None
        except StoreError as error:
            self.complaints.say("everybody", "store", str(error), now_ms)
            return self._turned_away("somebody", answers.unable(error), "", now_ms)
        if agent is None:
            reply = answers.refused(WireError("unknown_token", "the token is missing, not known, or was revoked", 401))
            return self._turned_away("somebody", reply, "unknown or missing token", now_ms)
        wait_seconds = self.pushes.wait_seconds(agent.key, now_ms)
        if wait_seconds:
            reply = answers.again(429, "too_often", "this agent pushes too often; come again later", wait_seconds)
            return self._turned_away(agent.id, reply, "pushes too often", now_ms)
        return agent

    def admit(
        self,
        agent: Agent,
        body: bytes,
        encoding: str,
        now_ms: int,
        settled: Callable[[Intake], object],
        most: int = limits.INFLATED_BYTES_MAX,
        by_thread: bool = False,
    ) -> Intake | Reply:
        """Return the push ready to be committed, or the refusal; `encoding` is the Content-Encoding header.

        `by_thread` says that a thread waits for `settled`: few such answers are held back for commands.
        """
        try:
            content = body if encoding in {"", "identity"} else _unpacked(body, encoding, most)
            excess = self.allowances.too_much(agent.key, len(content), now_ms)
            if excess is None:
                read = reading.read_push(content, self._width_of, now_ms)
                excess = self.allowances.excess(agent.key, read, now_ms)
            if excess is not None:
                return self._turned_away(agent.id, answers.again(429, *excess), excess.message, now_ms)
            read = shared_links.guarded(self.data, read, content)
            taken = intake(agent, read, len(body), now_ms, self._holding.between(settled, by_thread))
            taken.wants = self._wants(taken)
        except WireError as error:
            return self._turned_away(agent.id, answers.refused(error), error.message, now_ms)
        except StoreError as error:
            self.complaints.say("everybody", "store", str(error), now_ms)
            return self._turned_away(agent.id, answers.unable(error), "", now_ms)
        return taken

    def submit(self, intakes: Sequence[Intake]) -> None:
        """Have pushes committed; each one's `settled` is called when `reply` can tell its answer."""
        try:
            self._committer.submit(intakes)
        except StoreBusy as error:
            for taken in intakes:
                taken.error = error
                taken.settled(taken)

    def reply(self, taken: Intake) -> Reply:
        """Return the answer to a push that was settled."""
        sequence, verdict = taken.reading.sequence, taken.verdict
        if taken.error is not None:
            reply = answers.unable(taken.error)
            return self._turned_away(taken.agent.id, reply, str(taken.error), taken.now_ms)
        if verdict is samples.Verdict.NEW:
            self.tally.add("pushes.accepted")
            self.tally.add("samples", sum(len(values) for _, values in taken.reading.ticks))
            self.tally.add("bytes_packed", taken.packed_bytes)
        elif verdict is samples.Verdict.KNOWN:
            self.tally.add("pushes.duplicate")
        else:
            return self._not_kept(taken)
        return answers.accepted(sequence, taken.agent, _in_force(taken), taken.wants, taken.now_ms, taken.handed)

    def take(self, agent: Agent, body: bytes, encoding: str, now_ms: int) -> Reply:
        """Take one push and return its answer when it is durable or refused."""
        durable = threading.Lock()
        durable.acquire()
        taken = self.admit(agent, body, encoding, now_ms, lambda _: durable.release(), by_thread=True)
        if not isinstance(taken, Intake):
            return taken
        self.submit((taken,))
        if not durable.acquire(timeout=DURABLE_SECONDS_MAX):
            return self._turned_away(
                agent.id, answers.unable(StoreBusy("the store took too long")), "slow store", now_ms
            )
        return self.reply(taken)

    def close(self) -> None:
        """Answer what is held back, commit what is waiting and close the store."""
        self._holding.close()
        self._committer.stop()
        self._acceptance.close()

    def refuse(self, who: str, error: WireError, now_ms: int) -> Reply:
        """Return the refusal of something that never was a push, counted and logged once."""
        return self._turned_away(who, answers.refused(error), error.message, now_ms)

    def _width_of(self, schema: str) -> int | None:
        width = self._widths.get(schema)
        if width is None:
            with database.translated():
                width = samples.schema_width(database.reader(self.data, "samples"), schema)
            if width is not None:
                if len(self._widths) >= _WIDTHS_MAX:
                    self._widths.clear()
                self._widths[schema] = width
        return width

    def _wants(self, taken: Intake) -> list[str]:
        """Return what the collector lacks of a host, after a restore for example."""
        side = taken.reading.side
        wants = []
        if not taken.agent.hello_at_ms and (side is None or side.hello is None):
            wants.append("hello")
        if side is not None and any(not one.has_body for one in side.inventories):
            with database.translated():
                held = inventories.hashes(database.reader(self.data, "state"), taken.host_key)
            lacking = (one for one in side.inventories if not one.has_body and held.get(one.name) != one.hash)
            wants += [f"inventory:{one.name}" for one in lacking]
        return wants

    def _not_kept(self, taken: Intake) -> Reply:
        who, now_ms = taken.agent.id, taken.now_ms
        if taken.verdict is samples.Verdict.CONFLICT:
            error = WireError("sequence_conflict", "this sequence of the run was pushed before with other content")
        else:
            error = reading.unknown_schema()
        return self._turned_away(who, answers.refused(error), error.message, now_ms)

    def _turned_away(self, who: str, reply: Reply, why: str, now_ms: int) -> Reply:
        self.tally.add(f"pushes.{reply.code}")
        if reply.code not in _SAID_ELSEWHERE:
            self.complaints.say(who, reply.code, why, now_ms)
        return reply


def _unpacked(body: bytes, encoding: str, most: int) -> bytes:
    if encoding != "gzip":
        raise WireError("unknown_encoding", "Content-Encoding: only gzip is understood", 400)
    return inflating.inflate(body, most)


def _in_force(taken: Intake) -> str | None:
    """Return the hash of the configuration the agent runs with, as this push or the last hello said."""
    side = taken.reading.side
    if side is None or side.hello is None:
        return taken.agent.hello_config_hash
    return config_hash(side.hello)
