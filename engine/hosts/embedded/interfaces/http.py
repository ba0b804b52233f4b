"""`wasi:http` (0.2). Its functions are in `http_fields.py`, `http_incoming.py`, `http_outgoing.py` and
`http_requests.py`; importing this registers them all."""

from __future__ import annotations

from engine.hosts.embedded.interfaces import http_fields, http_incoming, http_outgoing, http_requests

__all__ = ["http_fields", "http_incoming", "http_outgoing", "http_requests"]
