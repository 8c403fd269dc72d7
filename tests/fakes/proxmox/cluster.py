"""The tests' side of the child process: clusters that are opened, furnished, broken, and asked what they were asked."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USER = "root@pam"
PASSWORD = "correct horse 7f3a"
TOKEN = "root@pam!wakeful"
SECRET = "0a1b2c3d-0000-4000-8000-00000000beef"
PATIENCE_SECONDS = 60.0
SERVING = Path(__file__).with_name("serving.py")
AUDITOR = (
    "Sys.Audit",
    "VM.Audit",
    "Datastore.Audit",
    "Pool.Audit",
    "SDN.Audit",
    "Mapping.Audit",
    "VM.GuestAgent.Audit",
)
"""What the role PVEAuditor may."""


class Request(NamedTuple):
    """One request that the cluster was sent."""

    method: str
    path: str
    query: dict[str, Any]
    form: dict[str, Any]


class FakeCluster:
    """One cluster. `token`s and the password of `USER` sign in; `ca` and `fingerprint` are what a client may trust."""

    def __init__(
        self, clusters: FakeClusters, number: int, address: str, port: int, authority: Authority, shown: Any
    ) -> None:
        self.clusters = clusters
        self.number = number
        self.address, self.port = address, port
        self.authority = authority
        self.shown = shown
        self.user, self.password = USER, PASSWORD
        self.token_id, self.secret = TOKEN, SECRET
        self.token(TOKEN, SECRET)

    @property
    def host(self) -> str:
        """The `host:port` to connect to."""
        return f"{self.address}:{self.port}"

    @property
    def ca(self) -> str:
        return self.authority.ca

    @property
    def fingerprint(self) -> str:
        return str(self.shown.fingerprint)

    # ------------------------------------------------------------------ furnishing

    def token(self, name: str, secret: str = SECRET) -> str:
        """Make a token as `user@realm!id`; without `grant`s everybody may do everything."""
        self.merge("apitokens", {name: secret})
        return name

    def grant(self, who: str, path: str, *privileges: str) -> None:
        """Give a user or token (other than root's) privileges; from the first on, nobody else has any."""
        self.call("grant", who, path, *privileges)

    def vm(self, vmid: int, name: str, **more: Any) -> None:
        """Add a virtual machine: node, status, config, tags in config, template, lock, pool."""
        self.call("add_vm", vmid, name, **more)

    def ct(self, vmid: int, name: str, **more: Any) -> None:
        """Add a container."""
        self.call("add_ct", vmid, name, **more)

    def forget(self, vmid: int) -> None:
        """Take a guest away, as if somebody had destroyed it."""
        self._order("forget", vmid)

    def node(self, name: str, online: bool = True) -> None:
        """Add a node (the first, `pve1`, is there)."""
        self.call("add_node", name, online)

    def storage(self, name: str, **options: Any) -> None:
        """Add a storage, or change one: type, content, active, avail, shared."""
        self._order("storage", name, options)

    def answer(self, what: str, data: Any) -> None:
        """Answer `GET /cluster/backup` (with its query, where that matters) with this until `unanswer`."""
        self._order("answer", what, [data])

    def unanswer(self, what: str) -> None:
        self._order("answer", what, [])

    # ------------------------------------------------------------------ breaking

    def fail(self, method: str, path: str, status: int = 0, message: str = "", **more: Any) -> None:
        """Answer a path's end with an error: `status` and `message`, or `error="name"` of PVE's; `times=1` for once."""
        plain = {} if "error" in more else {"status": status, "message": message}
        self.call("fail", method, path, **plain, **more)

    def mend(self) -> None:
        """Take back every `fail`."""
        self.put("failures", {})

    def offline(self, node: str, offline: bool = True) -> None:
        """Take a node off (595 for whatever it is asked), or bring it back."""
        self.call("set_node_offline", node, offline)

    def quorum(self, has: bool) -> None:
        """Lose the quorum, or have it again."""
        self.call("regain_quorum" if has else "lose_quorum")

    def flaky(self, drop_rate: float = 0.0, hang_rate: float = 0.0, hang_secs: float = 0.0) -> None:
        """Drop (reset) or hang a share of the requests."""
        self.call("flaky_network", drop_rate, hang_rate, hang_secs, seed=7)

    def pace(self, time_scale: float) -> None:
        """Say how many real seconds one of PVE's takes: with 0 (at first) tasks end before they are answered."""
        self.put("time_scale", time_scale)

    def version(self, version: str) -> None:
        """Be another version: before 9, errors are in the reason phrase alone."""
        self.put("version", version)
        self.put("release_version", ".".join(version.split(".")[:2]))

    def renew(self, *names: str, days_left: int = 60, authority: Authority | None = None) -> str:
        """Show another certificate from the next connection on; return its fingerprint."""
        self.shown = (authority or self.authority).issue(*(names or NAMES), days_left=days_left)
        self._order("show", str(self.shown.file))
        return self.fingerprint

    def stop(self) -> None:
        """Stop listening: connections are refused."""
        self._order("close")

    def start(self) -> None:
        """Listen again, on the same port."""
        self._order("listen", str(self.shown.file))

    # ------------------------------------------------------------------ looking

    def requests(self, since: int = 0) -> list[Request]:
        """Return what was asked, in order; `since` is how many to leave out."""
        return [Request(**one) for one in self._order("requests", since)]

    def writes(self, since: int = 0) -> list[Request]:
        """Return what was asked that changes something: all but reading and signing in."""
        asked = self.requests(since)
        return [one for one in asked if one.method != "GET" and one.path != "/access/ticket"]

    # ------------------------------------------------------------------ fakepve's own

    def call(self, name: str, *words: Any, guest: int = 0, **named: Any) -> Any:
        """Call a method of fakepve's FakePve, or of its guest."""
        return self._order("call", guest, name, words, named)

    def put(self, name: str, value: Any, guest: int = 0) -> None:
        """Set an attribute: `put("shutdown_secs", 90, guest=100)`."""
        self._order("put", guest, name, value)

    def merge(self, name: str, value: dict[str, Any], guest: int = 0) -> None:
        """Put values into a map (`config`, `stats`, `snapshots`); None takes one out."""
        self._order("merge", guest, name, value)

    def get(self, name: str, guest: int = 0) -> Any:
        """Return an attribute: `get("config", guest=100)`."""
        return self._order("get", guest, name)

    def close(self) -> None:
        """Stop listening, for good."""
        self._order("close")

    def _order(self, name: str, *words: Any) -> Any:
        return self.clusters.order(name, self.number, *words)


NAMES = ("pve1", "localhost", "127.0.0.1")


class FakeClusters:
    """The child process; it ends with its standard input, so that no killed test leaves one behind."""

    def __init__(self, folder: Path, begin: Callable[..., subprocess.Popen[str]] = subprocess.Popen) -> None:
        """`begin` starts the process: as `subprocess.Popen` does, here or on another machine."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.authorities = 0
        self.errors = (folder / "stderr").open("w+")
        self.turn = threading.Lock()
        words = [sys.executable, str(SERVING)]
        pipe = subprocess.PIPE
        self.child = begin(words, stdin=pipe, stdout=pipe, stderr=self.errors, text=True, bufsize=1)

    def open(
        self, time_scale: float = 0.0, authority: Authority | None = None, at: tuple[str, int] = ("127.0.0.1", 0)
    ) -> FakeCluster:
        """Open one more cluster, of one node `pve1` without guests."""
        if authority is None:
            self.authorities += 1
            authority = Authority(self.folder / f"ca-{self.authorities}")
        shown = authority.issue(*dict.fromkeys((*NAMES, at[0])))
        number, port = self.order("open", USER, PASSWORD, time_scale, str(shown.file), *at)
        return FakeCluster(self, number, at[0], port, authority, shown)

    def order(self, *words: Any) -> Any:
        """Say one line and return what is answered; raise AssertionError when that is an error, or nothing."""
        with self.turn:
            stdin, stdout = self.child.stdin, self.child.stdout
            assert stdin is not None
            assert stdout is not None
            stdin.write(json.dumps([words[0], words[1:]]) + "\n")
            stdin.flush()
            ready = select.select([stdout], [], [], PATIENCE_SECONDS)[0]
            line = stdout.readline() if ready else ""
        if not line:
            self.errors.seek(0)
            raise AssertionError(f"the fake Proxmox VE did not answer {words[0]}: {self.errors.read()[-2000:]}")
        found = json.loads(line)
        assert "error" not in found, found["error"]
        return found["told"]

    def close(self) -> None:
        """End the child."""
        assert self.child.stdin is not None
        self.child.stdin.close()
        try:
            self.child.wait(PATIENCE_SECONDS)
        finally:
            self.child.kill()
            self.child.wait()
            assert self.child.stdout is not None
            self.child.stdout.close()
            self.errors.close()


@contextlib.contextmanager
def proxmox(time_scale: float = 0.0) -> Iterator[FakeCluster]:
    """Start a cluster in a process of its own; `pve.clusters.open()` opens another beside it."""
    with tempfile.TemporaryDirectory(prefix="wakeful-pve-") as folder:
        clusters = FakeClusters(Path(folder))
        try:
            yield clusters.open(time_scale)
        finally:
            clusters.close()
