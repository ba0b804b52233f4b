"""How values of the component model look in Python, on both sides of a call.

| WIT | Python |
|---|---|
| `bool`, integers, floats, `char`, `string` | `bool`, `int`, `float`, `str`, `str` |
| `list<u8>` | `bytes` (any buffer when given to a guest) |
| `list<T>`, `tuple<…>` | `list`, `tuple` |
| `record` | `dict` by kebab-case field name |
| `variant` | `(case, payload)`; payload `None` where the case has none |
| `enum`, `flags` | `str`, `frozenset[str]` |
| `option<T>` | `None` or the value; an option that holds an option is `Some(value)` at the outer level |
| `result<T, E>` | `Ok(value)` or `Err(error)` |
| resource, `own` or `borrow` | the :class:`Resource` object itself |
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Ok(Generic[T_co]):
    """The good arm of a `result`."""

    __match_args__ = ("value",)
    __slots__ = ("value",)

    def __init__(self, value: T_co = None) -> None:  # type: ignore[assignment]  # `ok` without a payload
        self.value = value

    def __repr__(self) -> str:
        return f"Ok({self.value!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ok) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


class Err(Generic[T_co]):
    """The bad arm of a `result`. A value, not an exception: the guest is told, nothing traps."""

    __match_args__ = ("value",)
    __slots__ = ("value",)

    def __init__(self, value: T_co = None) -> None:  # type: ignore[assignment]  # `err` without a payload
        self.value = value

    def __repr__(self) -> str:
        return f"Err({self.value!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Err) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


class Some:
    """A present value of an option whose payload is an option itself."""

    __match_args__ = ("value",)
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Resource:
    """A resource that the host owns.

    `wit` names its type without a version, `ns:pkg/interface.resource`. Types that a guest's WIT declares equal
    (`use`, `type a = b`) are one type for the linker; the class need not know.
    """

    wit: ClassVar[str]

    def drop(self) -> None:
        """The guest let go of it, or its instance ended. Called once; must not raise."""


class Trap(Exception):
    """Raised by a host function to end the guest's call: its message reaches the log and the HTTP answer."""
