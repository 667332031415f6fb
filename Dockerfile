# One image for the gateway, every worker and the migration: `tickler api`, `tickler worker NAME`, `tickler migrate`.
# Built from the hash-pinned lock; it runs as a number without a name, writes nowhere but to /tmp, and needs no shell.
#
# The bases are pinned by tag; `docker buildx imagetools inspect` shows the digest that Renovate adds behind it.
ARG PYTHON_IMAGE=docker.io/library/python:3.13.9-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /app
# uv is pinned by hash as well, and stays behind with this stage.
COPY requirements-bootstrap.lock requirements.lock ./
RUN python3 -m venv /opt/uv \
 && /opt/uv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements-bootstrap.lock
RUN python3 -m venv --without-pip /app/.venv \
 && /opt/uv/bin/uv pip sync --no-cache --require-hashes --compile-bytecode --python /app/.venv/bin/python requirements.lock

FROM packages AS pages
# The web UI and GraphiQL as plain files. Node comes from the hash-pinned wheel that web/requirements-node.lock names.
# Only what builds them is here, so that a change of the program does not build them anew.
COPY cli/__init__.py cli/bundles.py cli/graphiql_build.py cli/kept.py cli/node.py cli/web_build.py cli/
COPY graph graph
COPY web web
ENV PATH=/opt/uv/bin:$PATH XDG_CACHE_HOME=/var/cache/build
RUN .venv/bin/python -m cli.graphiql_build --target /pages/graphiql \
 && .venv/bin/python -m cli.web_build --target /pages/web

FROM packages AS program
COPY cli cli
COPY config config
COPY domain domain
COPY db db
COPY api api
COPY workers workers
COPY graph graph
COPY pyproject.toml ./
# The program asks for its own version by its name, as if it were installed.
RUN .venv/bin/python -c 'import pathlib, sysconfig, tomllib; \
version = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]["version"]; \
told = pathlib.Path(sysconfig.get_path("purelib"), f"tickler-{version}.dist-info"); \
told.mkdir(); \
(told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tickler\nVersion: {version}\n")' \
 && .venv/bin/python -m compileall -q cli config domain db api workers \
 && rm pyproject.toml requirements-bootstrap.lock requirements.lock

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tickler" \
      org.opencontainers.image.description="A self-hosted task service: gateway, workers and migrations" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
COPY --from=program /app /app
COPY --from=pages /pages /app/pages
# The environment of a pod wins over what is said here.
ENV HOME=/tmp \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TICKLER_HOST=0.0.0.0 \
    TICKLER_WORKER_HOST=0.0.0.0 \
    TICKLER_LOG_FORMAT=json \
    TICKLER_WEB=/app/pages/web \
    TICKLER_GRAPHIQL=/app/pages/graphiql
USER 10001:10001
EXPOSE 8000 9090
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/.venv/bin/python", "-m", "cli.main"]
CMD ["--help"]
