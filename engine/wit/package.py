"""The texts of one package, put together: headers that agree, then its names."""

from __future__ import annotations

from engine.component.model import PackageName, Source, Span
from engine.wit.draft import Draft
from engine.wit.errors import Enough, Skip, WitError
from engine.wit.names import Names
from engine.wit.syntax import PackageDecl, PackageHeader
from engine.wit.tree import NO_HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.wit.syntax import Declaration


class PackageText:
    """The declarations of one package, file by file, without nested packages."""

    __slots__ = ("docs", "docs_span", "files", "name", "problems", "span")

    def __init__(self) -> None:
        self.name: PackageName | None = None
        self.span: Span | None = None
        self.docs: str | None = None
        self.files: list[tuple[Source, tuple[Declaration, ...]]] = []
        self.problems: list[WitError] = []

    def add(
        self, source: Source, header: PackageHeader | None, declarations: tuple[Declaration, ...]
    ) -> None:
        """Adds a file. All headers must agree, and one of them at most has docs."""
        for declaration in declarations:
            if isinstance(declaration, PackageDecl):
                self.problems.append(
                    WitError("nested packages must be placed at the top-level", declaration.header)
                )
        if header is not None:
            if self.name is not None and header.name != self.name:
                self.problems.append(
                    WitError(
                        f"package identifier `{header.name}` does not match previous package name of "
                        f"`{self.name}`",
                        header,
                        hint="all files of a folder make one package; other packages go to `deps/`",
                    )
                )
            self.name = header.name
            self.span = header
            if header.docs is not None:
                if self.docs is not None:
                    self.problems.append(
                        WitError("found doc comments on multiple 'package' items", header.docs_span)
                    )
                self.docs = header.docs
        self.files.append((source, declarations))

    def draft(self) -> Draft | None:
        """The package with its own names looked up; `None`, with the reasons in `problems`, where that fails."""
        if self.name is None or self.span is None:
            if not self.problems:
                source = self.files[0][0] if self.files else Source("", "")
                self.problems.append(
                    WitError(
                        NO_HEADER,
                        Span(source, 0, 0),
                        hint="begin one of its files with `package namespace:name;`",
                    )
                )
            return None
        draft = Draft(self.name, self.span)
        draft.docs = self.docs
        draft.files = tuple([source.path for source, _ in self.files])
        if not self.problems:
            names = Names(draft, self.files, self.problems)
            try:
                names.all()
            except (Skip, Enough):
                pass
        return None if self.problems else draft
