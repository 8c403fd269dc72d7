"""Temperatures and their limits, fans, power, energy, batteries."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Absent, Denied, HostError
from wakeful_agent.host.sensors import Sensor, find_sensors
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

_LOOK_MS = 300_000
_FILE_BYTES_MAX = 4_096
_CELSIUS_LEAST, _CELSIUS_MOST = -60.0, 250.0
_SERIES = {
    "temperature": ("hw.temperature", ("chip", "sensor")),
    "limit": ("hw.temperature.limit", ("chip", "sensor", "kind")),
    "fan": ("hw.fan.speed", ("chip", "sensor")),
    "power": ("hw.power", ("chip", "sensor")),
    "energy": ("hw.energy", ("zone",)),
    "charge": ("hw.battery.charge", ("battery",)),
}


def reading(sensor: Sensor, text: str) -> float | None:
    """Return the sensor's value in the unit of its metric; None for what no working sensor says.

    A temperature outside -60 to 250 is that of a probe that is not connected, a limit there is one that is not set.
    """
    try:
        value = int(text) * sensor.scale
    except ValueError:
        return None
    if sensor.kind in {"temperature", "limit"} and not _CELSIUS_LEAST <= value <= _CELSIUS_MOST:
        return None
    return round(value, 3)


def _make(key: tuple[str, tuple[str, ...]]) -> list[Series]:
    name, labels = _SERIES[key[0]]
    return [series(name, **{one: label(content) for one, content in zip(labels, key[1])})]


class SensorsMeter(Meter):
    """What the machine's sensors say; which there are, and their limits, is looked at every five minutes.

    A sensor that fails gives None and costs no other. Energy (RAPL) is left out where this user may not read it.
    """

    name = "sensors"
    source = "sys/class/hwmon/"
    interval_seconds = 15.0
    budget_seconds = 5.0

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._looked_ms: int | None = None
        self._sensors: list[Sensor] = []
        self._limits: dict[str, float | None] = {}

    def probe(self, host: Host) -> Capability:
        """Say whether there is any sensor, of whatever kind."""
        if any(_is_open(host, sensor) for sensor in find_sensors(host)):
            return granted(self.name)
        return missing(self.name, "this machine shows no sensors (virtual machines and containers have none)")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return one value a sensor."""
        if self._looked_ms is None or not 0 <= now_ms - self._looked_ms < _LOOK_MS:
            self._looked_ms = now_ms
            self._sensors = [sensor for sensor in find_sensors(host) if _is_open(host, sensor)]
            limits = [sensor for sensor in self._sensors if sensor.kind == "limit"]
            self._limits = {sensor.path: reading(sensor, host.optional(sensor.path)) for sensor in limits}
        if not self._sensors:
            raise NoData("this machine shows no sensors")
        keys = []
        values: list[float | None] = []
        for sensor in self._sensors:
            keys.append((sensor.kind, sensor.names))
            values.append(self._limits[sensor.path] if sensor.kind == "limit" else _value(host, sensor))
        return Reading(self._columns.of(keys), values)


def _value(host: Host, sensor: Sensor) -> float | None:
    try:
        return reading(sensor, host.kept(sensor.path))
    except HostError:
        return None


def _is_open(host: Host, sensor: Sensor) -> bool:
    try:
        host.read(sensor.path, _FILE_BYTES_MAX)
    except (Absent, Denied):
        return False
    except HostError:  # there, and out of order now: it may come back
        return True
    return True
