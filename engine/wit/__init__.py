"""WIT text to packages to resolved worlds. Open `load.py`."""
