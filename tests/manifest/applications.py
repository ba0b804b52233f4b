"""Applications of every shape, for properties that hold for all of them. Made from a seed: a tree of strategies for
all this takes hypothesis a second an example."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from engine.manifest.links import Link, link_properties
from engine.manifest.model import (
    Application,
    Component,
    ConfigRef,
    Metadata,
    Policy,
    Properties,
    SecretRef,
    SecretSource,
    SharedApplication,
    Spec,
    Trait,
)

T = TypeVar("T")

# The texts that readers of YAML fall over, and signs that a terminal would.
WORDS = """yes no on y ~ null 1.0 0777 0o17 0x1f 1e3 12:30:45 1_000 .5 - #  ' " \\ {} [a] *a &a !a | > % @ ` ? = <<
2020-01-01 é 日本 😀 true False +1 .inf .nan 0b1 a:b a, ,"""
SIGNS = [
    "",
    " ",
    " a",
    "a ",
    "a: b",
    "a #b",
    "- a",
    "a\nb",
    "\n",
    "a\r\nb",
    "\t",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
]
ODD = [*WORDS.split(), *SIGNS, "\x1b[31m", "\x7f", "a:", "x" * 200, "\U0010fffd"]
texts = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


class Maker:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def text(self) -> str:
        if self.random.random() < 0.6:
            return self.random.choice(ODD)
        ranges = [(0, 0x7F), (0x80, 0x2FF), (0x300, 0xD7FF), (0xE000, 0x1F6FF)]
        signs = (
            chr(self.random.randint(*self.random.choice(ranges))) for _ in range(self.random.randrange(9))
        )
        return "".join(signs)

    def name(self) -> str:
        return self.random.choice("abcdefgh") + self.random.choice(["", "-one", "-two", "-3"])

    def maybe(self, make: Callable[[], T]) -> T | None:
        return make() if self.random.random() < 0.5 else None

    def several(
        self, make: Callable[[], T], most: int, key: Callable[[T], object] | None = None
    ) -> tuple[T, ...]:
        items = [make() for _ in range(self.random.randrange(most + 1))]
        return tuple(items if key is None else {key(item): item for item in items}.values())

    def map(self) -> dict[str, str]:
        return {self.text(): self.text() for _ in range(self.random.randrange(4))}

    def config(self) -> ConfigRef:
        return ConfigRef(self.text(), self.maybe(self.map))

    def configs(self) -> tuple[ConfigRef, ...]:
        return self.several(self.config, 3, lambda item: item.name)

    def secret(self) -> SecretRef:
        source = SecretSource(self.text(), self.text(), self.maybe(self.text), self.maybe(self.text))
        return SecretRef(self.text(), source)

    def secrets(self) -> tuple[SecretRef, ...]:
        found = self.several(self.secret, 2, lambda item: item.name)
        return tuple(sorted(found, key=lambda item: item.name))

    def link(self) -> Link:
        return Link(
            namespace=self.name(),
            package=self.name(),
            interfaces=tuple(sorted({self.name() for _ in range(self.random.randint(1, 3))})),
            target=self.name(),
            name=self.maybe(self.name),
            source_config=self.configs(),
            source_secrets=self.secrets(),
            target_config=self.configs(),
            target_secrets=self.secrets(),
        )

    def trait(self) -> Trait:
        kind = self.random.randrange(4)
        if kind < 2:
            return Trait("link", link_properties(self.link()))
        if kind == 2:
            type_ = self.random.choice(["spreadscaler", "daemonscaler"])
            return Trait(type_, {"instances": self.random.randrange(2**40)})
        values: list[Any] = [True, None, -5, 2**60, 1.5, [self.text()], {}, []]
        return Trait(f"x-{self.name()}", {self.text(): self.random.choice(values) for _ in range(2)})

    def properties(self) -> Properties:
        image = self.maybe(self.text)
        return Properties(
            image=image,
            application=SharedApplication(self.text(), self.text()) if image is None else None,
            id=self.maybe(self.text),
            config=self.configs(),
            secrets=self.secrets(),
        )

    def component(self) -> Component:
        type_: Any = self.random.choice(["component", "capability"])
        return Component(self.name(), type_, self.properties(), self.several(self.trait, 4))

    def application(self) -> Application:
        policies = self.several(
            lambda: Policy(self.name(), self.text(), self.map()), 2, lambda item: item.name
        )
        return Application(
            metadata=Metadata(self.text(), self.map(), self.map()),
            spec=Spec(self.several(self.component, 3, lambda item: item.name), policies),
        )


def application(seed: int) -> Application:
    return Maker(seed).application()


applications = st.integers(0, 2**64).map(application)
