"""What the tests in a browser need besides Tickler: Chromium, the packages of web/, and what Node builds."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from cli import bundles, web_check
from cli.graphiql_build import GRAPHIQL
from cli.kept import BuildError
from cli.node import Node, find_node
from cli.web_build import WEB, WEB_UI

Say = Callable[[str], None]
_DEBIAN = bundles.ROOT / ".ci" / "debian"


def chromium(say: Say) -> str:
    """The path of a Chromium: TICKLER_CHROMIUM, the machine's, or Debian's, which root gets. Raises BuildError."""
    named = os.environ.get("TICKLER_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is not None:
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise BuildError(
            "there is no Chromium: install it (Debian: apt install chromium), or name one in TICKLER_CHROMIUM"
        )
    say("Installing Chromium")
    subprocess.run([str(_DEBIAN), "chromium"], check=True)  # noqa: S603 - our own script
    return "/usr/bin/chromium"


def installed(say: Say) -> tuple[Node, Path]:
    """Node, and Playwright's program among the packages of web/. Builds the web UI, and GraphiQL. Raises BuildError."""
    node = find_node("The browser's tests", "./task test:browser", say=say)
    web_check.install(node, say)
    for bundle in (WEB_UI, GRAPHIQL):
        bundles.ensure(bundle, say=say)
    return node, WEB / "node_modules" / "@playwright" / "test" / "cli.js"
