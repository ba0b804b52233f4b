"""Files to "dirty, with a cause". Open `watcher.py`."""
