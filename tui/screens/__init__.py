"""Whole screens: the four panes, the diff, the history, help, the question when leaving."""
