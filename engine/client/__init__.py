"""The socket's other side, for dashboards and commands. Open `client.py`."""
