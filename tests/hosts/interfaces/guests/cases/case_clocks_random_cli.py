from expect import same
from wit_world.imports import (
    environment,
    insecure,
    insecure_seed,
    monotonic_clock,
    poll,
    random,
    stderr,
    stdin,
    stdout,
    terminal_stderr,
    terminal_stdin,
    terminal_stdout,
    wall_clock,
)


def run():
    start = monotonic_clock.now()
    assert monotonic_clock.resolution() > 0
    later = monotonic_clock.subscribe_duration(1_000_000)
    later.block()
    assert monotonic_clock.now() - start >= 1_000_000
    assert monotonic_clock.subscribe_instant(start).ready()
    never = monotonic_clock.subscribe_duration((1 << 64) - 1)
    assert not never.ready()
    same(poll.poll([never, later]), [1])

    now = wall_clock.now()
    assert now.seconds > 1_700_000_000
    assert 0 <= now.nanoseconds < 1_000_000_000
    resolution = wall_clock.resolution()
    assert resolution.seconds or resolution.nanoseconds

    same(len(random.get_random_bytes(33)), 33)
    assert random.get_random_u64() != random.get_random_u64()
    same(len(insecure.get_insecure_random_bytes(5)), 5)
    assert insecure.get_insecure_random_u64() != insecure.get_insecure_random_u64()
    assert insecure_seed.insecure_seed() != insecure_seed.insecure_seed()

    same(dict(environment.get_environment())["PROBE"], "yes")
    same(environment.get_arguments(), ["probe", "argument"])
    same(environment.initial_cwd(), None)
    stdin.get_stdin()
    stdout.get_stdout().blocking_write_and_flush(b"to stdout\n")
    stderr.get_stderr().blocking_write_and_flush(b"to stderr\n")
    same(terminal_stdin.get_terminal_stdin(), None)
    same(terminal_stdout.get_terminal_stdout(), None)
    same(terminal_stderr.get_terminal_stderr(), None)
