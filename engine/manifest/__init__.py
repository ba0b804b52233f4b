"""WADM applications: their model, made from a project's dependencies, validated, compared. Open `model.py`."""
