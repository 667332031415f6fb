"""`tickler api`, `worker`, `migrate`, `export`: what cannot start says why in one message; what can works together."""

import asyncio
import contextlib
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from processes import ROOT, Process, tickler
from support import PASSWORD, SECRET, Client, eventually
from typer.testing import CliRunner

from cli import embedded
from cli.main import app
from cli.real_stack import free_port
from db import migrate
from db.engine import make_engine
from domain.values import rfc3339
from workers.names import NAMES

USAGE, CANNOT = 2, 3
NOBODY = "127.0.0.1:1"
DATABASE_PASSWORD = "hunter2-of-the-database"
PROCESSES = (("api",), ("worker", "all"))


def given(database_url: str, brokers: str = NOBODY, **more: str) -> dict[str, str]:
    """The environment of an api or a worker on free ports."""
    return {
        "DATABASE_URL": database_url,
        "KAFKA_BROKERS": brokers,
        "TICKLER_SECRET": SECRET,
        "TICKLER_PORT": str(free_port()),
        "TICKLER_WORKER_PORT": str(free_port()),
        "TICKLER_KAFKA_FETCH_MAX_WAIT_MS": "10",
        **more,
    }


async def ended(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command. No command may end with a traceback or show a secret."""
    with tickler(*arguments, **environment) as process:
        code = await process.ended()
        out, err = process.out, process.err
    for text in ("Traceback", SECRET, DATABASE_PASSWORD):
        assert text not in out + err
    return code, out, err


@pytest.mark.parametrize("command", [(), ("up",), ("api",), ("worker",), ("migrate",), ("export",)])
def test_every_command_has_help(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_wrong_usage_ends_with_2_and_says_what_there_is() -> None:
    result = CliRunner().invoke(app, ["worker", "relay", "relais"])
    assert result.exit_code == USAGE
    said = re.sub(r"[\s│]+", " ", result.stderr)
    assert all(name in said for name in ("relais", "all", *NAMES))
    for wrong in (["worker"], ["wörker"], ["api", "--fast"]):
        assert CliRunner().invoke(app, wrong).exit_code == USAGE


async def test_everything_that_is_wrong_is_said_at_once_by_the_name_of_its_variable() -> None:
    code, _, err = await ended(
        "api",
        DATABASE_URL=f"mysql://tickler:{DATABASE_PASSWORD}@db/tickler",
        TICKLER_SECRET="short-secret",
        TICKLER_PORT="70000",
        TICKLER_DATABASE_POOL_SIZE="many",
        TICKLER_LOG_FORMAT="xml",
    )
    assert code == CANNOT
    wrong = {
        "DATABASE_URL", "KAFKA_BROKERS", "TICKLER_SECRET", "TICKLER_PORT", "TICKLER_DATABASE_POOL_SIZE",
        "TICKLER_LOG_FORMAT",
    }  # fmt: skip
    assert set(re.findall(r"^  ([A-Z_]+): ", err, re.MULTILINE)) == wrong
    assert "short-secret" not in err


@pytest.mark.parametrize("command", [*PROCESSES, ("migrate",)])
async def test_a_database_that_does_not_answer_is_said_without_its_password(command: tuple[str, ...]) -> None:
    url = f"postgresql://tickler:{DATABASE_PASSWORD}@{NOBODY}/tickler?sslmode=disable"
    code, _, err = await ended(*command, **given(url))
    assert code == CANNOT
    assert err.startswith("tickler: the database at ")
    assert NOBODY in err
    assert "check DATABASE_URL" in err


@pytest.mark.parametrize("command", PROCESSES)
async def test_a_schema_that_is_behind_is_said_with_what_to_do(command: tuple[str, ...], empty_database: str) -> None:
    await migrate.upgrade(empty_database, "0001")
    code, _, err = await ended(*command, **given(empty_database))
    needed = f"the database has schema 0001, this release needs {migrate.head()}: run tickler migrate"
    assert (code, err) == (CANNOT, f"tickler: {needed}\n")


@pytest.mark.parametrize("command", PROCESSES)
async def test_a_broker_that_does_not_answer_is_said(command: tuple[str, ...], fresh_database: str) -> None:
    code, _, err = await ended(*command, **given(fresh_database))
    assert code == CANNOT
    last = err.strip().splitlines()[-1]
    assert last.startswith(f"tickler: no Kafka broker answers at {NOBODY} (")
    assert last.endswith("check KAFKA_BROKERS")


@pytest.mark.parametrize(
    ("command", "variable"), [(("api",), "TICKLER_PORT"), (("worker", "all"), "TICKLER_WORKER_PORT")]
)
async def test_a_port_in_use_is_said(command: tuple[str, ...], variable: str, fresh_database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, err = await ended(*command, **(given(fresh_database) | {variable: port}))
    assert code == CANNOT
    assert err.startswith(f"tickler: 127.0.0.1:{port} is in use")
    assert variable in err


async def test_migrate_goes_up_down_and_checks(empty_database: str) -> None:
    environment = {"DATABASE_URL": empty_database}
    assert (await ended("migrate", **environment))[:2] == (0, "The schema is at head.\n")
    code, out, _ = await ended("migrate", "--check", **environment)
    assert (code, out.splitlines()[-1]) == (0, "The tables are as the migrations say.")
    assert (await ended("migrate", "0001", "--downgrade", **environment))[0] == 0
    code, _, err = await ended("migrate", "--check", **environment)
    assert (code, err) == (1, "tickler: Target database is not up to date.\n")
    code, _, err = await ended("migrate", "9999", **environment)
    assert (code, err) == (1, "tickler: Can't locate revision identified by '9999'\n")


async def test_migrate_says_which_addresses_clash(empty_database: str) -> None:
    await migrate.upgrade(empty_database, "0001")
    users = "INSERT INTO users (email, name) VALUES ('a@example.com', 'A'), ('A@example.com', 'B')"
    await execute(empty_database, users)
    code, _, err = await ended("migrate", DATABASE_URL=empty_database)
    assert code == 1
    assert err.startswith("tickler: ")
    assert "same e-mail address but for upper and lower case: 1, 2." in err


async def execute(url: str, statement: str) -> None:
    engine = make_engine(url, application_name="tests")
    async with engine.begin() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()


def test_export_check_compares_and_writes_nothing(tmp_path: Path) -> None:
    def export(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["export", *arguments])

    assert export("--check", str(ROOT / "graph")).exit_code == 0
    missing = export(str(tmp_path), "--check")
    assert missing.exit_code == 1
    assert "run: tickler export" in missing.stderr
    assert list(tmp_path.iterdir()) == []
    assert export(str(tmp_path)).exit_code == 0
    assert export(str(tmp_path), "--check").exit_code == 0


@contextlib.asynccontextmanager
async def ready(process: Process, port: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:

        async def look() -> bool:
            assert process.popen.poll() is None, process.err
            with contextlib.suppress(httpx.TransportError):
                return (await http.get("/readyz")).status_code == 200
            return False

        await eventually(look, what=f"{process.popen.args} is ready", seconds=40)
        yield http


async def reminded(user: Client, title: str) -> bool:
    page = await user.call("{ notifications { nodes { kind title } } }")
    return {"kind": "REMINDER_DUE", "title": title} in page["notifications"]["nodes"]


async def test_api_and_workers_in_processes_of_their_own_do_the_work_and_outlive_the_broker(
    empty_database: str,
) -> None:
    with contextlib.ExitStack() as broker:
        brokers = broker.enter_context(embedded.kafka())
        environment = given(empty_database, brokers)
        assert (await ended("migrate", **environment))[0] == 0
        with tickler("api", **environment) as api, tickler("worker", "all", **environment) as worker:
            async with (
                ready(api, environment["TICKLER_PORT"]) as http,
                ready(worker, environment["TICKLER_WORKER_PORT"]) as probes,
            ):
                user = Client(http)
                payload = await user.mutate(
                    "signUp", "token", email="a@example.com", password=PASSWORD, name="A", timeZone="UTC"
                )
                user.token = payload["token"]
                due = rfc3339(datetime.now(UTC) + timedelta(hours=1, seconds=1))
                await user.create_task(title="Tea", dueDate=due, reminderMinutes=[60])
                await eventually(lambda: reminded(user, "Tea"), what="a notification")
                counted = (await probes.get("/metrics", follow_redirects=True)).text
                assert 'tickler_events_consumed_total{consumer="notifications"} 1.0' in counted
                broker.close()

                async def not_ready() -> bool:
                    return (await probes.get("/readyz")).status_code == 503

                await eventually(not_ready, what="the workers are not ready without a broker")
                task = await user.create_task(title="Without a broker")
                done = await user.mutate("completeTask", "task { status }", id=task["id"])
                assert done == {"task": {"status": "COMPLETED"}, "errors": []}
                # The gateway tells of the broker and goes on; a worker that runs is not restarted for it.
                answer = await http.get("/readyz")
                assert (answer.status_code, answer.json()["checks"]["database"]) == (200, "ok")
                assert answer.json()["checks"]["broker"] != "ok"
                assert (await probes.get("/livez")).status_code == 200
                api.popen.send_signal(signal.SIGTERM)
                worker.popen.send_signal(signal.SIGTERM)
                assert await asyncio.gather(api.ended(seconds=10), worker.ended(seconds=10)) == [0, 0]
            assert SECRET not in api.err + worker.err
            assert "Traceback" not in api.err + worker.err


async def test_a_worker_does_without_the_gateways_modules() -> None:
    """They would take half of its memory, of which a cluster has ten."""
    look = (
        "import sys, cli.main, cli.worker; print(*sorted({'api.app', 'strawberry', 'mcp', 'openai'} & {*sys.modules}))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", look, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    out, _ = await process.communicate()
    assert (process.returncode, out.decode().strip()) == (0, "")
