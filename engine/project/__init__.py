"""What the user keeps on disk: wasmcloud.toml, projects without one, templates.

Open `find.py`: it finds the project that a path means. `config.py` is the file as structs, `read.py` reads it.
"""
