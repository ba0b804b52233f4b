"""How fast journals are written, indexed, filtered. Open `__main__.py`."""
