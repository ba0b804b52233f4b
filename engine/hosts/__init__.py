"""Where components run. `base.py` says what a host is."""
