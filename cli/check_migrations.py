"""`./task check`: the migrations, run on an empty database, make the tables that the code declares."""

import asyncio
import sys
import tempfile
from pathlib import Path

from cli import embedded
from db import migrate


async def _check(folder: Path) -> None:
    with embedded.postgres(folder) as server:
        url = embedded.database_url(server, "tickler")
        await migrate.create_database(url)
        await migrate.upgrade(url)
        await migrate.check(url)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tickler-check-") as folder:
        Path(folder).chmod(0o755)
        try:
            asyncio.run(_check(Path(folder) / "postgres"))
        except migrate.MigrationError as error:
            print(f"tables and migrations differ: {error}", file=sys.stderr)  # noqa: T201 - this is a command
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
