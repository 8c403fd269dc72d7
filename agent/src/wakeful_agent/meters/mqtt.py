"""MQTT brokers: what mosquitto says of itself, and when something was last heard on the topics that matter."""

from __future__ import annotations

from wakeful_agent.credentials import LOGIN, dial, login
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.parsing import number
from wakeful_agent.host.text import decode, label
from wakeful_agent.meter import Option
from wakeful_agent.network.mqtt import Subscriber, fits, is_filter
from wakeful_agent.service import REFUSAL_MS, TARGETS, TIMEOUT, Answered, ServiceMeter, local_ends

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.mqtt import Message
    from wakeful_agent.network.targets import Target

    Sample = tuple[str, dict[str, str], "float | None"]

PORT = 1883
TOPICS_MAX = 64
_OWN = "$SYS/"
_PAYLOAD_BYTES_MAX = 256
_VERSION = "broker/version"
_PLAIN: tuple[tuple[str, dict[str, str], str], ...] = (
    ("mqtt.uptime", {}, "broker/uptime"),
    ("mqtt.clients", {"state": "connected"}, "broker/clients/connected"),
    ("mqtt.clients", {"state": "disconnected"}, "broker/clients/disconnected"),
    ("mqtt.clients.peak", {}, "broker/clients/maximum"),
    ("mqtt.subscriptions", {}, "broker/subscriptions/count"),
    ("mqtt.retained", {}, "broker/retained messages/count"),
    ("mqtt.stored", {}, "broker/store/messages/count"),
    ("mqtt.memory.usage", {}, "broker/heap/current"),
    ("mqtt.packets", {"direction": "received"}, "broker/messages/received"),
    ("mqtt.packets", {"direction": "sent"}, "broker/messages/sent"),
    ("mqtt.messages", {"direction": "received"}, "broker/publish/messages/received"),
    ("mqtt.messages", {"direction": "sent"}, "broker/publish/messages/sent"),
    ("mqtt.messages.dropped", {}, "broker/publish/messages/dropped"),
    ("mqtt.io", {"direction": "received"}, "broker/bytes/received"),
    ("mqtt.io", {"direction": "sent"}, "broker/bytes/sent"),
)
_KEPT = frozenset([_VERSION, *(topic for _, _, topic in _PLAIN)])


def samples(said: Mapping[str, str]) -> list[Sample]:
    """Return what a broker says of itself below $SYS; what it does not say has no value."""
    return [(metric, labels, _value(said.get(topic, ""))) for metric, labels, topic in _PLAIN]


class Heard:
    """What was heard from one broker: its own figures, and for each topic how often and when last."""

    def __init__(self, topics: list[str], since_seconds: float) -> None:
        self.said: dict[str, str] = {}
        self.now_seconds = since_seconds
        self._counts = dict.fromkeys(topics, 0)
        self._last = dict.fromkeys(topics, since_seconds)

    def hear(self, message: Message) -> None:
        """Take a message; what was retained from before tells nothing of when it was sent."""
        if message.topic.startswith(_OWN):
            topic = message.topic[len(_OWN) :]
            if topic in _KEPT:
                self.said[topic] = decode(message.payload[:_PAYLOAD_BYTES_MAX])
        if message.retained:
            return
        for wanted in self._counts:
            if fits(wanted, message.topic):
                self._counts[wanted] += 1
                self._last[wanted] = self.now_seconds

    def topic_samples(self) -> list[Sample]:
        """Return age and count of each topic."""
        found: list[Sample] = []
        for topic, count in self._counts.items():
            found.append(("mqtt.topic.age", {"topic": topic}, max(0.0, self.now_seconds - self._last[topic])))
            found.append(("mqtt.topic.messages", {"topic": topic}, float(count)))
        return found


class MqttMeter(ServiceMeter):
    """Stays connected to a broker and hears, each time it is read, what has come since."""

    name = "mqtt"
    source = "$SYS of the broker"
    refusal_ms = REFUSAL_MS
    fix = (
        "mosquitto_passwd /etc/mosquitto/passwd wakeful; in the file that acl_file names: user wakeful, and below it "
        "topic read $SYS/# (and a line for each topic to be heard); then the password into "
        '/etc/wakeful/mqtt.password (chmod 600, owner wakeful) and user = "wakeful", '
        'password_file = "/etc/wakeful/mqtt.password" below [meters.mqtt]'
    )
    exposes = "the broker's figures, and the messages of the topics that are named (they are counted, not kept)"
    options = (
        TARGETS,
        TIMEOUT,
        *LOGIN,
        Option("topics", [], f"topics whose last message is watched, with + and # (at most {TOPICS_MAX})", local=True),
    )

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take checked options; sessions begin anew."""
        for session in self.__dict__.get("_sessions", {}).values():
            session.close()
        super().configure(options)
        self._sessions: dict[str, Subscriber] = {}
        self._heard: dict[str, Heard] = {}

    def usual(self, host: Host) -> list[Target]:
        """Return the port, if something local listens there."""
        return local_ends(host, PORT)

    def lacking(self, about: Mapping[str, Any]) -> str:
        """Return the topics that the broker does not grant."""
        refused = ", ".join(about.get("topics_refused", ()))
        return f"the broker does not grant {refused}" if refused else ""

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Hear one broker; a session that ended meanwhile is begun again at once."""
        now_seconds = host.awake_seconds()
        heard = self._heard.setdefault(target.name, Heard(self._topics(), now_seconds))
        heard.now_seconds = now_seconds
        session = self._listened(target.name) or self._begun(host, target, heard)
        self._sessions[target.name] = session
        facts = {"version": label(heard.said.get(_VERSION, "")), "topics_refused": [label(t) for t in session.refused]}
        return Answered([*samples(heard.said), *heard.topic_samples()], facts)

    def _topics(self) -> list[str]:
        """Return the topics to watch; those that no broker would take are left out, as they would end the session."""
        return [topic for topic in dict.fromkeys(self.chosen["topics"]) if is_filter(topic)][:TOPICS_MAX]

    def _listened(self, name: str) -> Subscriber | None:
        """Return the session there was, after hearing it; None when there is none or it has ended."""
        session = self._sessions.pop(name, None)
        if session is not None:
            try:
                session.listen(self.timeout_seconds)
            except HostError:  # the broker was restarted: what is wrong with it now, a new session tells
                return None
        return session

    def _begun(self, host: Host, target: Target, heard: Heard) -> Subscriber:
        user, password = login(self, host, target)
        heard.said = {}  # what still holds is said again; what the broker no longer tells us is no figure of today
        session = Subscriber(dial(self, target, PORT, self.timeout_seconds), heard.hear)
        session.begin(user, password, [f"{_OWN}#", *self._topics()])
        session.listen(self.timeout_seconds)
        return session


def _value(text: str) -> float | None:
    """Return the number a payload begins with: `12`, or `12 seconds`."""
    try:
        return number(text.partition(" ")[0])
    except ValueError:
        return None
