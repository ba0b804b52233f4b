"""Languages whose own tool builds a component: the command, where the project names none, and what it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.project.project import Project

RUST_TARGET = "wasm32-wasip2"


def default(project: Project) -> Sequence[str] | None:
    """The command for a component in Rust or TinyGo; None for what needs to be told."""
    if project.kind != "component":
        return None
    if project.language == "rust":
        profile = [] if project.config.rust.debug else ["--release"]
        return ["cargo", "build", *profile, "--target", RUST_TARGET]
    if project.language == "tinygo":
        world = ["-wit-world", project.world] if project.world else []
        wit = ["-wit-package", str(project.wit)] if project.wit else []
        return ["tinygo", "build", "-o", str(project.artifact), "-target", "wasip2", *wit, *world, "."]
    return None


def artifact(project: Project) -> Path | None:
    """Where cargo leaves its file; None where the command is given the place."""
    if project.language != "rust" or project.build_command is not None:
        return None
    target = Path(project.config.rust.target_path or "target")
    profile = "debug" if project.config.rust.debug else "release"
    return project.source_root / target / RUST_TARGET / profile / f"{project.slug.replace('-', '_')}.wasm"
