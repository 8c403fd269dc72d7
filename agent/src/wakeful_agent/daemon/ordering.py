"""Commands of the collector: judged, run aside, answered. Their ids are kept on disk before anything is done.

A command runs at most once, whatever the network, the collector or a power cut does: it is written down before it is
begun, and one that was begun when the agent ended is answered as failed, since nobody knows how far it came. One that
restarts the agent itself is marked so before it is begun: that the agent begins again is its success.
"""

from __future__ import annotations

import threading
from collections import deque
from math import inf
from time import monotonic

from wakeful_agent import guard
from wakeful_agent.action import Outcome, check_arguments
from wakeful_agent.config.orders import NO_POLICY
from wakeful_agent.daemon.ledger import RUNNING, Ledger
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.action import Action
    from wakeful_agent.config.orders import Policy
    from wakeful_agent.host.files import Host
    from wakeful_agent.host.log import Log
    from wakeful_wire.answer import Command

DONE, FAILED, REFUSED, EXPIRED = "done", "failed", "refused", "expired"
AT_ONCE_MAX = 32
OF_ONE_MAX = 16
"""How many of one action run at once: those that wait for a machine to wake up never hold up the others."""
WAITING_MAX = 64
LATE_MAX = 8
"""How many commands may hang beyond their time before no more are begun."""
GRACE_SECONDS = 5.0
"""An action bounds what it starts by its own time; beyond that and this it is left to itself."""
URGENT_A_MINUTE = 30
"""How many answers to what is not run leave at once, and how many results are said again."""
REFUSALS_A_MINUTE = 256
"""How many go with the next tick; beyond, a collector that floods gets no answer at all."""
DATA_CHARACTERS_MAX = 16_384
DOUBT_SECONDS = 10.0
"""How long the failure of what was to end the agent is not believed: what the agent started may well end first."""


