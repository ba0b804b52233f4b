"""Both drafts, the same way: their cursors and sums differ in type."""

from expect import fails_as, same
from wit_world.imports import (
    control,
    wasi_keyvalue_atomics_0_2_0_draft,
    wasi_keyvalue_atomics_0_2_0_draft2,
    wasi_keyvalue_batch_0_2_0_draft,
    wasi_keyvalue_batch_0_2_0_draft2,
    wasi_keyvalue_store_0_2_0_draft,
    wasi_keyvalue_store_0_2_0_draft2,
)

DRAFT = (
    wasi_keyvalue_store_0_2_0_draft,
    wasi_keyvalue_atomics_0_2_0_draft,
    wasi_keyvalue_batch_0_2_0_draft,
)
DRAFT2 = (
    wasi_keyvalue_store_0_2_0_draft2,
    wasi_keyvalue_atomics_0_2_0_draft2,
    wasi_keyvalue_batch_0_2_0_draft2,
)


def run():
    for store, atomics, batch in (DRAFT, DRAFT2):
        draft(store, atomics, batch)
    compare_and_swap(*DRAFT2[:2])


def draft(store, atomics, batch):
    bucket = store.open(store.__name__)
    bucket.set("k", b"\0v")
    same(bucket.get("k"), b"\0v")
    same(bucket.get("missing"), None)
    same(bucket.exists("k"), True)
    same(bucket.list_keys(None).keys, ["k"])
    bucket.delete("k")
    same(bucket.exists("k"), False)
    same(atomics.increment(bucket, "n", 2), 2)
    same(atomics.increment(bucket, "n", 3), 5)
    batch.set_many(bucket, [("a", b"1"), ("b", b"2")])
    same(batch.get_many(bucket, ["b", "x", "a"]), [("b", b"2"), None, ("a", b"1")])

    many = [(f"key {number}", b"") for number in range(1001)]
    batch.set_many(bucket, many)
    first = bucket.list_keys(None)
    assert first.cursor is not None
    rest = bucket.list_keys(first.cursor)
    same(len(first.keys) + len(rest.keys), 1004)
    same(rest.cursor, None)
    batch.delete_many(bucket, [key for key, _ in many])

    bucket.set("n", b"no number")
    fails_as(store.Error_Other, atomics.increment, bucket, "n", 1)
    for name in ("store", "atomics", "batch"):
        control.set_link(f"wasi:keyvalue/{name}", "off")
    calls = [
        (store.open, "default"),
        (bucket.get, "k"),
        (bucket.set, "k", b""),
        (bucket.delete, "k"),
        (bucket.exists, "k"),
        (bucket.list_keys, None),
        (batch.get_many, bucket, ["k"]),
        (batch.set_many, bucket, [("k", b"")]),
        (batch.delete_many, bucket, ["k"]),
    ]
    for call in calls:
        assert "is off" in fails_as(store.Error_Other, *call).value
    for name in ("store", "atomics", "batch"):
        control.set_link(f"wasi:keyvalue/{name}", "linked")


def compare_and_swap(store, atomics):
    bucket = store.open("swaps")
    cas = atomics.Cas.new(bucket, "c")
    same(cas.current(), None)
    stale = atomics.Cas.new(bucket, "c")
    atomics.swap(cas, b"1")
    failed = fails_as(atomics.CasError_CasFailed, atomics.swap, stale, b"2")
    same(failed.value.current(), b"1")
    atomics.swap(failed.value, b"2")
    same(bucket.get("c"), b"2")
    cas = atomics.Cas.new(bucket, "c")
    control.set_link("wasi:keyvalue/atomics", "unresolved")
    fails_as(store.Error_Other, atomics.Cas.new, bucket, "c")
    fails_as(store.Error_Other, cas.current)
    fails_as(atomics.CasError_StoreError, atomics.swap, cas, b"3")
    control.set_link("wasi:keyvalue/atomics", "linked")
