"""The session's journal: one file, appended to by every process of the session, read directly by dashboards.

Open `record.py` for the format, `journal.py` to write, `reader.py` and `view.py` to read, search and filter.
Text stays raw on disk and is made safe (`safe.py`) when read or shown.
"""
