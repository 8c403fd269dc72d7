"""Whoever uses the world meanwhile: people on pages, programs at the API, chats, an operator who follows events."""

from __future__ import annotations

import http.client
import http.cookiejar
import itertools
import json
import random
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from tests.story.chapter_ai import MODEL
from tests.story.chapter_game import GOOD
from tests.story.cluster import CONTAINER
from tests.story.collector import PROGRAMS, clean_environ

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.world import World

CRASH_SECONDS = 1_200.0
"""How often the game server falls: rarer than its watch's budget of attempts."""


class Load:
    """Threads that ask until they are told to stop; `answers` counts statuses by who asked, `told` what went wrong."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.over = Event()
        self.since = time.time()
        self.answers: Counter[str] = Counter()
        self.failures: list[tuple[float, str]] = []
        self.longest: dict[str, float] = {}
        self.follower: subprocess.Popen[bytes] | None = None
        made = world.collector.admin("key", "create", "--name", "soak", "--scope", "gateway", "--json")
        self._gateway_key = str(json.loads(made.stdout)["key"])
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Start them."""
        rhythms: tuple[tuple[Callable[[], None], float], ...] = (
            (self._look_at_pages, 0.25),
            (self._ask_the_api, 0.25),
            (self._chat, 45.0),
            (self._drift, 60.0),
            (self._plan, 150.0),
            (self._crash, CRASH_SECONDS),
        )
        self._opener = self._signed_in()
        hosts = (f"/hosts/{one.host_id}" for one in self.world.machines.values())
        self._page = itertools.cycle([*self._navigation(), *hosts])
        for work, pause in rhythms:
            thread = Thread(target=self._repeat, args=(work, pause), daemon=True)
            thread.start()
            self._threads.append(thread)
        self.follow()

    def stop(self) -> None:
        """End them, the last answer awaited."""
        self.over.set()
        for thread in self._threads:
            thread.join(180)
        if self.follower is not None:
            self.follower.terminate()
            self.follower.wait(30)

    def follow(self) -> None:
        """Begin to follow the events as an operator does; one that ended is begun again and counted."""
        environ = {**clean_environ(), "WAKEFUL_URL": self.world.collector.url, "NO_COLOR": "1"}
        environ["WAKEFUL_API_KEY"] = self.world.collector.key
        log = (self.world.folder / "collector" / "follower.log").open("ab")
        with log:
            self.follower = subprocess.Popen(
                [str(PROGRAMS / "wakeful"), "events", "--follow"], env=environ, stdout=log, stderr=log
            )

    def _repeat(self, work: Callable[[], None], pause: float) -> None:
        chance = random.Random(pause)
        while not self.over.wait(pause * chance.uniform(0.5, 1.5)):
            name = work.__name__.strip("_")
            began = time.monotonic()
            try:
                work()
            except (
                OSError,
                AssertionError,
                ValueError,
                http.client.HTTPException,
                subprocess.SubprocessError,
            ) as error:
                self.failures.append((time.time(), f"{name}: {type(error).__name__}: {str(error)[:160]}"))
                self.answers[f"{name} failed"] += 1
            self.longest[name] = max(self.longest.get(name, 0.0), time.monotonic() - began)

    def _count(self, who: str, status: int) -> None:
        self.answers[f"{who} {status}"] += 1

    def _signed_in(self) -> urllib.request.OpenerDirector:
        link = json.loads(self.world.collector.admin("signin", "--json").stdout)["url"]
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        opener.open(link, timeout=30).read()
        return opener

    def _navigation(self) -> list[str]:
        """Return where the pages' main navigation leads."""
        with self._opener.open(self.world.collector.url, timeout=30) as answer:
            text = answer.read().decode()
        header = text[text.index("<header") : text.index("</header>")]
        found = sorted(set(re.findall(r'<a [^>]*href="(/[^"#]*)"', header)))
        assert len(found) > 3, header
        return found

    def _look_at_pages(self) -> None:
        path = next(self._page)
        try:
            with self._opener.open(self.world.collector.url + path, timeout=30) as answer:
                answer.read()
                self._count("page", answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            self._count(f"page {path}", error.code)

    def _ask_the_api(self) -> None:
        host = random.choice(list(self.world.machines.values())).host_id
        series = f"/hosts/{host}/series?name=system.cpu.*&from=-1h&points=300"
        path = random.choice(("/hosts", series, "/events?limit=200", "/commands", f"/hosts/{host}/inventories"))
        status, document = self.world.collector.ask("GET", path)
        self._count("api" if status < 400 else f"api {path.split('?')[0].replace(host, 'ID')}", status)
        assert status not in {400, 404}, f"{path}: {document}"

    def _chat(self) -> None:
        body: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}], "keep_alive": 0}
        headers = {"Authorization": f"Bearer {self._gateway_key}", "Content-Type": "application/json"}
        url = f"{self.world.collector.url}/ollama/api/chat"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                told = answer.read()
                whole = b'"done":true' in told.replace(b" ", b"")
                self._count("chat" if whole else "chat cut", answer.status)
                if not whole:
                    self.failures.append((time.time(), f"chat cut: {told[-200:].decode('utf-8', 'replace')}"))
        except urllib.error.HTTPError as error:
            said = error.read(300).decode("utf-8", "replace")
            error.close()
            self._count("chat", error.code)
            self.failures.append((time.time(), f"chat: {error.code} {said}"))

    def _drift(self) -> None:
        memory = random.choice((256, 384, 512))
        self.world.cluster.pve.merge("config", {"memory": memory}, guest=CONTAINER)

    def _plan(self) -> None:
        done = self.world.collector.cli("proxmox", "apply", str(self.world.folder / "wishes"), "--yes")
        self._count("apply exits", done.returncode)
        if self.follower is not None and self.follower.poll() is not None:
            self._count("follower ended", self.follower.returncode)
            self.follow()

    def _crash(self) -> None:
        self.world.panel.crash(GOOD, "the soak made it fall")
