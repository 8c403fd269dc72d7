"""What the tests of this watch share: a Panel with its Wings, watches on its servers, and what they report."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable

import pytest

from wakeful_agent.watches.pterodactyl.kind import Pterodactyl
from wakeful_agent.watches.pterodactyl.pace import Pace

from ....fakes.pterodactyl import Times, pterodactyl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wakeful_agent.watch import Sight

FASTER = 20


class Seen:
    """A watch that runs, and every sight it reported."""

    def __init__(self, watch: Pterodactyl) -> None:
        self.watch = watch
        self.sights: list[Sight] = []
        self.times: list[float] = []
        self._found = -1
        watch.begin(self._take)

    def _take(self, sight: Sight) -> None:
        self.times.append(time.monotonic())
        self.sights.append(sight)

    @property
    def last(self) -> Any:
        return self.sights[-1] if self.sights else None

    @property
    def states(self) -> list[str]:
        return [sight.state for sight in self.sights]

    def wait(self, state: str, part: str = "", seconds: float = 15.0) -> Any:
        """Wait for this sight: the last there is, or one that passed since the sight that was waited for before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            last = len(self.sights) - 1
            for at in range(last, max(-1, min(self._found, last - 1)), -1):
                if self.sights[at].state == state and part in self.sights[at].detail:
                    self._found = at
                    return self.sights[at]
            time.sleep(0.005)
        raise AssertionError(f"not {state} {part!r} but {self.sights[-3:]}")

    def row(self) -> dict[str, Any]:
        self.watch._server._row_stale = True
        return self.watch.inventory() or {}


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> Pace:
    # What ends a wait for somebody else's answer stays long: a busy machine answers late too.
    pace = Pace().faster(FASTER)._replace(answer=2.0, authentication=2.0)
    monkeypatch.setattr(Pterodactyl, "pace", pace)
    return pace


@pytest.fixture
def stage(fast: Pace) -> Iterator[Any]:
    with pterodactyl(Times().faster(FASTER)) as made:
        made.kim = made.panel.add_user("kim", password="secret-1")
        made.key = made.panel.add_key(made.kim)
        made.server = made.add_server("survival", owner=made.kim, state="running")
        yield made


@pytest.fixture
def watched(stage: Any) -> Iterator[Callable[..., Seen]]:
    """Return a function that watches a server of the stage."""
    made: list[Pterodactyl] = []

    def begin(server: Any = None, **options: Any) -> Seen:
        given = {"panel": stage.panel.url, "server": (server or stage.server).short, "key": stage.key, **options}
        assert Pterodactyl.check(given) == []
        made.append(Pterodactyl("survival", given))
        return Seen(made[-1])

    yield begin
    for one in made:
        one.end()
