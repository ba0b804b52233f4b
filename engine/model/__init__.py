"""The types that travel between rooms, over the socket and into `--json`: frozen, JSON-able, without behaviour.

Open `state.py` first: the whole of what a dashboard shows.
"""
