"""What a world needs and who provides it: catalogue, discovery, overrides, toggles."""
