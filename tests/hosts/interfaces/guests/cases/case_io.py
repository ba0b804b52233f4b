from expect import fails_as, same
from wit_world.imports import monotonic_clock, poll, preopens, streams
from wit_world.imports.wasi_filesystem_types import DescriptorFlags, OpenFlags, PathFlags

CLOSED = streams.StreamError_Closed
FAILED = streams.StreamError_LastOperationFailed
FAR = (1 << 63) - 1


def run():
    data = {name: descriptor for descriptor, name in preopens.get_directories()}["/data"]
    both = DescriptorFlags.READ | DescriptorFlags.WRITE
    file = data.open_at(PathFlags(0), "io", OpenFlags.CREATE | OpenFlags.TRUNCATE, both)
    out = file.write_via_stream(0)
    room = out.check_write()
    assert room >= 4
    out.write(b"abcd")
    out.flush()
    out.blocking_flush()
    assert out.check_write() >= 3
    out.write_zeroes(3)
    out.blocking_write_zeroes_and_flush(2)
    out.blocking_write_and_flush(b"end")
    assert out.subscribe().ready()
    same(file.read(100, 0), (b"abcd\0\0\0\0\0end", True))

    source = file.read_via_stream(0)
    same(source.read(2), b"ab")
    same(source.skip(1), 1)
    same(source.blocking_skip(1), 1)
    ready = source.subscribe()
    ready.block()
    assert ready.ready()
    same(out.splice(source, 2), 2)
    same(out.blocking_splice(source, 3), 3)
    same(source.blocking_read(100), b"end\0\0\0\0\0")
    never = monotonic_clock.subscribe_duration((1 << 64) - 1)
    same(poll.poll([never, ready, out.subscribe()]), [1, 2])

    ended = file.read_via_stream(1000)
    for call in (ended.read, ended.blocking_read, ended.skip, ended.blocking_skip):
        fails_as(CLOSED, call, 1)
    fails_as(CLOSED, out.splice, ended, 1)
    fails_as(CLOSED, out.blocking_splice, ended, 1)

    def far():
        stream = file.write_via_stream(FAR)
        assert stream.check_write() >= 2
        return stream

    fails_as(FAILED, far().write_zeroes, 2)
    fails_as(FAILED, far().blocking_write_and_flush, b"xx")
    fails_as(FAILED, far().blocking_write_zeroes_and_flush, 2)
    broken = far()
    fails_as(FAILED, broken.write, b"xx")
    fails_as(CLOSED, broken.flush)
    fails_as(CLOSED, broken.blocking_flush)
    fails_as(CLOSED, broken.check_write)
    assert broken.subscribe().ready()
