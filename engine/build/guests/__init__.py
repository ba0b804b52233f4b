"""Code that runs inside components, not here: baked into dev shells by the toolchains."""
