"""Names in the forms that others ask for."""

from __future__ import annotations

import re

_OTHERS = re.compile(r"[^a-z0-9_]+")


def slug(name: str) -> str:
    """`name` as ids and application names need it: "KeyValue Go" is `keyvalue-go`.

    Lower case; every run of other signs than letters, digits and `_` is one `-`. wadm takes `^[-\\w]+$` for names of
    applications; ids go into NATS subjects.
    """
    return _OTHERS.sub("-", name.lower()).strip("-") or "project"


def component_id(session: str, name: str) -> str:
    return f"{session}-{slug(name)}"


def application_name(session: str, name: str) -> str:
    return f"dev-{component_id(session, name)}"
