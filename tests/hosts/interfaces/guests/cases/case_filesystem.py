from expect import fails_as, same
from wit_world.imports import preopens, streams
from wit_world.imports import wasi_filesystem_types as fs
from wit_world.imports.wall_clock import Datetime
from wit_world.imports.wasi_filesystem_types import (
    Advice,
    DescriptorFlags,
    DescriptorType,
    ErrorCode,
    NewTimestamp_NoChange,
    NewTimestamp_Timestamp,
    OpenFlags,
    PathFlags,
)

READ = DescriptorFlags.READ
WRITE = DescriptorFlags.READ | DescriptorFlags.WRITE
NONE, FOLLOW = PathFlags(0), PathFlags.SYMLINK_FOLLOW
NOTHING, CREATE = OpenFlags(0), OpenFlags.CREATE
FAR = (1 << 63) - 1


def run():
    found = {name: descriptor for descriptor, name in preopens.get_directories()}
    data, frozen = found["/data"], found["/cases"]

    def new(name):
        return data.open_at(NONE, name, CREATE, WRITE)

    file = new("f")
    same(file.write(b"0123456789", 0), 10)
    fails_as(ErrorCode.IS_DIRECTORY, data.write, b"", 0)
    same(file.read(4, 2), (b"2345", False))
    same(file.read(4, 8), (b"89", True))
    fails_as(ErrorCode.IS_DIRECTORY, data.read, 1, 0)
    file.set_size(5)
    fails_as(ErrorCode.IS_DIRECTORY, data.set_size, 5)
    same(file.stat().size, 5)
    same(file.stat().type, DescriptorType.REGULAR_FILE)
    same(file.get_type(), DescriptorType.REGULAR_FILE)
    same(file.get_flags(), WRITE)
    file.advise(0, 5, Advice.WILL_NEED)
    fails_as(ErrorCode.BAD_DESCRIPTOR, data.advise, 0, 5, Advice.NORMAL)
    file.sync()
    file.sync_data()
    pipe = data.open_at(NONE, "pipe", NOTHING, WRITE)
    fails_as(ErrorCode.INVALID, pipe.sync)
    fails_as(ErrorCode.INVALID, pipe.sync_data)

    when = NewTimestamp_Timestamp(Datetime(7, 8))
    file.set_times(NewTimestamp_NoChange(), when)
    same(data.stat_at(NONE, "f").data_modification_timestamp, Datetime(7, 8))
    fails_as(ErrorCode.READ_ONLY, frozen.set_times, when, when)
    data.set_times_at(NONE, "f", when, when)
    fails_as(ErrorCode.NO_ENTRY, data.set_times_at, NONE, "missing", when, when)
    fails_as(ErrorCode.NO_ENTRY, data.stat_at, NONE, "missing")
    same(file.metadata_hash(), data.metadata_hash_at(NONE, "f"))
    fails_as(ErrorCode.NO_ENTRY, data.metadata_hash_at, NONE, "missing")

    data.create_directory_at("d")
    fails_as(ErrorCode.EXIST, data.create_directory_at, "d")
    folder = data.open_at(NONE, "d", OpenFlags.DIRECTORY, READ)
    fails_as(ErrorCode.NOT_PERMITTED, folder.open_at, NONE, "../f", NOTHING, READ)
    fails_as(ErrorCode.READ_ONLY, frozen.open_at, NONE, "new", CREATE, WRITE)
    data.link_at(NONE, "f", folder, "g")
    fails_as(ErrorCode.EXIST, data.link_at, NONE, "f", folder, "g")
    assert file.is_same_object(folder.open_at(NONE, "g", NOTHING, READ))
    data.rename_at("d/g", data, "h")
    fails_as(ErrorCode.NO_ENTRY, data.rename_at, "d/g", data, "h")
    data.symlink_at("h", "l")
    fails_as(ErrorCode.NOT_PERMITTED, data.symlink_at, "/etc", "m")
    same(data.readlink_at("l"), "h")
    fails_as(ErrorCode.INVALID, data.readlink_at, "h")
    same(data.open_at(FOLLOW, "l", NOTHING, READ).read(2, 0)[0], b"01")
    fails_as(ErrorCode.LOOP, data.open_at, NONE, "l", NOTHING, READ)

    names = []
    with data.read_directory() as entries:
        while entry := entries.read_directory_entry():
            names.append((entry.name, entry.type))
    same(dict(names)["d"], DescriptorType.DIRECTORY)
    same(dict(names)["l"], DescriptorType.SYMBOLIC_LINK)
    fails_as(ErrorCode.NOT_DIRECTORY, file.read_directory)
    fails_as(ErrorCode.NOT_DIRECTORY, data.remove_directory_at, "h")
    data.remove_directory_at("d")
    fails_as(ErrorCode.NO_ENTRY, data.unlink_file_at, "missing")
    data.unlink_file_at("h")

    with file.read_via_stream(3) as stream:
        same(stream.blocking_read(10), b"34")
        fails_as(streams.StreamError_Closed, stream.read, 1)
    fails_as(ErrorCode.IS_DIRECTORY, data.read_via_stream, 0)
    with file.write_via_stream(1) as stream:
        stream.blocking_write_and_flush(b"ab")
    fails_as(ErrorCode.IS_DIRECTORY, data.write_via_stream, 0)
    with file.append_via_stream() as stream:
        stream.blocking_write_and_flush(b"!")
    fails_as(ErrorCode.IS_DIRECTORY, data.append_via_stream)
    same(file.read(10, 0)[0], b"0ab34!")

    with file.write_via_stream(FAR) as stream:
        failed = fails_as(streams.StreamError_LastOperationFailed, stream.blocking_write_and_flush, b"xx")
        assert failed.value.to_debug_string()
        assert fs.filesystem_error_code(failed.value) in (ErrorCode.FILE_TOO_LARGE, ErrorCode.INVALID)
