"""`wake deps` and `wake manifest` over all examples, against the start of bare Python: `python -m tests.bench.project`."""
