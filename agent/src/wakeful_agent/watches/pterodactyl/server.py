"""One server's hands: they carry out what its conversation decides, and bring back what came of it.

Everything here happens in the switchboard's thread, `power` and `row` aside, which are asked from others.
"""

from __future__ import annotations

from queue import Empty, Queue
from time import monotonic

from wakeful_agent import watch
from wakeful_agent.action import Outcome
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label
from wakeful_agent.network import panel_answer as answers
from wakeful_agent.network import websocket
from wakeful_agent.network.panel_answer import PanelError
from wakeful_agent.watch import Sight
from wakeful_agent.watches.pterodactyl import orders as do
from wakeful_agent.watches.pterodactyl.console import Console
from wakeful_agent.watches.pterodactyl.conversation import Conversation
from wakeful_agent.watches.pterodactyl.frames import figures, parse_frame, parse_stats, write_frame
from wakeful_agent.watches.pterodactyl.links import Links
from wakeful_agent.watches.pterodactyl.standing import OFFLINE
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Sequence

    from wakeful_agent.network.panel import Panel
    from wakeful_agent.network.switchboard import Switchboard
    from wakeful_agent.watches.pterodactyl.frames import Frame
    from wakeful_agent.watches.pterodactyl.orders import Order
    from wakeful_agent.watches.pterodactyl.pace import Pace

CONNECT_SECONDS = 10.0
POWER_SECONDS = 30.0
_ROW_SECONDS = 30.0


class Settings(NamedTuple):
    """What agent.toml says of one server; `node` is `host:port` to connect to instead of what the panel says."""

    name: str
    server: str
    origin: str
    node: str = ""
    node_ca_file: str = ""
    node_fingerprint: str = ""
    console_lines: int = 40
    links: bool = True


