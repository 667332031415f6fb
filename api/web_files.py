"""The files of the web UI, read once and kept as they are sent: a path that is not among them leads nowhere.

An export has some 1.5 MB; what gets smaller by gzip is compressed when it is read.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api import web_policy

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    # What the router of the pages loads, too: it expects this type.
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_OTHER: Final = "application/octet-stream"
_COMPRESSIBLE: Final = ("text/", "application/json", "application/manifest+json", "image/svg+xml", "image/x-icon")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_LEAST_SAVED: Final = 0.9


@dataclass(frozen=True, slots=True)
class File:
    """`gzipped` is None where that saves next to nothing; `headers` are those of every answer."""

    body: bytes
    gzipped: bytes | None
    etag: str
    content_type: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Export:
    """Files by the paths they are asked for, pages without .html; and the page for every other path."""

    files: dict[str, File]
    not_found: File | None


def load(folder: Path) -> Export:
    """Links that lead out of the folder are left out."""
    root = folder.resolve()
    names = [file.relative_to(folder) for file in sorted(folder.rglob("*")) if file.is_file()]
    files = {_path(name): _read(folder, name) for name in names if (folder / name).resolve().is_relative_to(root)}
    return Export(files, files.pop("/404", None))


def _path(name: Path) -> str:
    if name.name == "index.html":
        return "/" + "/".join(name.parts[:-1])
    return "/" + (name.with_suffix("") if name.suffix == ".html" else name).as_posix()


def _read(folder: Path, name: Path) -> File:
    body = (folder / name).read_bytes()
    content_type = _TYPES.get(name.suffix, _OTHER)
    is_page = name.suffix == ".html"
    compressed = gzip.compress(body, mtime=0) if content_type.startswith(_COMPRESSIBLE) else None
    is_smaller = compressed is not None and len(compressed) < _LEAST_SAVED * len(body)
    return File(
        body=body,
        gzipped=compressed if is_smaller else None,
        etag=hashlib.sha256(body).hexdigest()[:16],
        content_type=content_type,
        headers={
            "Cache-Control": _FOR_EVER if name.parts[:2] == ("_next", "static") else "no-cache",
            "Content-Security-Policy": web_policy.of_page(body.decode()) if is_page else web_policy.of_file(),
            **({"Vary": "Accept-Encoding"} if is_smaller else {}),
        },
    )
