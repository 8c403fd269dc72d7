"""completion: scripts as they are, test_completing.py runs them."""

import pytest

from wakeful_collector.remote.verbs.completion import SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_whole(wakeful, shell):
    ran = wakeful("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert "__complete" in ran.out
    assert wakeful("completion", shell, "--json").document == {"shell": shell, "script": ran.out}


def test_a_shell_that_is_not_known(wakeful):
    assert wakeful("completion", "csh").code == 2
