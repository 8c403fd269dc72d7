"""One event loop in a thread of its own: all of the fake lives in it, tests reach in from outside."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import threading
import time
from typing import Any, Callable, Coroutine, TypeVar

Got = TypeVar("Got")
Method = TypeVar("Method", bound=Callable[..., Any])
PATIENCE_SECONDS = 20


class Turning:
    """The loop; what runs in it needs no locks."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._turn, name="fake pterodactyl", daemon=True)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.errors: list[BaseException] = []
        """What went wrong in the fake itself; the test ends with it."""
        self.thread.start()

    @staticmethod
    def now() -> float:
        """Return the time of day in seconds since the epoch."""
        return time.time()

    def run(self, action: Callable[[], Got]) -> Got:
        """Run a function in the loop and return what it returns, from whichever thread."""
        if threading.current_thread() is self.thread:
            return action()
        done: concurrent.futures.Future[Got] = concurrent.futures.Future()

        def call() -> None:
            try:
                done.set_result(action())
            except BaseException as error:
                done.set_exception(error)

        self.loop.call_soon_threadsafe(call)
        return done.result(PATIENCE_SECONDS)

    def settle(self) -> None:
        """Return after the loop's next turn: a connection that was aborted is closed only then."""
        self.run(lambda: None)

    def wait(self, coroutine: Coroutine[Any, Any, Got]) -> Got:
        """Wait for a coroutine, from another thread than the loop's."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE_SECONDS)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a coroutine beside; call it in the loop."""
        task = self.loop.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def end(self) -> None:
        """Cancel what runs, end the loop and its thread."""
        self.wait(self._cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE_SECONDS)
        self.loop.close()

    def _turn(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.errors.append(task.exception())  # type: ignore[arg-type]  # asked for just above

    async def _cancel_all(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)


def inside(method: Method) -> Method:
    """Make a method of something with a `turning` run in its loop, from whichever thread it is called."""

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        return self.turning.run(functools.partial(method, self, *arguments, **named))

    return call  # type: ignore[return-value]  # the same signature
