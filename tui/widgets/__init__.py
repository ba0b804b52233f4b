"""Parts that panes and screens are made of. `log_view.py` is the one that holds a million lines."""
