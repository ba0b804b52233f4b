from expect import fails, same
from wit_world.imports import blobstore, control
from wit_world.imports import wasi_blobstore_types as types
from wit_world.imports.wasi_blobstore_types import IncomingValue, ObjectId, OutgoingValue

ALL = (1 << 64) - 1


def put(container, name, *parts):
    value = OutgoingValue.new_outgoing_value()
    with value.outgoing_value_write_body() as body:
        container.write_data(name, value)
        for part in parts:
            body.blocking_write_and_flush(part)
    OutgoingValue.finish(value)


def run():
    box = blobstore.create_container("box")
    assert "255 bytes" in fails(blobstore.create_container, "x" * 300)
    same(blobstore.container_exists("box"), True)
    same(blobstore.container_exists("none"), False)
    assert "none" in fails(blobstore.get_container, "none")
    same(blobstore.get_container("box").name(), "box")
    same(box.info().name, "box")

    put(box, "a", b"one ", b"two")
    put(box, "../b", b"two")
    value = box.get_data("a", 0, 2)
    same(value.size(), 3)
    same(IncomingValue.incoming_value_consume_sync(value), b"one")
    with IncomingValue.incoming_value_consume_async(box.get_data("a", 4, ALL)) as stream:
        same(stream.blocking_read(100), b"two")
    assert "no object" in fails(box.get_data, "none", 0, 1)
    info = box.object_info("a")
    same((info.name, info.container, info.size), ("a", "box", 7))
    assert "no object" in fails(box.object_info, "none")
    same(box.has_object("a"), True)
    names = box.list_objects()
    same(names.skip_stream_object_names(1), (1, False))
    same(names.read_stream_object_names(5), (["a"], True))

    here, there = ObjectId("box", "a"), ObjectId("box", "c")
    blobstore.copy_object(here, there)
    blobstore.move_object(there, ObjectId("box", "d"))
    for call in (blobstore.copy_object, blobstore.move_object):
        assert "no object" in fails(call, there, here)
    box.delete_object("d")
    box.delete_objects(["../b"])
    same(box.list_objects().read_stream_object_names(9), (["a"], True))

    value = OutgoingValue.new_outgoing_value()
    body = value.outgoing_value_write_body()
    same(fails(value.outgoing_value_write_body), None)
    body.__exit__(None, None, None)
    box.write_data("late", value)
    box.clear()
    same(box.has_object("a"), False)
    whole, parts, names = box, None, box.list_objects()
    put(box, "e", b"x")
    whole, parts = box.get_data("e", 0, 0), box.get_data("e", 0, 0)

    blobstore.delete_container("box")
    assert "no container" in fails(OutgoingValue.finish, value)
    assert "no container" in fails(blobstore.delete_container, "box")
    calls = [
        (box.info,),
        (box.get_data, "a", 0, 1),
        (box.write_data, "a", OutgoingValue.new_outgoing_value()),
        (box.list_objects,),
        (box.delete_object, "a"),
        (box.delete_objects, ["a"]),
        (box.has_object, "a"),
        (box.object_info, "a"),
        (box.clear,),
    ]
    for call in calls:
        assert "no container" in fails(*call)
    control.set_link("wasi:blobstore/blobstore", "off")
    calls = [
        (box.name,),
        (blobstore.container_exists, "box"),
        (names.read_stream_object_names, 1),
        (names.skip_stream_object_names, 1),
        (types.IncomingValue.incoming_value_consume_sync, whole),
        (types.IncomingValue.incoming_value_consume_async, parts),
    ]
    for call in calls:
        assert "is off" in fails(*call)
    control.set_link("wasi:blobstore/blobstore", "linked")
