"""Names on a command line: any of those there are, or all."""

from collections.abc import Sequence

import typer


def chosen(names: Sequence[str], there_are: Sequence[str]) -> list[str]:
    """The names, or all of them for `all`. Raises typer.BadParameter, which says what there is."""
    every = list(there_are) if "all" in names else list(names)
    unknown = [name for name in every if name not in there_are]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}; there are: all, {', '.join(there_are)}", param_hint="NAMES")
    return every
