"""Processes: start in a group of their own, watch, stop with all they started, adopt."""
