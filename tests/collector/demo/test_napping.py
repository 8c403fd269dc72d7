"""When the machine with the graphics cards was awake is a function of the time alone."""

from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.demo import napping

END = 1_795_000_000.0
DAY = napping.DAY


@pytest.mark.parametrize("salt", [1, 7, 123_456])
def test_it_wakes_answers_and_goes_one_after_another(salt: int) -> None:
    found = napping.sessions(END - 14 * DAY, END, salt)
    assert 14 < len(found) < 45
    marks = [at for one in found for at in one]
    assert marks == sorted(marks)
    assert all(napping.BOOT_SECONDS <= one.up - one.called < napping.BOOT_SECONDS + 24 for one in found)
    assert all(one.gone - one.up > napping.IDLE_SECONDS for one in found)
    assert found[-1].gone == END - napping.SLEPT_MINUTES * 60
    assert napping.sessions(END - 14 * DAY, END, salt) == found


def test_a_short_past_has_its_last_time_at_least() -> None:
    assert len(napping.sessions(END - 3_600, END, 1)) == 1


def test_it_is_heard_while_it_is_up_and_at_no_other_time() -> None:
    seconds = np.arange(END - 3 * DAY, END, 60.0)
    heard = napping.awake(seconds, END, 1)
    past = napping.sessions(END - 4 * DAY, END, 1)
    assert 0.05 < len(heard) / len(seconds) < 0.5
    assert all(any(one.called <= at < one.gone for one in past) for at in heard)
    assert not len(napping.awake(seconds[:0], END, 1))
    parts = np.concatenate([napping.awake(seconds[:2_000], END, 1), napping.awake(seconds[2_000:], END, 1)])
    assert np.array_equal(parts, heard), "asked in parts it is the same"
