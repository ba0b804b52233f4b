"""One dev session: the pipeline a save travels, toggles, history, the sessions file. Open `session.py`."""
