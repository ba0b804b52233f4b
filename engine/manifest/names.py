"""Names of configs: each is one set of values, and no two sets share one.

wadm keeps configs by name for the whole application; two of one name with other values overwrite each other for ever.
"""

from __future__ import annotations


class Names:
    """Gives names that were not given before."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, *wishes: str) -> str:
        """The first of `wishes` that is free; after them the last with a number."""
        for wish in wishes:
            if wish not in self._taken:
                self._taken.add(wish)
                return wish
        number = 2
        while f"{wishes[-1]}-{number}" in self._taken:
            number += 1
        self._taken.add(f"{wishes[-1]}-{number}")
        return f"{wishes[-1]}-{number}"
