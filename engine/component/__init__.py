"""Component binaries, read without compiling them: sections, imports and exports, embedded WIT."""
