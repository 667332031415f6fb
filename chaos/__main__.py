"""`./task chaos`: real processes, random commands, random faults, and an account at the end.

Exit codes: 0 nothing lost, doubled or stuck; 1 something was; 3 it cannot run here.
"""

import contextlib
import logging
import random
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from chaos.run import Plan, Result, run
from cli import serving
from cli.embedded import EmbeddedError

_SHOWN = 20
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    minutes: Annotated[float, typer.Option(help="How long faults come.")] = 10.0,
    users: Annotated[int, typer.Option(help="How many simulated users.")] = 16,
    replicas: Annotated[int, typer.Option(help="Of the gateway and of each worker.")] = 2,
    transport: Annotated[str, typer.Option(help="How the relay publishes: kafka or dapr.")] = "kafka",
    seed: Annotated[
        int | None, typer.Option(help="Of faults and commands; else a random one, which is printed.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Keeps data and logs here; without it, nowhere.")] = None,
) -> None:
    """Break everything at random while users work, and count what is lost, doubled or stuck."""
    if transport not in ("kafka", "dapr"):
        raise typer.BadParameter("kafka or dapr", param_hint="--transport")
    chosen = random.SystemRandom().randrange(10**6) if seed is None else seed
    plan = Plan(chosen, minutes * 60, users, replicas, "dapr" if transport == "dapr" else "kafka")
    typer.echo(f"seed {chosen}: {minutes:g} minutes, {users} users, {replicas} replicas, transport {transport}")
    # The rig's own clients of a broker that is killed all the time.
    logging.disable(logging.ERROR)
    began = time.monotonic()
    results: list[Result] = []

    async def work(place: Path) -> None:
        results.append(await run(plan, place, typer.echo))

    with contextlib.ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tickler-chaos-")))
        place.mkdir(parents=True, exist_ok=True)
        # Started by root, PostgreSQL runs as another user and has to get in.
        place.chmod(0o755)
        try:
            serving.run(work(place.resolve()))
        except EmbeddedError as error:
            typer.echo(f"chaos: {error}", err=True)
            raise typer.Exit(3) from None
    if not results:
        typer.echo("chaos: interrupted", err=True)
        raise typer.Exit(1)
    report(results[0], time.monotonic() - began, chosen)
    if not results[0].ledger.is_clean or results[0].uncaught:
        raise typer.Exit(1)


def report(result: Result, seconds: float, seed: int) -> None:
    """Prints the account."""
    ledger = result.ledger
    typer.echo(f"\nAfter {seconds:.0f} s, seed {seed}:")
    for name, count in ledger.counts.items():
        typer.echo(f"  {name:36} {count:8}")
    typer.echo(f"  {'starts of processes':36} {sum(result.starts.values()):8}")
    typer.echo("Faults:")
    for name, count in sorted(result.faults.items()):
        typer.echo(f"  {name:36} {count:8}")
    if result.slowest is not None:
        typer.echo(f"Slowest recovery: {result.slowest.recovery:.1f} s after {', '.join(result.slowest.faults)}")
    for title, lines in (("lost", ledger.lost), ("doubled", ledger.doubled), ("stuck", ledger.stuck + result.uncaught)):
        typer.echo(f"{title}: {len(lines)}")
        for line in lines[:_SHOWN]:
            typer.echo(f"  {line}")


if __name__ == "__main__":
    app()
