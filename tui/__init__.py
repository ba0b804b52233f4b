"""The dashboard: draws the engine's state and sends it commands. Open `app.py`."""
