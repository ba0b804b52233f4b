"""Where keys and values are kept: `base.py` says what a store is and which one a link means."""
