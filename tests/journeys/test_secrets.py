"""Promise 3: secrets never appear in argv, logs, error texts, pages, answers, events, or the data folder.

A collector with TLS and an agent run for a while and are asked everything, rightly and wrongly. Then every byte that
they wrote or answered is searched for every secret that was used, plain and in the disguises it could wear.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import quote, urlencode

import pytest

from ..fakes.ollama import Ollama, ollama
from ..fakes.ssh_server import USER, SshServer, new_key, ssh_server

PASSWORD = "correct-horse-7-battery-staple"
WRONG_PASSWORD = "typed-too-quickly-9-elsewhere"
WRONG_KEY = "wk_key_notAKeyOfThisCollector0123456789abcd"
WRONG_TOKEN = "wk_agt_notATokenOfThisCollector0123456789ab"
SSH_PASSWORD = "open-sesame-5-said-twice"
SUDO_PASSWORD = "make-me-a-sandwich-2"
UPSTREAM_KEY = "upstream-wants-one-of-its-own"
OLDER_KEY = "thought-up-by-somebody-long-ago"
WRONG_INVITE = "wk_inv_notAnInviteOfThisCollector0123456789"


class Stage:
    """A collector and an agent in one folder, what they were told, and everything they said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.said = folder / "said"
        self.said.mkdir()
        self.secrets: dict[str, str] = {
            "password": PASSWORD,
            "wrong password": WRONG_PASSWORD,
            "wrong key": WRONG_KEY,
            "wrong token": WRONG_TOKEN,
            "wrong invite": WRONG_INVITE,
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WAKEFUL_")},
            "WAKEFUL_DATA": str(self.data),
            "WAKEFUL_LISTEN": f"127.0.0.1:{self.port}",
            "CONFIG_DIR": str(folder / "agent-config"),
            "STATE_DIR": str(folder / "agent-state"),
            "NO_COLOR": "1",
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.fingerprint = ""
        self._answers = 0

    def start(self, name: str, *words: str) -> None:
        with (self.said / f"{name}.log").open("wb") as log:
            command = [sys.executable, "-m", *words]
            started = subprocess.Popen(command, env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        self.running.append(started)

    def run(self, name: str, *words: str, said: str = "", keep: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `keep` is false for the one that may print a secret, once."""
        command = [sys.executable, "-m", *words]
        ran = subprocess.run(
            command, env=self.environment, input=said, capture_output=True, text=True, timeout=60, check=False
        )
        (self.said / f"{name}.log").write_text((ran.stdout if keep else "") + ran.stderr, encoding="utf-8")
        return ran

    def ask(
        self, method: str, path: str, body: bytes = b"", timeout_seconds: float = 20, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask the collector; the answer is searched too."""
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout_seconds, context=trusting)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        if found.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        self._answers += 1
        shown = {name: value for name, value in found.items() if name != "set-cookie"}
        (self.said / f"answer-{self._answers}.txt").write_bytes(f"{shown}\n".encode() + content)
        return answer.status, found, content

    def stop(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            process.wait(20)


def until(happens: Any, seconds: float = 30.0) -> Any:
    """Return what `happens` returns as soon as that is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            found = happens()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.1)
    pytest.fail(f"{happens.__name__} did not happen in {seconds} s")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("secrets"))
    with ollama() as server, ssh_server(tmp_path_factory.mktemp("box")) as box:
        yield from played(stage, server, box)


def played(stage: Stage, server: Ollama, box: SshServer) -> Iterator[Stage]:
    try:
        describe_a_machine(stage, server, box)
        open_collector(stage)
        join_agent(stage)
        put_to_sleep(stage, box)
        ask_rightly(stage)
        ask_wrongly(stage)
        ask_while_nothing_can_be_written(stage)
        look_at_it(stage)
        yield stage
    finally:
        stage.stop()


def describe_a_machine(stage: Stage, server: Ollama, box: SshServer) -> None:
    """Set the gateway's default machine by another service's names; its sudo repeats what it is given, and fails."""
    box.password = SSH_PASSWORD
    box.program("sudo", 'read -r password; echo "sudo: $password is wrong" >&2; exit 1')
    stage.secrets |= {
        "ssh password": SSH_PASSWORD,
        "sudo password": SUDO_PASSWORD,
        "upstream key": UPSTREAM_KEY,
        "older key": OLDER_KEY,
    }
    stage.environment |= {
        "EQUIPO_IA": "127.0.0.1",
        "OLLAMA_PORT": server.url.rpartition(":")[2],
        "SSH_USER": USER,
        "SSH_PORT": str(box.port),
        "SSH_PASS": SSH_PASSWORD,
        "SSH_SUDO_PASS": SUDO_PASSWORD,
        "API_KEYS": f"short,{OLDER_KEY}",
    }


def put_to_sleep(stage: Stage, box: SshServer) -> None:
    """Use the machine by old and new ways, let its order to sleep fail, and look at it wherever it is shown."""

    def run(operation: str, **arguments: str) -> bytes:
        headers = {"X_API_Key": stage.secrets["api key"], "Content_Type": "application/json"}
        return stage.ask("POST", f"/api/v1/operations/{operation}", json.dumps(arguments).encode(), **headers)[2]

    until(lambda: b'"state":"awake"' in run("gateway.status"))
    stage.secrets["ssh key"] = (key := new_key()).splitlines()[2]
    run("gateway.machine.change", name="default", upstream_key=UPSTREAM_KEY, ssh_key=key)
    assert b"invalid_machine" in run("gateway.machine.change", name="default", ssh_key=key[:-60])
    older = {"X_API_Key": OLDER_KEY, "Content_Type": "application/json"}
    prompt = json.dumps({"model": "gem", "prompt": "say nothing"}).encode()
    for path, body in (
        ("/gateway/arrancar", b"{}"),
        ("/gateway/ollama/generate", prompt),
        ("/ollama/api/generate", prompt),
    ):
        assert stage.ask("POST", path, body, **older)[0] == 200, path
    for path in ("/gateway/status", "/gateway/debug", "/gateway/lista_modelos", "/ollama/api/tags"):
        assert stage.ask("GET", path, **older)[0] == 200, path
    for path in ("/ollama/api/chat", "/ollama/v1/chat/completions", "/gateway/ollama/chat"):
        assert stage.ask("POST", path, prompt, Authorization=f"Bearer {WRONG_KEY}")[0] == 401, path
    assert stage.ask("POST", "/gateway/shutdown", b"{}", **older)[0] == 200
    until(lambda: b"is wrong" in run("gateway.status"))
    assert any(SUDO_PASSWORD in said for said in box.said)


def open_collector(stage: Stage) -> None:
    added = stage.run(
        "user", "wakeful_collector", "user", "add", "anna", "--scope", "admin", "--password-file", "-", said=PASSWORD
    )
    assert added.returncode == 0, added.stderr
    stage.start("serve", "wakeful_collector", "serve", "--tls", "self")
    until(lambda: stage.ask("GET", "/healthz")[0] == 200)
    key = stage.run(
        "key", "wakeful_collector", "key", "create", "--name", "test", "--scope", "admin", "--json", keep=False
    )
    stage.secrets["api key"] = json.loads(key.stdout)["key"]
    link = stage.run("signin", "wakeful_collector", "signin", "--user", "anna", "--json", keep=False)
    stage.secrets["link"] = json.loads(link.stdout)["url"].rpartition("/")[2]


def join_agent(stage: Stage) -> None:
    invited = stage.run("invite", "wakeful_collector", "invite", "--json", keep=False)
    invite = json.loads(invited.stdout)
    stage.secrets["invite"] = invite["invite"]
    words = ["enroll", invite["url"], "--fingerprint", invite["fingerprint"], "--invite-file"]
    wrong = stage.run("enroll-wrong", "wakeful_agent", *words, "-", said=WRONG_INVITE)
    assert wrong.returncode == 1, wrong.stderr
    enrolled = stage.run("enroll", "wakeful_agent", *words, "-", said=stage.secrets["invite"])
    assert enrolled.returncode == 0, enrolled.stderr
    stage.secrets["agent token"] = (stage.folder / "agent-config" / "TOKEN").read_text().strip()
    stage.secrets["agent key"] = (stage.folder / "agent-config" / "agent.key").read_text().splitlines()[1]
    stage.secrets["tls key"] = next(iter(private_keys(stage.data))).read_text().splitlines()[1]
    stage.start("agent", "wakeful_agent", "run")
    until(lambda: b'"status":"up"' in hosts(stage).replace(b" ", b""))


def private_keys(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and b"PRIVATE KEY" in file.read_bytes()]


def hosts(stage: Stage) -> bytes:
    return stage.ask("GET", "/api/v1/hosts", X_API_Key=stage.secrets["api key"])[2]


def ask_rightly(stage: Stage) -> None:
    status, headers, _ = stage.ask("GET", f"/sign-in/link/{stage.secrets['link']}")
    assert status == 303
    cookie = re.search(r"([A-Za-z_-]+)=([^;]+)", headers["set-cookie"])
    assert cookie is not None
    stage.secrets["session"] = cookie[2]
    [host] = json.loads(hosts(stage))["hosts"]
    api = f"/api/v1/hosts/{host['id']}"
    paths = ["/api/v1/hosts", api, f"{api}/series?name=agent.*", f"{api}/inventories", f"{api}/events"]
    paths += ["/api/v1/audit", "/api/v1/events", "/metrics", "/readyz", "/api/v1/openapi.json"]
    for path in paths:
        assert stage.ask("GET", path, Authorization=f"Bearer {stage.secrets['api key']}")[0] in {200, 404}, path
    for path in (
        "/",
        f"/hosts/{host['id']}",
        f"/hosts/{host['id']}/watches",
        "/timeline",
        "/integrations/ollama",
        "/integrations/ollama/default",
        "/account",
        "/settings",
        "/events",
        "/nowhere",
    ):
        status, _, page = stage.ask("GET", path, Cookie=f"{cookie[1]}={cookie[2]}")
        assert status in {200, 303, 404}, path
        assert b"Traceback" not in page


def ask_wrongly(stage: Stage) -> None:
    push = {"Content_Type": "application/json", "Content_Encoding": "gzip"}
    good = f"Bearer {stage.secrets['agent token']}"
    assert stage.ask("POST", "/api/v1/push", b"{}", Authorization=f"Bearer {WRONG_TOKEN}", **push)[0] == 401
    assert stage.ask("POST", "/api/v1/push", b"not gzip", Authorization=good, **push)[0] == 400
    document = json.dumps({"wire": 1, "run": stage.secrets["agent token"], "token": stage.secrets["invite"]})
    assert stage.ask("POST", "/api/v1/push", gzip.compress(document.encode()), Authorization=good, **push)[0] == 422
    for headers in ({"X_API_Key": WRONG_KEY}, {"Authorization": f"Bearer {WRONG_KEY}"}, {"Authorization": good}):
        assert stage.ask("GET", "/api/v1/hosts", **headers)[0] == 401
    form = urlencode({"name": "anna", "password": WRONG_PASSWORD}).encode()
    origin = f"https://127.0.0.1:{stage.port}"
    status, _, _ = stage.ask(
        "POST", "/sign-in", form, Content_Type="application/x-www-form-urlencoded", Origin=origin, Referer=origin
    )
    assert status in {400, 403, 429}
    assert stage.ask("GET", f"/sign-in/link/{stage.secrets['link']}")[0] == 403
    spent = {"invite": stage.secrets["invite"], "name": "x", "version": "1", "public_key": "a" * 43 + "="}
    status, _, _ = stage.ask("POST", "/api/v1/enroll", json.dumps(spent).encode(), Content_Type="application/json")
    assert status == 403
    assert stage.ask("GET", "/api/v1/hosts?key=" + WRONG_KEY)[0] == 401


def ask_while_nothing_can_be_written(stage: Stage) -> None:
    """A link that could not be spent stays good: its failure must not tell it to whoever reads the log."""
    made = stage.run("signin-2", "wakeful_collector", "signin", "--user", "anna", "--json", keep=False)
    stage.secrets["unspent link"] = json.loads(made.stdout)["url"].rpartition("/")[2]
    writer = sqlite3.connect(stage.data / "state.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert stage.ask("GET", f"/sign-in/link/{stage.secrets['unspent link']}", timeout_seconds=60)[0] == 503
    finally:
        writer.execute("ROLLBACK")
        writer.close()


def look_at_it(stage: Stage) -> None:
    for name, *words in (
        ("doctor", "wakeful_collector", "doctor"),
        ("keys", "wakeful_collector", "key", "list", "--json"),
        ("users", "wakeful_collector", "user", "list", "--json"),
        ("check-config", "wakeful_collector", "check-config"),
        ("backup", "wakeful_collector", "backup", str(stage.folder / "backup.file")),
        ("agent-doctor", "wakeful_agent", "doctor", "--json"),
        ("agent-config-shown", "wakeful_agent", "show-config", "--json"),
        ("agent-once", "wakeful_agent", "once"),
        ("agent-probe", "wakeful_agent", "probe", "--json"),
    ):
        ran = stage.run(name, *words)
        assert "Traceback" not in ran.stderr, ran.stderr
    assert (stage.folder / "backup.file").exists()


def disguises(secret: str) -> set[bytes]:
    plain = secret.encode()
    bare = secret.split("_", 2)[-1].encode()
    forms = {plain, bare, plain.hex().encode(), quote(secret, safe="").encode(), repr(secret)[1:-1].encode()}
    return forms | {base64.b64encode(plain).rstrip(b"="), base64.urlsafe_b64encode(plain).rstrip(b"=")}


OWN_PLACE = {"agent token": "agent-config/TOKEN", "agent key": "agent-config/agent.key"}
"""The one file in which each secret may stand, readable for its owner only."""


def test_no_secret_is_written_or_said_anywhere(stage: Stage) -> None:
    assert len(stage.secrets) == 18
    assert all(len(secret) >= 20 for secret in stage.secrets.values())
    files = [file for file in stage.folder.rglob("*") if file.is_file()]
    assert len(files) > 30
    found = []
    for file in files:
        place, content = str(file.relative_to(stage.folder)), file.read_bytes()
        for name, secret in stage.secrets.items():
            own = OWN_PLACE.get(name) == place or (name == "tls key" and file in private_keys(stage.data))
            if not own and any(form in content for form in disguises(secret)):
                found.append(f"the {name} stands in {place}")
    assert not found, "\n".join(found)


def test_no_process_has_a_secret_among_its_arguments(stage: Stage) -> None:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes()
        except OSError:
            continue
        found += [name for name, secret in stage.secrets.items() if secret.encode() in arguments]
    assert not found
    assert all(process.poll() is None for process in stage.running), "collector or agent has ended"


def test_files_with_secrets_are_their_owners_only(stage: Stage) -> None:
    guarded = [stage.folder / place for place in OWN_PLACE.values()] + private_keys(stage.data)
    assert len(guarded) == 3
    databases = list(stage.data.glob("*.db*"))
    assert len(databases) >= 2
    for file in [*guarded, *databases, stage.folder / "backup.file"]:
        assert file.stat().st_mode & 0o077 == 0, f"{file.name} can be read by others"
    assert stage.data.stat().st_mode & 0o077 == 0


def test_the_search_would_find_one(stage: Stage) -> None:
    for name, secret in stage.secrets.items():
        sentence = f"refused: {base64.b64encode(secret.encode()).decode()} and {secret}".encode()
        assert sum(form in sentence for form in disguises(secret)) >= 2, name
