"""The socket's engine side: who may speak, what is answered, who is told of changes. Open `server.py`."""
