"""Passing over types without keeping them, to find where they end (`Binary.md`, "Type Definitions")."""

from __future__ import annotations

from engine.component.cursor import Cursor
from engine.component.extern import PRIMITIVE_CODES, read_name
from engine.component.sections import DEEPEST


def skip_description(cursor: Cursor) -> None:
    what = cursor.byte()
    if what == 0x00:
        cursor.byte()
        cursor.u32()
    elif what == 0x02:
        if cursor.byte():
            cursor.s33()
        else:
            cursor.u32()
    elif what == 0x03:
        if not cursor.byte():
            cursor.u32()
    elif what in (0x01, 0x04, 0x05):
        cursor.u32()
    else:
        raise cursor.fail(f"an import or export of unknown kind {what:#x}")


def skip_declarations(cursor: Cursor, depth: int) -> None:
    """Passes over the body of a component type or instance type."""
    if depth > DEEPEST:
        raise cursor.fail("types are nested too deep")
    for _ in range(cursor.count()):
        what = cursor.byte()
        if what == 0x00:
            skip_core_type(cursor)
        elif what == 0x01:
            skip_type(cursor, depth)
        elif what == 0x02:
            if cursor.byte() == 0x00:
                cursor.byte()
            how = cursor.byte()
            cursor.u32()
            if how == 0x02:
                cursor.u32()
            else:
                cursor.name()
        elif what in (0x03, 0x04):
            read_name(cursor)
            skip_description(cursor)
        else:
            raise cursor.fail(f"a declaration of unknown kind {what:#x}")


def skip_type(cursor: Cursor, depth: int) -> None:
    code = cursor.byte()
    if code in (0x40, 0x43):
        skip_labelled(cursor)
        if cursor.byte():
            skip_labelled(cursor)
        else:
            cursor.s33()
    elif code in (0x41, 0x42):
        skip_declarations(cursor, depth + 1)
    elif code in (0x3E, 0x3F):
        cursor.byte()
        if code == 0x3E:
            cursor.u32()
        if cursor.byte():
            cursor.u32()
    elif code == 0x72:
        skip_labelled(cursor)
    elif code == 0x71:
        for _ in range(cursor.count()):
            cursor.name()
            if cursor.byte():
                cursor.s33()
            if cursor.byte():
                cursor.u32()
    elif code in (0x70, 0x6B, 0x69, 0x68):
        cursor.s33()
    elif code == 0x6F:
        for _ in range(cursor.count()):
            cursor.s33()
    elif code in (0x6E, 0x6D):
        for _ in range(cursor.count()):
            cursor.name()
    elif code in (0x6A, 0x66, 0x65):
        for _ in range(2 if code == 0x6A else 1):
            if cursor.byte():
                cursor.s33()
    elif code == 0x67:
        cursor.s33()
        cursor.u32()
    elif code == 0x63:
        cursor.s33()
        cursor.s33()
    elif code not in PRIMITIVE_CODES:
        raise cursor.fail(f"a type of unknown kind {code:#x}")


def skip_labelled(cursor: Cursor) -> None:
    for _ in range(cursor.count()):
        cursor.name()
        cursor.s33()


def skip_options(cursor: Cursor) -> None:
    for _ in range(cursor.count()):
        if cursor.byte() in (0x03, 0x04, 0x05, 0x07, 0x08):
            cursor.u32()


def skip_core_type(cursor: Cursor) -> None:
    """Passes over a core function type or module type, as in the declarations of a type."""
    code = cursor.byte()
    if code == 0x00 and cursor.at < cursor.end and cursor.data[cursor.at] == 0x50:
        code = cursor.byte()
    if code == 0x60:
        for _ in range(2):
            for _ in range(cursor.count()):
                skip_core_value_type(cursor)
        return
    if code != 0x50:
        raise cursor.fail(f"a core type of unknown kind {code:#x}")
    for _ in range(cursor.count()):
        what = cursor.byte()
        if what == 0x00:
            cursor.name()
            cursor.name()
            skip_core_description(cursor)
        elif what == 0x01:
            if cursor.byte() != 0x60:
                raise cursor.fail("a core type in a module type that is no function")
            for _ in range(2):
                for _ in range(cursor.count()):
                    skip_core_value_type(cursor)
        elif what == 0x02:
            cursor.byte()
            cursor.byte()
            cursor.u32()
            cursor.u32()
        elif what == 0x03:
            cursor.name()
            skip_core_description(cursor)
        else:
            raise cursor.fail(f"a declaration of unknown kind {what:#x}")


def skip_core_value_type(cursor: Cursor) -> None:
    if cursor.byte() in (0x63, 0x64):
        cursor.s33()


def skip_core_description(cursor: Cursor) -> None:
    what = cursor.byte()
    if what == 0x00:
        cursor.u32()
    elif what in (0x01, 0x02):
        if what == 0x01:
            skip_core_value_type(cursor)
        flags = cursor.byte()
        cursor.u32()
        if flags & 0x01:
            cursor.u32()
    elif what == 0x03:
        skip_core_value_type(cursor)
        cursor.byte()
    elif what == 0x04:
        cursor.byte()
        cursor.u32()
    else:
        raise cursor.fail(f"a core import or export of unknown kind {what:#x}")
