"""Where files live: settings, sockets, state, cache, and what belongs to a project. Open `places.py`."""
