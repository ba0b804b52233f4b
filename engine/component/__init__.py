"""Component binaries, read without compiling them: sections, imports and exports, embedded WIT. Open `read.py`.

`model.py` has what both this room and `engine.wit` read into.
"""
