"""The engine: finds a project, builds it, runs it on a host, and puts every save in service.

It works without any dashboard (`wake dev`) and never imports one. Open `session/` first: one dev session is
what everything else serves. Rooms import only rooms below them; the order is in `pyproject.toml`.
"""
