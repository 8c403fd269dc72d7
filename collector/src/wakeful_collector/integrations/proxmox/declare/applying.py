"""Carries out a plan that was approved: step by step, each looked at anew just before, stopping at the first failure.

Every step is planned again from what its guest is now. Where that is what was approved it is done; where it has come
true meanwhile there is nothing to do, which is also how an apply resumes; where it is something else it is refused.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.acting import carrying, judging, looking, searching, tasks
from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Request
from wakeful_collector.integrations.proxmox.acting.latest import Latest
from wakeful_collector.integrations.proxmox.acting.tasks import GAVE_UP, UNKNOWN, Outcome, Patience
from wakeful_collector.integrations.proxmox.declare import documents, looking_again, matching, outlook
from wakeful_collector.integrations.proxmox.declare import plan as planning
from wakeful_collector.integrations.proxmox.declare.apply_journal import StepJournal, finish, keep_step
from wakeful_collector.integrations.proxmox.declare.steps import (
    BOOT_AGAIN,
    CREATE,
    DESTROYS,
    LIVE,
    MIGRATE,
    PRUNE,
    SHUTDOWN,
    TEMPLATE,
    Options,
    Plan,
)
from wakeful_collector.integrations.proxmox.declare.wished import Wishes
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.model.story import plain
from wakeful_collector.read import proxmox, proxmox_deeds
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.store import proxmox_estate
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_applies import FAILED, LOST, OK, REFUSED, RUNNING, SKIPPED

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.declare.looking_again import Seen
    from wakeful_collector.integrations.proxmox.declare.steps import Step
    from wakeful_collector.store.proxmox_applies import ApplyRow, StepRow

log = logging.getLogger("wakeful.proxmox")

FLAGS = {"reboot": "allow_reboot", "stop": "allow_stop", "destroys": "allow_destroy"}
"""The permission that each effect needs by name."""
PRUNES = "prunes"
"""The permission that reconciling has: what a policy made itself may go."""
OTHERS_SECONDS_MAX = 900.0
LATER_DEPEND = frozenset({SHUTDOWN, MIGRATE, TEMPLATE, CREATE})
"""Kinds after which the guest is what later steps were planned for: skipped, they are skipped too."""
_SETTLE = frozenset({"start", "shutdown", "stop", "migrate"})
"""What the HA manager only takes note of at first."""


class Ended(NamedTuple):
    """How a step ended."""

    state: str
    detail: str = ""


def carry_out(data: Path, row: ApplyRow) -> None:
    """Carry out an apply that was taken up, or go on with one that was left behind; never raises."""
    try:
        _Apply(data, row).run()
    except StoreError as error:  # what is written down so far is enough for the next turn to go on by
        log.warning("the apply %s cannot be written down, it is gone on with later: %s", row.id, error)
    except Exception as error:  # whatever it is, nobody may wait for ever
        log.exception("the apply %s failed", row.id)
        finish(data, row.id, LOST, f"a fault of the collector ({type(error).__name__}); its log says more")


class _Apply:
    def __init__(self, data: Path, row: ApplyRow) -> None:
        self.data, self.row = data, row
        self.wishes = Wishes()
        self.made: set[tuple[str, int]] = set()
        self.skipped: set[tuple[str, int]] = set()

    def run(self) -> None:
        files = [documents.File(*one) for one in self.row.files]
        reading = documents.read(files, proxmox_clusters(self.data), self.row.cluster)
        if reading.faults:
            finish(self.data, self.row.id, REFUSED, f"it cannot be read any more: {reading.faults[0]}")
            return
        self.wishes = reading.wishes
        for step in applies.steps(self.data, self.row.id):
            if self._is_stopped():
                finish(self.data, self.row.id, FAILED, f"stopped before step {step.number}")
                return
            ended = self._step(step)
            if ended.state in {FAILED, LOST}:
                said = f"step {step.number} ({step.document['kind']}, {step.document['title']}): {ended.detail}"
                finish(self.data, self.row.id, ended.state, said)
                self._ask_for_sync()
                return
        state, said = self._looked_again()
        finish(self.data, self.row.id, state, said)
        self._ask_for_sync()

    # ------------------------------------------------------------------ one step

    def _step(self, step: StepRow) -> Ended:
        told = step.document
        subject = (told["cluster"], told["guest"])
        if step.state == OK:
            self.made |= {subject} if told["kind"] == CREATE else set()
            return Ended(OK)
        why = self._not_allowed(told, subject)
        if why:
            self.skipped |= {subject} if told["kind"] in LATER_DEPEND else set()
            return self._note(step, Ended(SKIPPED, why))
        keep_step(self.data, self.row.id, step.number, state=RUNNING, begun_ms=step.begun_ms or clock.now_ms())
        try:
            ended = self._left_behind(step) if step.state == RUNNING else self._do(step)
        except PveError as error:
            ended = Ended(FAILED, str(error))
        if ended.state == OK and told["kind"] == CREATE:
            self.made.add(subject)
        return self._note(step, ended)

    def _note(self, step: StepRow, ended: Ended) -> Ended:
        detail = plain(ended.detail, 1_000)
        keep_step(self.data, self.row.id, step.number, state=ended.state, detail=detail, finished_ms=clock.now_ms())
        return Ended(ended.state, detail)

    def _not_allowed(self, told: dict[str, Any], subject: tuple[str, int]) -> str:
        if told["guest"] and subject in self.skipped:
            return "a step before it was skipped"
        if told["effect"] not in self._permitted(told):
            return f"it needs {FLAGS[told['effect']]}"
        return ""

    def _permitted(self, told: dict[str, Any]) -> set[str]:
        """Return the effects that a step may have."""
        prunes = {DESTROYS} if told["kind"] == PRUNE and PRUNES in self.row.allowed else set()
        return {LIVE, *self.row.allowed, *prunes}

    def _do(self, step: StepRow) -> Ended:
        told = step.document
        api = Latest(self.data, told["cluster"])
        if told["guest"] and not self._is_alone(told["cluster"], told["guest"]):
            return Ended(FAILED, "something else is being done to the guest")
        seen = self._seen(api, told)
        wrong = self._another(told, seen)
        if wrong:
            return Ended(FAILED, wrong)
        subject = (told["cluster"], told["guest"])
        found = matching.match(told, self._planned(seen, told, api).steps, subject in self.made)
        if found.step is None:
            why = found.why or _unmade(step, seen)
            return Ended(FAILED, why) if why else Ended(OK, "it is so already")
        if found.step.effect not in self._permitted(told):
            return Ended(FAILED, f"it would take a {found.step.effect} by now: make a new plan")
        blocked = self._blocked(found.step, seen, api)
        if blocked:
            return Ended(FAILED, blocked)
        requests = found.step.requests
        is_whole = [one.path for one in requests] == [one["path"] for one in told["requests"]]
        return self._carry(api, step, requests, 0, seen.digest, beyond=0 if is_whole else len(told["requests"]))

    def _carry(
        self, api: Latest, step: StepRow, requests: tuple[Request, ...], first: int, digest: str, beyond: int = 0
    ) -> Ended:
        """Send requests one after the other, each followed to its end.

        Where less is left than was approved they are numbered `beyond` that, so that none is taken for one of it.
        """
        for at, request in enumerate(requests[first:], first):
            journal = StepJournal(self.data, self.row.id, step.number, beyond + at)
            bound = request
            if digest and request.path.endswith(("/config", "/resize")):
                bound = request._replace(form={**request.form, "digest": digest})
            outcome = carrying.carry(api, bound, journal, api.client.cluster.login)
            if outcome.ok:
                outcome = self._settled(api, step, request, outcome)
            if not outcome.ok:
                return self._broken(api, step, requests, at, outcome)
            digest = ""  # it was good for the settings as they were before
        return Ended(OK)

    def _settled(self, api: Latest, step: StepRow, request: Request, outcome: Outcome) -> Outcome:
        """Wait until a guest is where and what it was asked to be."""
        verb = request.path.rpartition("/")[2]
        if verb not in _SETTLE:
            return outcome
        try:
            target = looking.look(api, step.document["guest"])
        except PveError:
            known = proxmox.guest(self.data, step.document["cluster"], step.document["guest"])
            if known is not None and known.ha_state:
                raise
            return outcome  # its task has ended, and nobody else is at it
        if target is None:
            return outcome
        deed = Deed(verb, step.document["cluster"], target.vmid, dict(request.form))
        settled = judging.settle(api, deed, target, threading.Event().wait, is_stopped=self._is_stopped)
        return outcome if settled is None else settled

    def _broken(self, api: Latest, step: StepRow, requests: tuple[Request, ...], at: int, outcome: Outcome) -> Ended:
        """Return how a step ended that did not come to a good end; a guest that it stopped is started again."""
        said = outcome.exitstatus or "nobody knows how it ended"
        last = requests[-1]
        if 0 < at < len(requests) - 1 and last.path.endswith("/status/start"):
            journal = StepJournal(self.data, self.row.id, step.number, len(requests) - 1)
            started = carrying.carry(api, last, journal, api.client.cluster.login)
            said += "; the guest was started again" if started.ok else "; the guest is stopped"
        return Ended(LOST if outcome.state in {UNKNOWN, GAVE_UP} else FAILED, said)

    def _left_behind(self, step: StepRow) -> Ended:
        """Go on with a step that a worker was killed in: what it may have sent is never sent again on a guess."""
        told = step.document
        api = Latest(self.data, told["cluster"])
        requests = tuple(Request(one["method"], one["path"], one["form"], 86_400.0) for one in told["requests"])
        sent, upid = step.sent, step.upid
        if step.sending is not None:
            if step.sending >= len(requests):  # of what was left of it: which one that was nobody noted
                return self._found_out(step, api)
            request = requests[step.sending]
            known = [*applies.upids(self.data, 500), *proxmox_deeds.upids(self.data, "", 500)]
            upid = searching.search(api, request, api.client.cluster.login, step.sent_ms or 0, known) or ""
            if not upid:
                return self._found_out(step, api)
            sent = step.sending + 1
            StepJournal(self.data, self.row.id, step.number, step.sending).sent(upid)
        if not sent:
            return self._do(step)
        if upid:
            journal = StepJournal(self.data, self.row.id, step.number, sent - 1)
            outcome = tasks.follow(api, upid, Patience(86_400.0, is_stopped=self._is_stopped), journal.progressed)
            if outcome.ok and sent <= len(requests):
                outcome = self._settled(api, step, requests[sent - 1], outcome)
            if not outcome.ok:
                return self._broken(api, step, requests, sent - 1, outcome)
        if sent > len(requests):
            return self._do(step)  # less was left than was approved: what of that is still to be done
        wrong = self._another(told, self._seen(api, told)) if sent < len(requests) else ""
        if wrong:
            return Ended(FAILED, wrong)
        return self._carry(api, step, requests, sent, "")

    def _found_out(self, step: StepRow, api: Latest) -> Ended:
        """Return how a step ended whose answer was lost, by what the guest is now."""
        seen = self._seen(api, step.document)
        found = matching.match(step.document, self._planned(seen, step.document, api).steps, True)
        if found.step is None and not found.why:
            return Ended(OK, "its answer was lost; it is so")
        return Ended(
            LOST, "the worker ended while it was being sent; whether it arrived nobody knows: look, then resume"
        )

    # ------------------------------------------------------------------ looking

    def _seen(self, api: Latest, told: dict[str, Any]) -> Seen:
        estate = proxmox.estate(self.data, told["cluster"])
        for one in sorted(self.made | {(told["cluster"], vmid) for vmid in self._members(told)}):
            if one[0] == told["cluster"] and one[1] != told["guest"]:
                estate = looking_again.guest(api.client, estate, one[1], clock.now_ms()).estate
        if told["pool"]:
            return looking_again.Seen(looking_again.pool(api, estate, told["pool"]))
        return looking_again.guest(api.client, estate, told["guest"], clock.now_ms())

    def _members(self, told: dict[str, Any]) -> set[int]:
        """Return guests of a pool's step that are to go: whether they are gone shows only when looked at."""
        if not told["pool"]:
            return set()
        return {one.vmid for one in self.wishes.guests if one.cluster == told["cluster"] and one.state == "absent"}

    def _planned(self, seen: Seen, told: dict[str, Any], api: Latest) -> Plan:
        """Return the plan of what a step is about, as it is now; policies are due as they were when it was approved."""
        wishes = self.wishes.of(told["cluster"])
        if told["guest"]:
            own = tuple(one for one in wishes.guests if one.vmid == told["guest"])
            wishes = Wishes(own, wishes.pools, wishes.policies)
        options = Options(self.row.asked_ms, api.client.cluster.protected)
        return planning.plan(seen.estate, wishes, options)

    def _another(self, told: dict[str, Any], seen: Seen) -> str:
        """Return what is wrong when another guest has taken the number of the one that was meant."""
        meant = self.row.marks.get(f"{told['cluster']}/{told['guest']}", "")
        if meant and seen.mark and meant != seen.mark:
            return f"guest {told['guest']} is another one by now: make a new plan"
        return ""

    def _blocked(self, step: Step, seen: Seen, api: Latest) -> str:
        guest = seen.estate.guest(step.guest)
        if guest is None:
            return ""
        return outlook.blocked(guest, step.kind, Options(self.row.asked_ms, api.client.cluster.protected))

    def _is_alone(self, cluster: str, vmid: int) -> bool:
        """Wait until no deed of the guest is under way; False when that takes too long.

        One that was only asked for waits for this step, and is not begun before it ends.
        """
        until = clock.monotonic_seconds() + OTHERS_SECONDS_MAX
        while any(
            (one.cluster, one.vmid, one.state) == (cluster, vmid, RUNNING) for one in proxmox_deeds.open_ones(self.data)
        ):
            if clock.monotonic_seconds() > until or self._is_stopped():
                return False
            threading.Event().wait(0.5)
        return True

    def _is_stopped(self) -> bool:
        row = applies.apply(self.data, self.row.id)
        return row is None or bool(row.stopped_by)

    # ------------------------------------------------------------------ the end

    def _looked_again(self) -> tuple[str, str]:
        """Return how the whole ended: what was done is planned again, and must be nothing."""
        steps = applies.steps(self.data, self.row.id)
        skipped = [one for one in steps if one.state == SKIPPED]
        left = []
        for told in _subjects([one.document for one in steps if one.state == OK]):
            api = Latest(self.data, told["cluster"])
            try:
                anew = self._planned(self._seen(api, told), told, api).steps
            except PveError as error:
                return FAILED, f"all was done, but it could not be looked at again: {error}"
            own = [one for one in anew if (one.guest, one.pool) == (told["guest"], told["pool"])]
            left += [one for one in own if not _is_known(one, skipped) and self._is_ours(one, steps)]
        if left:
            told_left = "; ".join(f"{one.title}: {one.kind} {', '.join(one.new)}" for one in left[:5])
            return FAILED, f"all was done, and more is left: {told_left}"
        if skipped:
            return OK, f"{_steps(len(steps) - len(skipped))} done, {len(skipped)} of {len(steps)} not allowed"
        return OK, f"{_steps(len(steps))} done, and all is as declared"

    def _is_ours(self, step: Step, steps: list[StepRow]) -> bool:
        """Tell whether a step that is left should have been done: of a part of a plan, only that part."""
        if PRUNES not in self.row.allowed:
            return True
        own = [
            one.document for one in steps if (one.document["guest"], one.document["pool"]) == (step.guest, step.pool)
        ]
        return any(set(step.new) & set(one["new"]) for one in own)

    def _ask_for_sync(self) -> None:
        """Have the clusters looked at soon, so that pages and plans show what was done."""
        names = {one.document["cluster"] for one in applies.steps(self.data, self.row.id)}
        with changing(self.data) as connection:
            for name in sorted(names):
                proxmox_estate.ask(connection, name, clock.now_ms())


def _unmade(step: StepRow, seen: Seen) -> str:
    """Return why a guest that is not to be made any more is none that this step made; empty for other steps."""
    told = step.document
    if told["kind"] != CREATE:
        return ""
    if seen.estate.guest(told["guest"]) is None:
        return f"guest {told['guest']} cannot be made as things are: make a new plan"
    return "" if step.sent_ms else f"guest {told['guest']} is there, not made by this plan: make a new plan"


def proxmox_clusters(data: Path) -> list[str]:
    """Return the names of the clusters that are set up."""
    from wakeful_collector.read import proxmox_clusters as rows

    return [one.name for one in rows.clusters(data)]


def _steps(count: int) -> str:
    return "1 step is" if count == 1 else f"{count} steps are"


def _subjects(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one document of each guest and pool."""
    return list({(one["cluster"], one["guest"], one["pool"]): one for one in told}.values())


def _is_known(step: Step, skipped: list[StepRow]) -> bool:
    """Tell whether a step that is left is one that was not allowed, or follows from it."""
    own = [one.document for one in skipped if (one.document["guest"], one.document["pool"]) == (step.guest, step.pool)]
    return any(set(step.new) & set(one["new"]) or step.kind in {one["kind"], BOOT_AGAIN} for one in own)
