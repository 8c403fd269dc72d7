"""The story in the data folder gives the same machines again."""

from wakeful_collector.demo import story
from wakeful_collector.demo.fleet import fleet


def test_what_was_written_is_read(tmp_path):
    assert story.read(tmp_path) is None
    one = story.Story(3, 14, 7, 1_763_719_200_000, (1, 2, 3))
    story.write(tmp_path, one)
    assert story.read(tmp_path) == one
    assert one.machines() == fleet(3, 7)
