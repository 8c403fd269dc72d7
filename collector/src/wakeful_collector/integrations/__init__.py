"""The rooms of the collector, each with its own client, core, pages and `room.py`; `rooms.py` beside lists them."""
