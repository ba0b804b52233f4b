"""What the user keeps on disk: wasmcloud.toml, projects without one, templates."""
