"""The session's journal: its format, writing, index, safe text, search and filter."""
