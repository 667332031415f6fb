"""The content security policy of a page of the web UI: our own files, and the inline code that the build put there.

What is inline is named by its hash, so that whatever else gets into a page does not run.
"""

import base64
import hashlib
from html.parser import HTMLParser
from typing import Final

# react-aria puts these two into a page as it runs: for what is pressed, and while a dialog is open on iOS. The browser
# tests fail when a new version of it has another one.
_REACT_ARIA: Final = (
    "@layer {\n  [data-react-aria-pressable] {\n    touch-action: pan-x pan-y pinch-zoom;\n  }\n}",
    "@layer {\n  * {\n    overscroll-behavior: contain;\n  }\n}",
)
_REST: Final = (
    "connect-src 'self'",
    "img-src 'self' data:",
    "manifest-src 'self'",
    "worker-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
)


def of_page(html: str) -> str:
    # Of a page's text the hashes are taken as a browser reads it, which knows one kind of line end.
    inline = _Inline(html.replace("\r\n", "\n").replace("\r", "\n"))
    return _policy(inline.scripts, inline.styles, inline.attributes)


def of_file() -> str:
    """Of everything else: a worker obeys the policy of its own file. Short, for it goes with each of them."""
    return "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"


def _policy(scripts: tuple[str, ...], styles: tuple[str, ...], attributes: tuple[str, ...]) -> str:
    parts = [
        "default-src 'none'",
        " ".join(["script-src 'self'", *_hashes(scripts)]),
        " ".join(["style-src 'self'", *_hashes(_REACT_ARIA + styles)]),
    ]
    if attributes:
        parts.append(" ".join(["style-src-attr 'unsafe-hashes'", *_hashes(attributes)]))
    return "; ".join([*parts, *_REST])


def _hashes(texts: tuple[str, ...]) -> list[str]:
    found = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts}
    return [f"'sha256-{value}'" for value in sorted(found)]


class _Inline(HTMLParser):
    """Collects the code that is in a page: of <script> without src, of <style>, of style attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: tuple[str, ...] = ()
        self.styles: tuple[str, ...] = ()
        self.attributes: tuple[str, ...] = ()
        self._text: list[str] = []
        self._has_source = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._text = []
        self._has_source = tag == "script" and any(name == "src" for name, _ in attrs)
        self.attributes += tuple(value for name, value in attrs if name == "style" and value)

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and not self._has_source:
            self.scripts += ("".join(self._text),)
        if tag == "style":
            self.styles += ("".join(self._text),)
