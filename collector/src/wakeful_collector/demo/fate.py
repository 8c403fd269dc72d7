"""The course of one machine: how busy it is, and what befalls it on the way to the end of the story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.demo import napping, rhythm
from wakeful_collector.demo.napping import NAPS, SLEPT_MINUTES

if TYPE_CHECKING:
    from wakeful_collector.demo.fleet import Machine, Volume
    from wakeful_collector.demo.rhythm import Floats

HOUR = 3_600.0
DAY = 86_400.0
SILENT_HOURS = 3.0
SLEEP_HOURS = 7.0
REBOOT_HOURS = 26.0
REBOOT_GAP_SECONDS = 240.0
LEAK_DAYS = 3.0
DEPLOY_DAYS = 3.2
HOT_MINUTES = 45.0
FILL_DAYS = 5.0
FULL_AT_END = 0.962
QUIET_HOURS = {"silent": SILENT_HOURS, "sleeps": SLEEP_HOURS, NAPS: (SLEPT_MINUTES + 0.5) / 60.0}
"""Since how many hours a machine says nothing at the end of the story."""

INFINITY = float("inf")


class Course:
    """What happens on a machine, told backwards from `end_seconds`, the time the story was filled up to."""

    def __init__(self, machine: Machine, end_seconds: float) -> None:
        self.machine = machine
        self.end_seconds = end_seconds
        self.reboot_seconds = end_seconds - REBOOT_HOURS * HOUR if machine.fate == "rebooted" else 0.0
        self.silent_after = end_seconds - QUIET_HOURS[machine.fate] * HOUR if machine.fate in QUIET_HOURS else INFINITY

    def heard(self, seconds: Floats) -> Floats:
        """Return those of the times at which the machine could push."""
        kept = seconds[seconds <= self.silent_after]
        if self.reboot_seconds:
            down = (kept >= self.reboot_seconds - REBOOT_GAP_SECONDS) & (kept < self.reboot_seconds)
            kept = kept[~down]
        return napping.awake(kept, self.end_seconds, self.machine.salt) if self.machine.fate == NAPS else kept

    def busy(self, seconds: Floats) -> Floats:
        """Return the share of the cores that work, 0 to 1."""
        machine = self.machine
        crowd = rhythm.activity(machine.role.rhythm, seconds)
        wander = 0.6 + 0.8 * rhythm.drift(seconds, 1_800.0, machine.salt)
        spikes = 0.25 * rhythm.bursts(seconds, 600.0, 0.08, machine.salt + 1)
        noise = 1.0 + 0.12 * rhythm.jitter(seconds, machine.salt + 2)
        busy = (0.015 + machine.role.cpu * machine.liveliness * crowd * wander + spikes) * noise
        busy = busy + 0.18 * self.backup(seconds)
        if machine.fate == "deploy":
            busy = busy * np.where(seconds > self.end_seconds - DEPLOY_DAYS * DAY, 1.7, 1.0)
        if machine.fate == "hot":
            busy = np.where(seconds > self.end_seconds - HOT_MINUTES * 60.0, 0.97, busy)
        return np.clip(busy, 0.004, 0.99)

    def backup(self, seconds: Floats) -> Floats:
        """Return how much of the nightly backup is going on, 0 to 1; each machine has its own minute."""
        start = 1.0 + 3.0 * self.machine.liveliness
        hours = rhythm.hour_of_day(seconds)
        return np.clip((0.35 - np.abs(hours - start - 0.35)) * 8.0, 0.0, 1.0)

    def memory(self, seconds: Floats, busy: Floats) -> Floats:
        """Return the share of memory in use."""
        machine = self.machine
        slow = 0.10 * rhythm.drift(seconds, 4 * HOUR, machine.salt + 40)
        used = machine.role.memory * (0.55 + 0.35 * machine.liveliness) + slow + 0.08 * busy
        if machine.fate == "memory leak":
            grown = np.clip((seconds - (self.end_seconds - LEAK_DAYS * DAY)) / (LEAK_DAYS * DAY), 0.0, 1.0)
            used = used + (0.95 - used) * grown
        return np.clip(used, 0.04, 0.97)

    def fullness(self, volume: Volume, seconds: Floats) -> Floats:
        """Return the share of a filesystem in use: it grows slowly, log rotation takes a little away each night."""
        age_days = (self.end_seconds - seconds) / DAY
        used = volume.full - 0.0012 * age_days + 0.004 * (rhythm.hour_of_day(seconds) / 24.0)
        if self.machine.fate == "disk fills" and volume is self.machine.volumes[-1]:
            since = np.clip(1.0 - age_days / FILL_DAYS, 0.0, 1.3)
            used = used + (FULL_AT_END - volume.full) * since
        return np.asarray(used, dtype=np.float64)

    def uptime(self, seconds: Floats) -> Floats:
        """Return the seconds since the machine was started."""
        started = self.end_seconds - DAY * (20.0 + 300.0 * self.machine.liveliness)
        if self.reboot_seconds:
            return np.where(seconds >= self.reboot_seconds, seconds - self.reboot_seconds + 20.0, seconds - started)
        return seconds - started
