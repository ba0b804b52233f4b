"""The four panes. `pane.py` says what they share."""
