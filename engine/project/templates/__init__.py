"""Projects to start from, one folder each. `__NAME__` in a file stands for the new project's name."""
