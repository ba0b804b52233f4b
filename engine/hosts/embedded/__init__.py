"""The embedded host: wasmtime in a child process, every interface defined in Python.

Engine's side: `host.py` starts, feeds and restarts the child over `channel.py`. Child's side, from the outside in:
`__main__.py`, `control.py` (the engine's calls), `application.py` (what is deployed), `served.py` (one component, its
generations and instances), `instance.py`, `linker.py` and `abi.py` (values across the boundary, told in `values.py`).
`compile.py` makes machine code, `http/` is the front, `interfaces/` holds one module a WIT package and `registry.py`
says how it offers its functions. Open `application.py` first.
"""
