"""How fast the dashboard starts and answers keys while logs stream. Open `__main__.py`."""
