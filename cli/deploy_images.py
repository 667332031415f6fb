"""Writes which images every overlay runs, by digest, into k8s/base/kustomization.yaml, for the workflow `main`.

`kustomize edit` would write the whole file anew, without its order and its comments' places.
"""

import re
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

FILE: Final = Path(__file__).resolve().parent.parent / "k8s" / "base" / "kustomization.yaml"
_IMAGE: Final = re.compile(r"([\w./:-]+)@(sha256:[0-9a-f]{64})")


class ImageError(ValueError):
    """No image, or none that the manifests know; the message says which."""


def with_image(text: str, name: str, image: str) -> str:
    """The kustomization with `name` being this image, given as repository@digest."""
    given = _IMAGE.fullmatch(image.lower())
    if given is None:
        raise ImageError(f"{image} is not repository@sha256:digest")
    entry = re.compile(rf"(  - name: {re.escape(name)}\n    newName: )\S+\n    (?:newTag|digest): \S+\n")
    written, count = entry.subn(rf"\g<1>{given[1]}\n    digest: {given[2]}\n", text)
    if count != 1:
        raise ImageError(f"{FILE.name} has no image {name} with newName and newTag or digest")
    return written


def main(
    images: Annotated[
        list[str], typer.Argument(help="NAME=REPOSITORY@sha256:DIGEST, as tickler=ghcr.io/me/tickler@sha256:…")
    ],
) -> None:
    """Have every overlay run these images. Exit codes: 0 written, 1 none of ours, or no digest."""
    text = FILE.read_text(encoding="utf-8")
    try:
        for each in images:
            name, _, image = each.partition("=")
            text = with_image(text, name, image)
    except ImageError as error:
        typer.echo(f"images: {error}", err=True)
        raise typer.Exit(1) from None
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    sys.exit(app())
