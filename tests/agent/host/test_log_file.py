import os
import subprocess
import sys

import pytest

from wakeful_agent.host.log import Log
from wakeful_agent.host.log_file import OLDER, LogFile


@pytest.fixture
def descriptor():
    spare = os.open(os.devnull, os.O_WRONLY)
    yield spare
    os.close(spare)


def test_the_log_never_takes_more_than_two_files_of_its_size(tmp_path, descriptor):
    path = tmp_path / "with space.log"
    log = Log("info", LogFile(str(path), 2_000, (descriptor,)))
    for number in range(500):
        log.say("info", f"line {number}")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["with space.log", "with space.log" + OLDER]
    assert all(file.stat().st_size < 2_100 for file in tmp_path.iterdir())
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in tmp_path.iterdir())
    text = (tmp_path / ("with space.log" + OLDER)).read_text() + path.read_text()
    numbers = [int(line.split()[-1]) for line in text.splitlines()]
    assert numbers == list(range(numbers[0], 500)), "nothing is lost in between"


def test_a_folder_that_is_gone_stops_nothing(tmp_path, descriptor):
    folder = tmp_path / "gone"
    folder.mkdir()
    log = Log("info", LogFile(str(folder / "log"), 10, (descriptor,)))
    (folder / "log").unlink()
    folder.rmdir()
    log.say("info", "said into the file that nobody can name any more")
    assert os.fstat(descriptor).st_size > 10
    with pytest.raises(FileNotFoundError):
        LogFile(str(folder / "log"), 10, (descriptor,))


def test_a_file_that_somebody_took_away_is_begun_again(tmp_path, descriptor):
    path = tmp_path / "log"
    log = Log("info", LogFile(str(path), 200, (descriptor,)))
    path.unlink()
    for number in range(10):
        log.say("info", f"line {number}")
    assert "line 9" in path.read_text()
    assert all(file.stat().st_size < 300 for file in tmp_path.iterdir())


def test_what_a_process_prints_and_dies_of_is_in_it(tmp_path):
    program = (
        "import sys\nfrom wakeful_agent.host.log_file import LogFile\n"
        "LogFile(sys.argv[1], 1000)\nprint('printed', flush=True)\nraise ValueError('died of')"
    )
    path = tmp_path / "log"
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert "printed" in path.read_text()
    assert "ValueError: died of" in path.read_text()
