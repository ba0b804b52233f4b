"""The user's settings. Open `settings.py`."""
