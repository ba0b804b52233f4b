"""What the cases check with."""

from componentize_py_types import Err


def same(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


def fails(call, *arguments):
    """The error that a call must end with."""
    try:
        found = call(*arguments)
    except Err as error:
        return error.value
    raise AssertionError(f"no error, but {found!r}")


def fails_as(wanted, call, *arguments):
    """As `fails`, with the case's class or the enum's value."""
    found = fails(call, *arguments)
    if found != wanted and type(found) is not wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")
    return found
