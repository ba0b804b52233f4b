"""What a world needs and who provides it: catalogue, discovery, overrides, toggles.

Open `discover.py`: from a project's world to its dependencies. What provides what is data, in `catalogue.toml`.
"""
