"""wasi:config: what the deployed manifest configures the component with. The host provides it, no link is needed."""

from __future__ import annotations

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces.access import switched_off
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.values import Err, Ok

ConfigError = tuple[str, str]


def _serve(name: str) -> None:
    """`runtime` (0.2.0-draft) and `store` (0.2.0-rc.1) are one interface under two names."""
    interface = Interface(name)

    @interface.function("get")
    def get(cx: Context, key: str) -> Ok[str | None] | Err[ConfigError]:
        reason = switched_off(cx, name)
        return Err(("upstream", reason)) if reason else Ok(cx.deployment.config.get(key))

    @interface.function("get-all")
    def get_all(cx: Context) -> Ok[list[tuple[str, str]]] | Err[ConfigError]:
        reason = switched_off(cx, name)
        return Err(("upstream", reason)) if reason else Ok(sorted(cx.deployment.config.items()))


_serve("wasi:config/runtime")
_serve("wasi:config/store")
