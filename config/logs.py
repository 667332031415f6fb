"""Structured logs: one JSON object a line for machines, coloured text on a terminal. Callers log ids, never inputs."""

import logging
import sys
from typing import Any, Literal

import orjson
import structlog

NOISY = {
    "aiokafka": "ERROR",
    "faststream": "ERROR",
    "alembic": "WARNING",
    "uvicorn.access": "WARNING",
    "uvicorn.error": "WARNING",
    # Says when spans could not be sent; each attempt before that is no news.
    "opentelemetry": "ERROR",
    # At debug they tell what people write to the assistant.
    "openai": "WARNING",
    "httpx2": "WARNING",
    "httpcore2": "WARNING",
}


def configure(
    log_format: Literal["auto", "json", "human"], level: str, *processors: structlog.typing.Processor
) -> None:
    """Routes structlog and the standard library through one handler on standard error.

    `processors` add to each line what other rooms know: the trace that it belongs to.
    """
    human = log_format == "human" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        *processors,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([] if human else [structlog.processors.format_exc_info]),
                structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(serializer=_dump),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, quiet in NOISY.items():
        logging.getLogger(name).setLevel(quiet)


def get(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _dump(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
