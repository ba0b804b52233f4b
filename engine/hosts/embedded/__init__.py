"""The embedded host: wasmtime in a child process, every interface defined in Python.

`values.py` says how component values look in Python, `registry.py` how an interface offers its functions.
"""
