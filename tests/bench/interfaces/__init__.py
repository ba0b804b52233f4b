"""What the host's own side of an interface costs: `python -m tests.bench.interfaces`."""
