from wit_world.imports import wasi_keyvalue_store_0_2_0_draft2 as store


def run():
    bucket = store.open("default")
    bucket.set("watched", b"1")
    bucket.delete("watched")
