"""What a guest finds behind a deployed manifest."""

from expect import fails, same
from wit_world.imports import blobstore, consumer, control, runtime
from wit_world.imports import wasi_keyvalue_store_0_2_0_draft as store


def run():
    same(runtime.get("color"), "green")
    blobstore.create_container("deployed")
    same(consumer.request("probe.upper", b"text", 10_000).body, b"TEXT")
    if control.fact("keyvalue") == "off":
        assert "wasi:keyvalue/store is off" in fails(store.open, "default").value
        return
    bucket = store.open("default")
    same(bucket.get("k"), control.fact("before").encode() or None)
    bucket.set("k", b"kept")
