"""Files to groups of drafts: a folder's files are one package, and each nested `package … { }` is one more."""

from __future__ import annotations

from engine.wit.draft import Draft
from engine.wit.errors import WitError
from engine.wit.package import PackageText
from engine.wit.syntax import FileDecl, PackageDecl


class Group:
    """The packages of one folder or file: the nested ones, then the main one; whichever could be drafted."""

    __slots__ = ("main", "nested", "problems")

    def __init__(self) -> None:
        self.nested: list[Draft] = []
        self.main: Draft | None = None
        self.problems: list[WitError] = []


def group(files: list[FileDecl | WitError]) -> Group:
    """Drafts of all packages in `files`, given in the order of their paths; a file that could not be parsed stands
    in as its problem. Problems come in upstream's order."""
    made = Group()
    main = PackageText()
    whole = True
    for file in files:
        if isinstance(file, WitError):
            made.problems.append(file)
            whole = False
            continue
        own = []
        for declaration in file.declarations:
            if isinstance(declaration, PackageDecl):
                nested = PackageText()
                nested.add(file.source, declaration.header, declaration.declarations)
                draft = nested.draft()
                if draft is not None:
                    made.nested.append(draft)
                made.problems.extend(nested.problems)
            else:
                own.append(declaration)
        main.add(file.source, file.header, tuple(own))
    if whole:
        made.main = main.draft()
    made.problems.extend(main.problems)
    return made
