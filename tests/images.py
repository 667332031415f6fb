"""Images built by buildah on a base of Debian's packages, and started without a container runtime, for tests.

A registry is not needed: Debian's Python takes the place of the image that the Dockerfile names, with Node from its
locked wheel that of the one in web/Dockerfile. A container is a chroot as the number that the image names, into a tree
that is read-only but for /tmp. Needs root.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kube

from cli import cluster_tools, real_parts
from cli.node import NODE_LOCK, locked_node

BASE, NODE_BASE = "localhost/tickler-base", "localhost/tickler-node"
IMAGE, WEB_IMAGE = "localhost/tickler", "localhost/tickler-web"
PACKAGES = "python3,python3-venv,ca-certificates"
SUITE = "bookworm"
# Where authorities are that this machine has besides the usual ones, for what a build fetches.
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
TOLD_BY = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
BUILD_SECONDS = 2400.0
# Says what the image says, then becomes the program: the process is the container's, and gets its signals.
ENTER = """
set -eu
root=$1; shift
mount --bind "$root" "$root"
mount --options remount,bind,ro "$root"
mount --types tmpfs --options size=64m,mode=1777 tmpfs "$root/tmp"
mount --types proc proc "$root/proc"
exec chroot --userspec="$AS" "$root" /usr/bin/env --ignore-environment --chdir="$FOLDER" "$@"
"""


def _buildah(*words: str, seconds: float = 300.0, folder: Path | None = None) -> str:
    store = real_parts.cache() / "images"
    flags = ["--root", str(store / "root"), "--runroot", str(store / "run"), "--storage-driver", "overlay"]
    command = ["nice", "-n", "10", str(cluster_tools.tool("buildah", kube.say)), *flags, *words]
    return real_parts.run(f"buildah {words[0]}", command, seconds, folder, {"BUILDAH_ISOLATION": "chroot"})


def base() -> str:
    """The image that stands for the official one of Python, made once."""
    target = real_parts.cache() / f"image-base-{cluster_tools.digest(PACKAGES, SUITE)}" / "base.tar"

    def make(made: Path) -> None:
        kube.say("  Making a base image of Debian's packages, once")
        hook = f"--customize-hook=copy-in {AUTHORITIES} {Path(AUTHORITIES).parent}"
        command = [str(cluster_tools.tool("mmdebstrap", kube.say)), "--variant=minbase", f"--include={PACKAGES}", hook]
        real_parts.run("mmdebstrap", ["nice", "-n", "10", *command, SUITE, str(made)], BUILD_SECONDS)

    real_parts.make_once(target, make)
    name = f"{BASE}:{cluster_tools.digest(PACKAGES, SUITE)}"
    if not _is_there(name):
        told = [word for variable in TOLD_BY for word in ("--env", f"{variable}={AUTHORITIES}")]
        _make(name, "scratch", target, "/", told)
    return name


def node_base() -> str:
    """The image that stands for the official one of Node, made once."""
    name = f"{NODE_BASE}:{cluster_tools.digest(NODE_LOCK.read_text())}"
    if _is_there(name):
        return name
    wheel = locked_node(real_parts.cache(), kube.say).folder.parent
    with tempfile.TemporaryDirectory(prefix="tickler-") as folder:
        local = Path(folder) / "local"
        (local / "bin").mkdir(parents=True)
        shutil.copy(wheel / "bin" / "node", local / "bin" / "node")
        shutil.copytree(wheel / "lib", local / "lib")
        for program in ("npm", "npx"):
            # Links, which a wheel cannot have.
            (local / "bin" / program).symlink_to(f"../lib/node_modules/npm/bin/{program}-cli.js")
        _make(name, base(), local, "/usr/local")
    return name


def _is_there(name: str) -> bool:
    return name in _buildah("images", "--format", "{{.Name}}:{{.Tag}}").split()


def _make(name: str, below: str, added: Path, where: str, settings: Sequence[str] = ()) -> None:
    """An image of the one below and the files of a folder or archive."""
    container = _buildah("from", "--pull-never", below).strip()
    _buildah("add", container, str(added), where)
    if settings:
        _buildah("config", *settings, container)
    _buildah("commit", "--quiet", container, name)
    _buildah("rm", container)


def build(root: Path) -> str:
    """The image of the repository's Dockerfile; unchanged steps are those of the last time."""
    return _build(root, IMAGE, "Dockerfile", f"PYTHON_IMAGE={base()}")


def build_web(root: Path) -> str:
    """The image of web/Dockerfile."""
    return _build(root, WEB_IMAGE, "web/Dockerfile", f"NODE_IMAGE={node_base()}")


def _build(root: Path, name: str, file: str, argument: str) -> str:
    begun = time.monotonic()
    words = ["--pull-never", "--layers", "--build-arg", argument, "--build-arg", "REVISION=tried"]
    _buildah("bud", *words, "--file", file, "--tag", name, ".", seconds=BUILD_SECONDS, folder=root)
    kube.say(f"  the image of {file} is built ({time.monotonic() - begun:.0f} s)")
    return name


@dataclass(frozen=True)
class Image:
    """Its files, and what it says of itself, as OCI names it: User, Env, Entrypoint, WorkingDir, Labels."""

    root: Path
    said: Mapping[str, Any]


@contextlib.contextmanager
def opened(name: str) -> Iterator[Image]:
    """An image by its name, until the block ends."""
    said = json.loads(_buildah("inspect", "--type", "image", name))["OCIv1"]["config"]
    container = _buildah("from", "--pull-never", name).strip()
    try:
        yield Image(Path(_buildah("mount", container).strip()), said)
    finally:
        _buildah("umount", container)
        _buildah("rm", container)


@dataclass
class Container:
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")


@contextlib.contextmanager
def started(
    image: Image, words: Sequence[str], given: Mapping[str, str], *, entrypoint: Sequence[str] = ()
) -> Iterator[Container]:
    """The image's entry point, or another, with `words`, in its environment and `given`."""
    said = image.said
    environment = dict(line.split("=", 1) for line in said["Env"]) | dict(given)
    entry = [f"{name}={value}" for name, value in environment.items()] + [*(entrypoint or said["Entrypoint"]), *words]
    outer = {"AS": said["User"], "FOLDER": said["WorkingDir"], "PATH": os.environ["PATH"]}
    with tempfile.TemporaryDirectory(prefix="tickler-") as folder:
        log = Path(folder) / "log"
        command = ["unshare", "--mount", "sh", "-c", ENTER, "enter", str(image.root), *entry]
        process = real_parts.started(command, folder=Path(folder), log=log, environment=outer)
        try:
            yield Container(process, log)
        finally:
            real_parts.end(process)
