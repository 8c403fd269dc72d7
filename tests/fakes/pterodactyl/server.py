"""One game server as Wings runs it: states, power lock, crash handler (section 1.6 of the facts)."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import secrets
import time
import uuid
from typing import TYPE_CHECKING, Callable, Protocol

from .turning import Turning, inside

if TYPE_CHECKING:
    from .people import User
    from .times import Times

OFFLINE, STARTING, RUNNING, STOPPING = "offline", "starting", "running", "stopping"
"""The only four (section 1.5)."""
LINES_KEPT = 150
"""`send logs` gives up to so many (websocket_log_count, seen)."""
LINE_BYTES_MOST = 65_536
FLOOD_LINES = 2000
BUSY = "another power action is currently being processed for this server, please try again later"
DONE_LINE = 'Done (1.234s)! For help, type "help"'
MIB = 1024 * 1024


class Refused(Exception):
    """Wings will not do that; a websocket is told in general words, the Panel's API not at all."""


class Busy(Refused):
    """Another power action holds the lock."""


class Viewer(Protocol):
    """One open websocket as the server sees it."""

    def send(self, event: str, *arguments: str) -> None:
        """Send an event."""

    def hang_up(self, code: int | None, reason: str) -> None:
        """Close with a code, or drop the connection when there is none."""


