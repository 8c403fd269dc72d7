from wakeful_agent.meters.files import FilesMeter


def test_used_is_what_is_allocated_and_not_free(machine):
    reading = FilesMeter().read(machine("bare-metal"), 0)
    assert dict(zip((one.name for one in reading.series), reading.values)) == {
        "system.file_handles.used": 9472 - 128,
        "system.file_handles.limit": 9223372036854775807,
    }
