"""What is said on the engine's socket: JSON-RPC 2.0, one message a line. Open `messages.py`."""
