"""`./task fuzz`: a fuzzer that writes GraphQL from the schema, against a fresh stack with one signed-in user.

Every answer may be an error of the caller, none may be one of ours. The fuzzer (schemathesis) comes from a lock of its
own and lives in a cache outside the checkout, beside the project's packages rather than among them.
"""

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from graphql import build_schema

from api.graphql.schema import build_schema as build_own
from cli.stack import StackError, fresh_stack

LOCK = Path(__file__).resolve().parent.parent / "requirements-fuzz.lock"
HOOKS = LOCK.parent / "tests" / "fuzz" / "hooks.py"
# What ends the session of the fuzzer's own user.
LEFT_OUT = ("signOutEverywhere", "deleteAccount")
# The fuzzer is one very busy user at one address.
ENVIRONMENT = {
    "TICKLER_RATE_USER": "1000000/minute",
    "TICKLER_RATE_ADDRESS": "1000000/minute",
    "TICKLER_RATE_SIGN_UP_ACCOUNT": "1000000/minute",
    "TICKLER_RATE_SIGN_UP_ADDRESS": "1000000/minute",
    "TICKLER_RATE_SIGN_IN_ACCOUNT": "1000000/minute",
    "TICKLER_RATE_SIGN_IN_ADDRESS": "1000000/minute",
}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    examples: Annotated[int, typer.Option(help="How many requests in all, at least.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed writes the same requests.")] = 1,
) -> None:
    """Fuzz /graphql of a fresh stack. Exits with 1 when an answer was a server error."""
    try:
        code = asyncio.run(_fuzz(_installed(), examples, seed))
    except (StackError, subprocess.CalledProcessError) as error:
        typer.echo(f"fuzz: {error}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(code)


def _installed() -> Path:
    """The fuzzer's command, installed when the cache does not have this lock's."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "tickler" / f"fuzz-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    command = folder / "bin" / "schemathesis"
    if not (folder / "complete").exists():
        typer.echo("Installing the fuzzer")
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)  # noqa: S603
        subprocess.run(  # noqa: S603
            [*uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(folder), "-r", str(LOCK)], check=True
        )
        (folder / "complete").touch()
    return command


async def _fuzz(command: Path, examples: int, seed: int) -> int:
    schema = build_schema(build_own().as_str())
    roots = [root for root in (schema.query_type, schema.mutation_type) if root]
    operations = [f"{root.name}.{name}" for root in roots for name in root.fields if name not in LEFT_OUT]
    each = -(-examples // len(operations))
    async with fresh_stack(say=typer.echo, environment=ENVIRONMENT) as stack:
        token = await stack.sign_up("Fuzz")
        left_out = [part for name in LEFT_OUT for part in ("--exclude-name", f"Mutation.{name}")]
        process = await asyncio.create_subprocess_exec(
            str(command), "run", f"{stack.base_url}/graphql",
            "--checks", "answers_soundly", "--header", f"Authorization: Bearer {token}",
            "--max-examples", str(each), "--seed", str(seed), "--continue-on-failure", *left_out,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        )  # fmt: skip
        code = await process.wait()
        typer.echo(f"{len(operations)} operations, {each} examples each")
        return code


if __name__ == "__main__":
    app()
