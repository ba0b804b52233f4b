"""Every test of the dashboard runs at the same frozen moment."""

from tests.tui.dashboards import anyio_backend, frozen

__all__ = ["anyio_backend", "frozen"]
