"""How fast WIT is read: `python -m tests.bench.wit`. Needs the shared fixtures; the peer needs componentize-py."""