class Server:
    """One server, from `begin` to `end`; `report` is called with every sight that differs from the one before."""

    def __init__(
        self,
        settings: Settings,
        panel: Panel,
        board: Switchboard,
        report: Callable[[Sight], None],
        pace: Pace,
        fraction: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._panel = panel
        self._board = board
        self._report = report
        self._said = Conversation(pace, fraction)
        self._console = Console(settings.console_lines)
        self._links = Links()
        self._socket: websocket.WebSocket | None = None
        self._figures: dict[str, float] = {}
        self._reported: tuple[Any, ...] = ()
        self._state = ""
        self._ended = False
        self._asker: Queue[Outcome] | None = None
        self._row: dict[str, Any] = {}
        self._row_at = 0.0
        self._row_stale = True

    def begin(self, delay_seconds: float) -> None:
        """Begin to connect after a delay."""
        self._board.call(lambda: self._step(lambda now: self._said.begin(now, delay_seconds)))

    def try_again(self) -> None:
        """Try at once what waits for a person: somebody says that it may have been set right."""
        self._panel.forgive()
        self._board.call(lambda: self._step(self._said.try_again))

    def end(self) -> None:
        """Hang up and report nothing more."""
        self._board.call(self._finish)

    def power(self, signal: str) -> Outcome:
        """Ask for a power action, over the websocket or of the panel; return what came of the asking."""
        asker: Queue[Outcome] = Queue()
        self._board.call(lambda: self._ask_power(signal, asker))
        try:
            return asker.get(timeout=POWER_SECONDS)
        except Empty:
            return Outcome(False, f"nobody answered within {POWER_SECONDS:.0f} s whether the server will {signal}")

    def row(self) -> dict[str, Any]:
        """Return what is shown of the server; the same object while nothing changed that is worth sending."""
        now = monotonic()
        if self._row_stale or now - self._row_at > _ROW_SECONDS:
            self._row_stale = False
            self._row_at = now
            made = self._made_row()
            self._row = self._row if made == self._row else made
        return self._row

    # -- steps, in the board's thread

    def _step(self, decide: Callable[[float], Sequence[Order] | None]) -> None:
        """Let the conversation decide, carry it out, and tell what changed; nothing of it may end the thread."""
        if self._ended:
            return
        try:
            self._carry_out(decide(monotonic()) or ())
            self._settle()
        except Exception as error:  # a fault here must not end what listens for all others
            sentence = f"a fault of the agent's own: {type(error).__name__}: {label(str(error), 120)}"
            self._report(Sight(watch.UNKNOWN, sentence, {"trouble": "fault"}))
            # What was to be awaited may be lost with it: begin again where nothing else is due.
            self._said.connection.timers.keep("connect", monotonic() + CONNECT_SECONDS)
            self._board.remind(self, monotonic() + CONNECT_SECONDS, self._tick)

    def _tick(self) -> None:
        self._step(self._said.tick)

    def _carry_out(self, orders: Sequence[Order]) -> None:
        for order in orders:
            getattr(self, f"_do_{order.verb}")(order.text)

    def _settle(self) -> None:
        self._board.remind(self, self._said.due(), self._tick)
        self._notice_state()
        sight = self._said.standing.sight()
        console = self._console
        told = (sight.state, sight.detail, console.exit_code, console.out_of_memory)
        if told != self._reported:
            self._reported = told
            self._row_stale = True
            self._report(self._complete(sight))

    def _notice_state(self) -> None:
        state = self._said.standing.state
        if state == self._state:
            return
        if state == OFFLINE:
            self._links.drop()
            self._figures = {name: value for name, value in self._figures.items() if name.startswith("disk")}
        elif self._state in {OFFLINE, ""}:
            self._console.begin()
        self._state = state
        self._row_stale = True

    def _complete(self, sight: Sight) -> Sight:
        if sight.state not in {watch.DOWN, watch.HELD, watch.STOPPED}:
            return sight
        console = self._console
        data = {**sight.data, "console": console.tail(self._panel.concealment.text)}
        detail = sight.detail
        if console.exit_code is not None:
            data.update(exit_code=console.exit_code, out_of_memory=console.out_of_memory)
            memory = ", out of memory" if console.out_of_memory else ""
            detail = f"{detail}; exit code {console.exit_code}{memory}"
        return Sight(sight.state, detail, data)

    def _finish(self) -> None:
        self._ended = True
        self._board.remind(self, None, self._tick)
        self._do_close("")

    def _ask_power(self, signal: str, asker: Queue[Outcome]) -> None:
        def ask(now: float) -> Sequence[Order]:
            orders = self._said.ask_power(signal, now)
            self._answer(Outcome(False, f"it was asked to {signal} before an answer came"))
            self._asker = asker
            if any(order.verb == do.SEND for order in orders):
                self._answer(Outcome(True, f"Wings was asked over the websocket to {signal} it"))
            return orders

        if self._ended:
            asker.put(Outcome(False, "the agent does not watch this server any more"))
        self._step(ask)

    def _answer(self, outcome: Outcome) -> None:
        asker, self._asker = self._asker, None
        if asker is not None:
            asker.put(outcome)

    # -- what the panel is asked, beside the thread

    def _do_view(self, _: str) -> None:
        self._ask(lambda: self._panel.view(self._settings.server), self._said.viewed, self._said.unviewed)

    def _do_grant(self, _: str) -> None:
        self._ask(lambda: self._panel.grant(self._settings.server), self._said.granted, self._said.ungranted)

    def _do_resources(self, _: str) -> None:
        def take(told: dict[str, Any] | None, now: float) -> Sequence[Order]:
            self._figures = figures(told or {})
            return self._said.told_resources(told, now)

        self._ask(lambda: self._panel.resources(self._settings.server), take, lambda _, now: take(None, now))

    def _do_activity(self, within_seconds: str) -> None:
        def take(told: list[str] | None, __: float) -> Sequence[Order]:
            self._said.told_activity(told)
            return ()

        server, within = self._settings.server, float(within_seconds or 0)
        self._ask(lambda: self._panel.activity(server, within), take, lambda _, now: take(None, now))

    def _do_power(self, signal: str) -> None:
        asker = self._asker

        def take(error: PanelError | None, now: float) -> Sequence[Order]:
            self._said.powered(error, now)
            done = f"the panel was asked to {signal} it"
            if self._asker is asker:  # else somebody has asked for another action meanwhile
                self._answer(Outcome(error is None, done if error is None else str(error)))
            return ()

        self._ask(
            lambda: self._panel.power(self._settings.server, signal), lambda _, now: take(None, now), take, urgent=True
        )

    def _ask(
        self,
        question: Callable[[], Any],
        answered: Callable[[Any, float], Sequence[Order] | None],
        failed: Callable[[PanelError, float], Sequence[Order] | None],
        urgent: bool = False,
    ) -> None:
        def then(found: Any, error: Exception | None) -> None:
            if error is None:
                self._step(lambda now: answered(found, now))
            else:
                known = error if isinstance(error, PanelError) else PanelError(answers.BROKEN, label(repr(error), 200))
                self._step(lambda now: failed(known, now))

        self._board.aside(question, then, urgent)

    # -- the websocket

    def _do_open(self, url: str) -> None:
        settings = self._settings
        if settings.node:
            scheme, _, rest = url.partition("://")
            url = f"{scheme}://{settings.node}/{rest.partition('/')[2]}"
        if self._panel.url.startswith("https://") and not url.startswith("wss://"):
            text = "the panel is at https, and names a websocket without TLS: the token is not told in clear"
            self._board.call(lambda: self._step(lambda now: self._said.unopened(0, text, now)))
            return
        self._board.aside(
            lambda: websocket.connect(
                url, settings.origin, CONNECT_SECONDS, settings.node_ca_file, settings.node_fingerprint
            ),
            self._on_open,
            urgent=False,
        )

    def _on_open(self, socket: websocket.WebSocket | None, error: Exception | None) -> None:
        if socket is None:
            status = error.status if isinstance(error, websocket.Refused) else 0
            sentence = str(error) if isinstance(error, HostError) else label(repr(error), 200)
            self._step(lambda now: self._said.unopened(status, sentence, now))
            return
        if self._ended or self._socket is not None:
            socket.close()
            return
        self._socket = socket
        self._board.listen(socket, self._hear)
        self._step(self._said.opened)

    def _hear(self) -> bool:
        socket = self._socket
        if socket is None:
            return False
        try:
            texts, more = socket.receive()
            self._said.connection.noise(monotonic())
            for text in texts:
                frame = parse_frame(text)
                if frame is not None and self._socket is socket:
                    self._take(frame)
        except websocket.Closed as error:
            self._lose(error)
            return False
        except Exception as error:  # whatever it sent: nobody would listen there any more
            self._lose(websocket.Closed(1006, f"what came was not understood: {type(error).__name__}"))
            return False
        return more and self._socket is socket

    def _take(self, frame: Frame) -> None:
        if frame.event == "console output":
            self._take_output(frame.text)
        elif frame.event == "stats":
            told = parse_stats(frame.text)
            self._figures = {**self._figures, **figures(told)}
            self._step(lambda now: self._said.told_stats(told, now))
        else:
            self._step(lambda now: self._said.heard(frame, now))

    def _take_output(self, text: str) -> None:
        before = (self._console.exit_code, self._console.out_of_memory, self._console.disk_full)
        for line in self._console.hear(text):
            if self._settings.links and self._links.hear(line):
                self._row_stale = True
        if before != (self._console.exit_code, self._console.out_of_memory, self._console.disk_full):
            self._said.standing.disk_told_full = self._console.disk_full
            self._step(lambda _: ())

    def _do_send(self, text: str) -> None:
        self._utter(lambda socket: socket.send(text))

    def _do_logs(self, _: str) -> None:
        self._console.clear()
        self._do_send(write_frame("send logs"))

    def _do_ping(self, _: str) -> None:
        self._utter(lambda socket: socket.ping())

    def _utter(self, say: Callable[[websocket.WebSocket], None]) -> None:
        socket = self._socket
        if socket is None:
            return
        try:
            say(socket)
        except websocket.Closed as error:
            closed = error
            # Not at once: what was decided with this is carried out first.
            self._board.call(lambda: self._lose(closed) if self._socket is socket else None)

    def _do_close(self, _: str) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            self._board.forget(socket)
            socket.close()

    def _lose(self, error: websocket.Closed) -> None:
        self._do_close("")
        self._step(lambda now: self._said.closed(error.code, error.reason, now))

    def _made_row(self) -> dict[str, Any]:
        view = self._said.view
        return {
            "watch": self._settings.name,
            "server": self._settings.server,
            "name": view.name if view else "",
            "node": view.node if view else "",
            "state": self._state,
            "resources": dict(self._figures),
            "console_tail": self._console.tail(self._panel.concealment.text),
            "links": self._links.rows(),
        }
