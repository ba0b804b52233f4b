"""Waiting for events, descriptors and times; pipes between threads."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from engine.hosts.embedded.context import Context, Deployment
from engine.hosts.embedded.interfaces import io
from engine.hosts.embedded.streams import Bytes, Closed, Failed, Pipe, PipeInput, PipeOutput, Pollable, Sink
from engine.hosts.embedded.values import Err, Ok, Trap
from engine.hosts.embedded.waiting import READ, Always, Deadline, Descriptor, Event, thread_waiter, wait

NEVER = 1 << 62


@pytest.fixture
def cx(tmp_path: Path) -> Context:
    return Context(Deployment("guest", tmp_path, lambda *line: None))


def test_all_that_are_ready_are_given() -> None:
    event = Event()
    assert wait(None, [event, Always(), Deadline(0), Deadline(NEVER)]) == [1, 2]


def test_an_event_set_by_another_thread_ends_the_wait() -> None:
    first, second = Event(), Event()
    threading.Timer(0.01, second.set).start()
    assert wait(None, [first, second, Deadline(NEVER)]) == [1]


def test_an_event_set_before_the_sleep_is_not_missed() -> None:
    for _ in range(200):
        event = Event()
        thread = threading.Thread(target=event.set)
        thread.start()
        assert wait(None, [event]) == [0]
        thread.join()


def test_a_descriptor_and_a_time_end_the_wait() -> None:
    read, write = os.pipe()
    try:
        source = Descriptor(read, READ)
        assert wait(None, [source], time.monotonic_ns()) == []
        threading.Timer(0.01, os.write, (write, b"x")).start()
        assert wait(None, [Deadline(NEVER), source]) == [1]
        assert wait(None, [Deadline(time.monotonic_ns() + 1_000_000)]) == [0]
    finally:
        os.close(read)
        os.close(write)


def test_a_cancelled_or_late_guest_does_not_wait(cx: Context) -> None:
    threading.Timer(0.01, cx.cancel, ("nobody waits",)).start()
    with pytest.raises(Trap, match="nobody waits"):
        wait(cx, [Deadline(NEVER)])
    late = Context(cx.deployment)
    late.deadline = time.monotonic_ns() + 1_000_000
    with pytest.raises(Trap, match="time limit"):
        wait(late, [Deadline(NEVER)])


def test_a_wait_leaves_nothing_behind() -> None:
    event = Event()
    wait(None, [event], time.monotonic_ns())
    assert event._waiters == set()
    assert thread_waiter()._fds == {}


def test_a_pipe_holds_up_its_writer_and_wakes_its_reader(cx: Context) -> None:
    pipe = Pipe(capacity=10)
    source = PipeInput(pipe)
    received: list[bytes] = []

    def read() -> None:
        while isinstance(answer := io.blocking_read(cx, source, 3), Ok):
            received.append(answer.value)

    reader = threading.Thread(target=read)
    reader.start()
    sink = PipeOutput(pipe)
    for _ in range(20):
        assert io.blocking_write_and_flush(cx, sink, b"0123456789") == Ok()
    pipe.finish()
    reader.join()
    assert b"".join(received) == b"0123456789" * 20
    assert max(map(len, received)) == 3


def test_both_ends_of_a_pipe_learn_of_the_other_s_end(cx: Context) -> None:
    pipe = Pipe()
    pipe.put(b"last")
    pipe.fail("the line broke", ("connection-terminated", None))
    assert io.read(cx, PipeInput(pipe), 100) == Ok(b"last")
    answer = io.read(cx, PipeInput(pipe), 100)
    assert isinstance(answer, Err)
    assert answer.value[0] == "last-operation-failed"
    assert answer.value[1] is not None
    assert answer.value[1].text == "the line broke"
    assert answer.value[1].cause == ("connection-terminated", None)
    other = Pipe()
    PipeInput(other).drop()
    assert io.check_write(cx, PipeOutput(other)) == Err(("closed", None))
    with pytest.raises(Closed):
        other.put(b"x")
    with pytest.raises(Failed):
        pipe.take(1)


# -- the interface's functions


def test_reading_skipping_and_the_end(cx: Context) -> None:
    stream = Bytes(b"abcdef")
    assert io.read(cx, stream, 2) == Ok(b"ab")
    assert io.skip(cx, stream, 1) == Ok(1)
    assert io.blocking_skip(cx, stream, 1) == Ok(1)
    assert io.blocking_read(cx, stream, 100) == Ok(b"ef")
    for function in (io.read, io.skip, io.blocking_read, io.blocking_skip):
        assert function(cx, stream, 1) == Err(("closed", None))
    assert io.subscribe_input(cx, stream).source.ready()


def test_writing_needs_a_permit(cx: Context) -> None:
    written: list[bytes] = []
    sink = Sink(written.append)
    with pytest.raises(Trap, match="call check-write first"):
        io.write(cx, sink, b"x")
    permit = io.check_write(cx, sink)
    assert isinstance(permit, Ok)
    assert io.write(cx, sink, b"abc") == Ok()
    assert io.write_zeroes(cx, sink, 2) == Ok()
    assert io.flush(cx, sink) == Ok()
    assert io.blocking_flush(cx, sink) == Ok()
    assert io.blocking_write_zeroes_and_flush(cx, sink, 1) == Ok()
    assert b"".join(written) == b"abc\0\0\0"
    with pytest.raises(Trap, match="allowed"):
        io.write_zeroes(cx, sink, 1 << 60)
    with pytest.raises(Trap, match="up to 4096"):
        io.blocking_write_and_flush(cx, sink, bytes(4097))
    with pytest.raises(Trap, match="up to 4096"):
        io.blocking_write_zeroes_and_flush(cx, sink, 4097)
    assert io.subscribe_output(cx, sink).source.ready()


def test_splicing_moves_bytes_and_tells_the_end(cx: Context) -> None:
    written: list[bytes] = []
    source = Bytes(b"abcdef")
    assert io.splice(cx, Sink(written.append), source, 4) == Ok(4)
    assert io.blocking_splice(cx, Sink(written.append), source, 4) == Ok(2)
    assert io.blocking_splice(cx, Sink(written.append), source, 0) == Ok(0)
    assert b"".join(written) == b"abcdef"
    for function in (io.splice, io.blocking_splice):
        assert function(cx, Sink(written.append), source, 1) == Err(("closed", None))


def test_polling_nothing_is_a_trap_and_errors_have_a_text(cx: Context) -> None:
    with pytest.raises(Trap, match="empty list"):
        io.poll_many(cx, [])
    ready = Pollable(Always())
    assert io.poll_many(cx, [Pollable(Event()), ready]) == [1]
    assert io.pollable_ready(cx, ready)
    io.pollable_block(cx, ready)
    refused = io.refusal(Failed("why", "cause"))
    assert refused.value[1] is not None
    assert io.to_debug_string(cx, refused.value[1]) == "why"
