"""Measurements: `python -m tests.bench.<room>`, each beside a floor or a peer of the same run."""
