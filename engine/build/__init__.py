"""Source to deliverable: toolchains, dev shells, running compilers, their diagnostics, the artifact cache."""
