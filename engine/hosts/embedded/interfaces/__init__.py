"""One module for each WIT package that the host provides. `registry.py` beside this folder says how."""
