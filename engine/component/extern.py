"""Names of imports and exports, and the codes of primitive types."""

from __future__ import annotations

from engine.component.cursor import Cursor

PRIMITIVE_CODES = {
    0x7F: "bool",
    0x7E: "s8",
    0x7D: "u8",
    0x7C: "s16",
    0x7B: "u16",
    0x7A: "s32",
    0x79: "u32",
    0x78: "s64",
    0x77: "u64",
    0x76: "f32",
    0x75: "f64",
    0x74: "char",
    0x73: "string",
    0x64: "error-context",
}


class Name:
    """An import's or export's name, with what is said about it besides (`Binary.md`, "nameopts")."""

    __slots__ = ("external_id", "implements", "text")

    def __init__(self, text: str, implements: str | None = None, external_id: str | None = None) -> None:
        self.text = text
        self.implements = implements
        self.external_id = external_id


def read_name(cursor: Cursor) -> Name:
    form = cursor.byte()
    text = cursor.name()
    if form < 0x02:
        return Name(text)
    if form > 0x02:
        raise cursor.fail(f"a name of unknown form {form:#x}")
    implements = external_id = None
    for _ in range(cursor.count()):
        option = cursor.byte()
        value = cursor.name()
        if option == 0x00:
            implements = value
        elif option == 0x01:
            text += value
        elif option == 0x02:
            external_id = value
    return Name(text, implements, external_id)