class Server:
    """The server. What a test may set stands first; every public method may be called from any thread."""

    def __init__(self, turning: Turning, times: Times, name: str, owner: User, node: str, state: str) -> None:
        self.turning, self.times = turning, times
        self.name, self.owner, self.node = name, owner, node
        self.uuid = str(uuid.uuid4())
        self.number = int(self.uuid[:6], 16)
        self.subusers: dict[str, tuple[User, list[str]]] = {}
        self.app_name = "Pterodactyl"

        self.crash_detection = True
        self.detect_clean_exit = True
        """An exit with code 0 is a crash too: the default of Wings."""
        self.boots_for_ever = False
        """Its done line never matches: it stays `starting` though it works (seen)."""
        self.hangs_on_stop = False
        self.start_failures = 0
        self.lost_powers = 0
        """So many power actions are taken and come to nothing."""
        self.dies_after_seconds: float | None = None
        self.disk_limit_mib, self.disk_bytes = 0, 5 * MIB
        self.memory_limit_mib, self.memory_bytes = 1024, 100 * MIB
        self.stop_command = "stop"

        self.press: Callable[[Server, str, User], None] = lambda *_: None
        self.state = OFFLINE
        self.suspended = self.transferring = self.maintenance = False
        self.drops_suspended = True
        """Whether its Wings knows of being suspended: not the old ones."""
        self.status: str | None = None
        """What the Panel calls its status: None, installing, install_failed, restoring_backup ..."""
        self.deleted = False
        self.starts = 0
        self.powers: list[tuple[float, str, str]] = []
        """When (monotonic), what, and through whom: `socket`, `panel` or `wings` itself."""
        self.commands: list[str] = []
        self.states: list[tuple[float, str]] = []
        self.viewers: list[Viewer] = []
        self.history: collections.deque[str] = collections.deque(maxlen=LINES_KEPT)
        self.began = 0.0
        self._lock = turning.run(asyncio.Lock)
        self._process = 0
        self._last_crash: float | None = None
        self._flood = (0.0, 0)
        if state != OFFLINE:
            self.turning.run(self._run_already)

    @property
    def short(self) -> str:
        """The 8 characters that the Panel's addresses use."""
        return self.uuid[:8]

    @property
    def attached(self) -> bool:
        """Whether a process is there."""
        return self._process > 0

    # What a test does to it.

    @inside
    def crash(self, exit_code: int = 1, oom: bool = False) -> None:
        """End the process by itself."""
        self._exit(exit_code, oom)

    @inside
    def vanish(self) -> None:
        """End the process while Wings is away, so that nobody sees it: at its next start the server is offline."""
        self._end_process()

    @inside
    def say(self, line: str) -> None:
        """Print a line on its console; a flood is cut and said once (section 1.5, console output throttle)."""
        began, count = self._flood
        now = time.monotonic()
        if now - began >= self.times.flood_seconds:
            began, count = now, 0
        self._flood = began, count + 1
        if count < FLOOD_LINES:
            self._print(line)
        elif count == FLOOD_LINES:
            self._daemon_says("Server is outputting console data too quickly -- throttling...")

    @inside
    def suspend(self) -> None:
        """Suspend: the Panel answers 409; open sockets are dropped without a close frame (seen)."""
        self.suspended = True
        self._end_process()
        self._to(OFFLINE)
        for viewer in list(self.viewers) if self.drops_suspended else ():
            viewer.hang_up(None, "")

    @inside
    def unsuspend(self) -> None:
        """Take that back."""
        self.suspended = False

    @inside
    def install(self) -> None:
        """Begin to install anew."""
        self.status = "installing"
        self._end_process()
        self._to(OFFLINE)
        self.tell("install started", "")

    @inside
    def installed(self, failed: bool = False) -> None:
        """End the installing."""
        self.status = "install_failed" if failed else None
        self.tell("install completed", "")

    @inside
    def delete(self) -> None:
        """Delete it: 1001 to who listens (section 1.5, close codes), 404 to who asks."""
        self.deleted = True
        self._end_process()
        for viewer in list(self.viewers):
            viewer.hang_up(1001, "server deleted")

    @inside
    def hold_power(self) -> None:
        """Take the power lock, as an action of somebody else that does not end."""
        assert not self._lock.locked()
        self.turning.spawn(self._lock.acquire())

    @inside
    def release_power(self) -> None:
        """Let it go."""
        self._lock.release()

    def request_power(self, action: str, through: str = "panel") -> None:
        """Ask for a power action from outside, as the Panel's API does."""
        self.turning.run(lambda: self.turning.spawn(self.power_quietly(action, through)))

    def person(self, action: str, user: User | None = None) -> None:
        """Press a button on the Panel's page; the activity log has it when Wings sends its next batch."""
        self.press(self, action, user or self.owner)

    # What Wings does with it: called in the loop.

    async def power_quietly(self, action: str, through: str) -> None:
        """Do a power action for the Panel: waited for, and dropped without a word when it cannot be (section 1.6)."""
        with contextlib.suppress(Refused):
            await self.power(action, through, self.times.power_wait_seconds)

    async def power(self, action: str, through: str, wait_seconds: float = 0) -> None:
        """Do a power action; Busy when another holds the lock, Refused when it cannot be. kill bypasses the lock."""
        self.powers.append((time.monotonic(), action, through))
        if self.lost_powers > 0:
            self.lost_powers -= 1
            return
        if self.suspended or self.status in {"installing", "restoring_backup"} or self.transferring:
            raise Refused("server is suspended, installing, restoring or transferring")
        if action == "kill":
            self._kill()
            return
        if self._lock.locked() and not wait_seconds:
            raise Busy(BUSY)
        try:
            await asyncio.wait_for(self._lock.acquire(), wait_seconds or None)
        except asyncio.TimeoutError as error:
            raise Busy(BUSY) from error
        try:
            if action != "start":
                await self._stop()
            if action != "stop":
                await self._start()
        finally:
            self._lock.release()

    def order(self, line: str) -> None:
        """Type a line into the console; the egg's stop command sets `stopping` first, so that is no crash (seen)."""
        self.commands.append(line)
        if line == self.stop_command and self.state in {STARTING, RUNNING}:
            self._to(STOPPING)
            self.turning.loop.call_later(self.times.stop_seconds, self._exit_if, self._process)

    def stats(self) -> str:
        """Return the JSON text of one `stats` event."""
        running = self.attached
        return json.dumps(
            {
                "memory_bytes": self.memory_bytes if running else 0,
                "memory_limit_bytes": int(self.memory_limit_mib * MIB * 1.05),
                "cpu_absolute": 12.5 if running else 0,
                "network": {"rx_bytes": 1000, "tx_bytes": 2000} if running else {"rx_bytes": 0, "tx_bytes": 0},
                "uptime": int((time.monotonic() - self.began) * 1000) if running else 0,
                "state": self.state,
                "disk_bytes": self.disk_bytes,
            }
        )

    def tell(self, event: str, *arguments: str) -> None:
        """Send an event to every open websocket of this server."""
        for viewer in list(self.viewers):
            viewer.send(event, *arguments)

    # Its own life.

    def resume(self) -> None:
        """Wings is back: what runs is `running` directly, whatever it was before (section 1.6)."""
        self._last_crash = None
        self._lock = asyncio.Lock()
        if self.attached:
            self._to(RUNNING)
        else:
            self._to(OFFLINE)

    def _run_already(self) -> None:
        self._begin_process()
        self.state = RUNNING

    async def _start(self) -> None:
        if self.state != OFFLINE:
            raise Refused("server is already running")
        self._daemon_says("Checking server disk space usage, this could take a few seconds...")
        if self.disk_limit_mib and self.disk_bytes > self.disk_limit_mib * MIB:
            raise Refused("filesystem: not enough disk space")
        self._to(STARTING)
        self.starts += 1
        await asyncio.sleep(self.times.create_seconds)
        if self.state != STARTING:
            return
        if self.start_failures > 0:
            self.start_failures -= 1
            self._to(STOPPING)
            self._to(OFFLINE)
            raise Refused("failed to pull the image")
        self.history.clear()
        process = self._begin_process()
        self.say("Starting " + self.name)
        self.turning.loop.call_later(self.times.boot_seconds, self._booted, process)

    def _booted(self, process: int) -> None:
        if process != self._process or self.state != STARTING:
            return
        self.say("\x1b[32m" + DONE_LINE + "\x1b[0m")
        if not self.boots_for_ever:
            self._to(RUNNING)

    async def _stop(self) -> None:
        if self.state == OFFLINE:
            return
        process = self._process
        self.say("bye")  # before the status, as seen: the console travels on another channel than states do
        self._to(STOPPING)
        while self.hangs_on_stop and process == self._process:
            await asyncio.sleep(0.01)
        await asyncio.sleep(self.times.stop_seconds)
        self._exit_if(process)

    def _kill(self) -> None:
        if self.state != OFFLINE:
            self._to(STOPPING)
            self._exit(137, False)

    def _exit_if(self, process: int) -> None:
        if process == self._process and self.state == STOPPING:
            self._exit(0, False)

    def _begin_process(self) -> int:
        self._process = secrets.randbits(60) + 1
        self.began = time.monotonic()
        self.turning.spawn(self._give_stats(self._process))
        if self.dies_after_seconds is not None:
            self.turning.loop.call_later(self.dies_after_seconds, self._die, self._process)
        return self._process

    def _end_process(self) -> None:
        self._process = 0

    def _die(self, process: int) -> None:
        if process == self._process:
            self._exit(1, False)

    async def _give_stats(self, process: int) -> None:
        while process == self._process:
            self.tell("stats", self.stats())
            await asyncio.sleep(self.times.stats_seconds)

    def _exit(self, code: int, oom: bool) -> None:
        """The process is gone; without `stopping` before it that is a crash (section 1.6)."""
        crashed = self.state in {STARTING, RUNNING}
        self._end_process()
        self._to(OFFLINE)
        if crashed:
            self.turning.spawn(self._crashed(code, oom))

    async def _crashed(self, code: int, oom: bool) -> None:
        if not self.crash_detection:
            self._daemon_says("Aborting automatic restart, crash detection is disabled for this instance.")
            return
        if code == 0 and not oom and not self.detect_clean_exit:
            return
        self._daemon_says("---------- Detected server process in a crashed state! ----------")
        self._daemon_says(f"Exit code: {code}")
        self._daemon_says(f"Out of memory: {'true' if oom else 'false'}")
        now, timeout = time.monotonic(), self.times.crash_timeout_seconds
        if timeout and self._last_crash is not None and now - self._last_crash < timeout:
            words = "Aborting automatic restart, last crash occurred less than 60 seconds ago."
            self._daemon_says(words)
            return
        self._last_crash = now
        await asyncio.sleep(self.times.crash_restart_seconds)
        with contextlib.suppress(Refused):
            await self.power("start", "wings")

    def _to(self, state: str) -> None:
        if state == self.state:
            return
        self.state = state
        self.states.append((time.monotonic(), state))
        self.tell("status", state)
        if state == OFFLINE:
            self.tell("stats", self.stats())

    def _print(self, line: str) -> None:
        self.history.append(line[:LINE_BYTES_MOST])
        self.tell("console output", line[:LINE_BYTES_MOST])

    def _daemon_says(self, words: str) -> None:
        self._print(f"\x1b[33m\x1b[1m[{self.app_name} Daemon]:\x1b[39m {words}\x1b[0m")