class Orders:
    """Takes commands and gives results; all but the running itself happens in the daemon's thread."""

    def __init__(self, path: str, host: Host, wake: Callable[[], None], log: Log, now_ms: Callable[[], int]) -> None:
        self._ledger = Ledger(path)
        self._host = host
        self._wake = wake
        self._log = log
        self._now_ms = now_ms
        self._policy = NO_POLICY
        self._actions: Mapping[str, Action] = {}
        self._waiting: list[Command] = []
        self._running: dict[str, tuple[float, Action, int]] = {}
        self._late: set[str] = set()
        self._doubted: dict[str, tuple[float, Outcome]] = {}
        self._finished: deque[tuple[str, Outcome]] = deque()
        self._results: list[dict[str, Any]] = []
        self._urgent = False
        self._refused: deque[float] = deque(maxlen=REFUSALS_A_MINUTE)

    def configure(self, policy: Policy, actions: Mapping[str, Action]) -> None:
        """Take what the machine's file permits now, and the actions that can be done."""
        self._policy, self._actions = policy, actions

    def restore(self) -> None:
        """Take up what was written down before a restart; what was begun then is answered."""
        now_ms = self._now_ms()
        problem = self._ledger.restore(now_ms)
        if problem:
            self._log.say("error", f"commands: {problem}; ids from before this start are not known")
        for command in self._ledger.running():
            if self._ledger.ends_agent(command):
                self._end(command, DONE, "the agent ended while it ran, as it was to, and has begun again", {})
            else:
                self._end(command, FAILED, "the agent was stopped while it ran; how far it came is not known", {})
        self._results = self._ledger.untold()
        self._urgent = bool(self._results)

    def take(self, commands: Sequence[Command]) -> None:
        """Judge commands and begin those that may run."""
        times_ms = self._ledger.times_ms()
        for command in commands:
            known = self._ledger.state(command.id)
            if known is None:
                self._take(command, times_ms)
            elif known != RUNNING and self._said_lately() < URGENT_A_MINUTE:
                self._say(self._ledger.result(command.id))
        self._begin()

    def news(self) -> tuple[list[dict[str, Any]], bool]:
        """Return the results that came since the last time, and whether they should leave at once."""
        self._take_finished()
        now = monotonic()
        for command_id, (until, outcome) in list(self._doubted.items()):
            if now >= until:
                del self._doubted[command_id]
                self._ended(command_id, FAILED, outcome)
        for command_id, (deadline, action, _) in list(self._running.items()):
            if now >= deadline and command_id not in self._doubted:
                self._late.add(command_id)
                said = f"{action.name} did not end within {action.timeout_seconds:g} s and was left to itself"
                self._ended(command_id, FAILED, Outcome(False, said))
        self._begin()
        results, self._results = self._results, []
        urgent, self._urgent = self._urgent, False
        self._ledger.told(result["command"] for result in results)
        return results, urgent and bool(results)

    def due_seconds(self) -> float:
        """Return when the next command's time is over; infinity while none runs."""
        running = [deadline for command, (deadline, _, _) in self._running.items() if command not in self._doubted]
        return max(0.0, min([inf, *running, *(until for until, _ in self._doubted.values())]) - monotonic())

    def close(self) -> None:
        """End the programs that run; what they were asked for is answered after the next start."""
        self._take_finished()
        self._waiting.clear()
        self._host.stop_programs()
        self._ledger.save()

    def _take_finished(self) -> None:
        while self._finished:
            command_id, outcome = self._finished.popleft()
            if command_id in self._late:
                self._late.discard(command_id)
            elif not outcome.done and self._ledger.ends_agent(command_id):
                self._doubted[command_id] = (monotonic() + DOUBT_SECONDS, outcome)
            else:
                self._ended(command_id, DONE if outcome.done else FAILED, outcome)

    def _take(self, command: Command, times_ms: list[int]) -> None:
        now_ms = self._now_ms()
        seen = guard.Seen((), times_ms)
        try:
            reason = guard.judge(command, self._actions, self._policy, seen, now_ms)
        except Exception as error:  # a stranger's words never end the daemon, whatever they are
            reason = f"it cannot be judged: {type(error).__name__}"
        if not reason and (len(self._waiting) >= WAITING_MAX or len(self._late) >= LATE_MAX):
            reason = "too many commands wait or hang on this machine"
        if not reason:
            problem = self._ledger.begin(command.id, command.expires_ms, now_ms)
            reason = f"it could not be written down, so it is not run: {problem}" if problem else ""
        if reason:
            self._refuse(command, reason)
            return
        times_ms.append(now_ms)
        if self._policy.dry_run:
            action = self._actions[command.action]
            plan = action.plan(check_arguments(action.parameters, command.arguments)[0])
            self._end(command.id, DONE, f"dry run, nothing was done: {plan}", {"dry_run": True})
        else:
            self._waiting.append(command)

    def _begin(self) -> None:
        while len(self._running) < AT_ONCE_MAX:
            command = next((one for one in self._waiting if self._count(one.action) < OF_ONE_MAX), None)
            if command is None:
                return
            self._waiting.remove(command)
            now_ms = self._now_ms()
            action = self._actions.get(command.action)
            permitted = action is not None and command.action in self._policy.allow
            if action is None or not permitted or check_arguments(action.parameters, command.arguments)[1]:
                self._end(command.id, REFUSED, "agent.toml no longer permits it", {})
            elif guard.expired(command, now_ms):
                self._end(command.id, EXPIRED, "it expired while it waited for others", {})
            else:
                self._start(command, action, now_ms)

    def _count(self, name: str) -> int:
        return sum(1 for _, action, _ in self._running.values() if action.name == name)

    def _start(self, command: Command, action: Action, now_ms: int) -> None:
        arguments = check_arguments(action.parameters, command.arguments)[0]
        self._running[command.id] = (monotonic() + action.timeout_seconds + GRACE_SECONDS, action, now_ms)
        if action.ends_agent(self._host, arguments):
            self._ledger.expect_end(command.id)
        self._log.say("info", f"command {label(command.id, 64)}: {action.name} begins")
        try:
            threading.Thread(
                target=self._run, args=(command.id, action, arguments, now_ms), name="command", daemon=True
            ).start()
        except RuntimeError as error:
            self._ended(command.id, FAILED, Outcome(False, f"no thread could be started: {error}"))

    def _run(self, command_id: str, action: Action, arguments: Mapping[str, Any], now_ms: int) -> None:
        try:
            outcome = action.run(self._host, arguments, now_ms)
        except HostError as error:
            outcome = Outcome(False, f"{action.name}: {error}")
        except Exception as error:  # an action that fails in its own way must not end the thread without an answer
            outcome = Outcome(False, f"{action.name} failed: {type(error).__name__}: {error}")
        self._finished.append((command_id, outcome))
        self._wake()

    def _ended(self, command_id: str, state: str, outcome: Outcome) -> None:
        _, _, begun_ms = self._running.pop(command_id)
        rehearsed = {"dry_run": True} if outcome.data.get("dry_run") is True else {}
        more = {"data": _bounded(outcome.data), "started_ms": begun_ms, **rehearsed}
        self._end(command_id, state, outcome.summary, more)

    def _end(self, command_id: str, state: str, summary: str, more: Mapping[str, Any]) -> None:
        """Write down how a command ended, and let it be told at once."""
        data = {"summary": label(summary, 1000), **more, "ended_ms": self._now_ms()}
        result = {"command": command_id, "state": state, "data": data}
        self._ledger.end(command_id, result)
        self._results.append(result)
        self._urgent = True
        said = f"command {label(command_id, 64)}: {state}: {data['summary']}"
        self._log.say("info" if state == DONE else "warning", said)

    def _refuse(self, command: Command, reason: str) -> None:
        state = EXPIRED if guard.expired(command, self._now_ms()) else REFUSED
        summary = label(reason, 1000)
        self._say({"command": command.id, "state": state, "data": {"summary": summary, "reason": summary}})

    def _say(self, result: dict[str, Any]) -> None:
        """Answer what is not run: at once, unless there are too many of them."""
        said = self._said_lately()
        if said >= REFUSALS_A_MINUTE:
            return
        self._refused.append(monotonic())
        self._results.append(result)
        if said < URGENT_A_MINUTE:
            self._urgent = True
            if result["state"] == REFUSED:
                self._log.say("warning", f"a command is refused: {result['data']['summary']}")

    def _said_lately(self) -> int:
        since = monotonic() - 60
        return sum(1 for time in self._refused if time > since)


def _bounded(data: Mapping[str, Any]) -> Any:
    """Return what an action tells beside its sentence, if it is not too much and nothing that JSON cannot hold."""
    import json

    try:
        text = json.dumps(data, allow_nan=False)
    except (TypeError, ValueError):
        return {"left_out": "it could not be told"}
    return json.loads(text) if len(text) <= DATA_CHARACTERS_MAX else {"left_out": f"{len(text)} characters"}
