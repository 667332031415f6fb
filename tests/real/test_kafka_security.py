"""Every way into Kafka against a real one: encryption, credentials, tokens; and who is not let in says so and waits."""

import asyncio
import base64
import contextlib
import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from aiokafka.errors import KafkaError
from certificates import Certificates, certificates
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from faststream.kafka import KafkaBroker
from pipeline import Place
from prometheus_client import REGISTRY
from support import eventually, stack_settings

from cli import real_parts
from cli.real_kafka import Node, node
from config.kafka import KafkaSettings
from db import outbox
from db.outbox import Outgoing, Unpublished
from domain.events import TASK_EVENTS
from workers import broker, publish_kafka, relay
from workers.doorbell import Doorbell
from workers.kafka_login import TokenError, TokenProvider

MODULES = "org.apache.kafka.common.security"
# LOGIN takes every mechanism without encryption, TLS a password behind it, SHOWN a client's certificate.
LISTENERS = """
listeners=PLAINTEXT://127.0.0.1:${{port}},CONTROLLER://127.0.0.1:${{controller_port}},{ours}
advertised.listeners=PLAINTEXT://127.0.0.1:${{port}},{ours}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT,TLS:SASL_SSL,SHOWN:SSL
listener.name.login.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
listener.name.login.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required user_ada="right";
listener.name.login.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.login.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.login.oauthbearer.sasl.jaas.config={modules}.oauthbearer.OAuthBearerLoginModule required \
unsecuredLoginStringClaim_sub="kafka";
listener.name.tls.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.tls.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.shown.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
"""
RIGHT = "right"
_ids = itertools.count(1)


@dataclass
class Secured:
    """A Kafka with several doors, and what one needs for them."""

    node: Node
    login: str
    tls: str
    shown: str
    files: Certificates

    def add_user(self, name: str, password: str) -> None:
        admin = AdminClient({"bootstrap.servers": self.node.address, "log_level": 0})
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            wanted = UserScramCredentialUpsertion(name, ScramCredentialInfo(mechanism, 4096), password.encode())
            for done in admin.alter_user_scram_credentials([wanted]).values():
                done.result(20)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured kafka")
    files = certificates(tmp_path_factory.mktemp("certificates"))
    login, tls, shown = (f"127.0.0.1:{port}" for port in real_parts.free_ports([], count=3))
    ours = f"LOGIN://{login},TLS://{tls},SHOWN://{shown}"
    more = LISTENERS.format(ours=ours, modules=MODULES, keystore=files.server, authority=files.authority)
    with node(folder, more=more) as running:
        place = Secured(running, login, tls, shown, files)
        place.add_user("ada", "right")
        yield place


@dataclass
class Tokens:
    """A token endpoint (RFC 6749, section 4.4) whose tokens nobody has signed: Kafka has a validator for such."""

    url: str = ""
    life: int = 300
    secret: str = "right"
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self, authorization: str, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        if base64.b64decode(authorization.removeprefix("Basic ")).decode() != f"tickler:{self.secret}":
            return 401, {"error": "invalid_client"}
        now = int(time.time())
        claims = {"sub": "tickler", "iat": now, "exp": now + max(self.life, 60), "scope": form.get("scope", [""])[0]}
        parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, claims))
        return 200, {"access_token": b".".join([*parts, b""]).decode(), "expires_in": self.life}


@pytest.fixture
def tokens() -> Iterator[Tokens]:
    served = Tokens()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            status, answer = served.answer(self.headers.get("Authorization", ""), form)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/token"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def by_password(mechanism: str, password: str = RIGHT) -> Callable[[Secured, Tokens], dict[str, Any]]:
    return lambda place, _: {
        "kafka_brokers": place.login, "kafka_security_protocol": "SASL_PLAINTEXT", "kafka_sasl_mechanism": mechanism,
        "kafka_user": "ada", "kafka_password": password,
    }  # fmt: skip


def by_token(secret: str = RIGHT) -> Callable[[Secured, Tokens], dict[str, Any]]:
    return lambda place, tokens: {
        "kafka_brokers": place.login, "kafka_security_protocol": "SASL_PLAINTEXT",
        "kafka_sasl_mechanism": "OAUTHBEARER", "kafka_oauth_token_url": tokens.url,
        "kafka_oauth_client_id": "tickler", "kafka_oauth_client_secret": secret, "kafka_oauth_scope": "kafka",
    }  # fmt: skip


def encrypted(place: Secured, _: Tokens) -> dict[str, Any]:
    return {
        "kafka_brokers": place.tls, "kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "SCRAM-SHA-512",
        "kafka_user": "ada", "kafka_password": "right", "kafka_ca_file": place.files.authority,
    }  # fmt: skip


def by_certificate(place: Secured, _: Tokens) -> dict[str, Any]:
    return {
        "kafka_brokers": place.shown, "kafka_security_protocol": "SSL", "kafka_ca_file": place.files.authority,
        "kafka_certificate_file": place.files.client, "kafka_key_file": place.files.client_key,
    }  # fmt: skip


def strange_authority(place: Secured, tokens: Tokens) -> dict[str, Any]:
    return encrypted(place, tokens) | {"kafka_ca_file": place.files.stranger}


WAYS = {
    "PLAIN": by_password("PLAIN"),
    "SCRAM-SHA-256": by_password("SCRAM-SHA-256"),
    "SCRAM-SHA-512": by_password("SCRAM-SHA-512"),
    "OAUTHBEARER": by_token(),
    "SASL_SSL": encrypted,
    "SSL": by_certificate,
}


@pytest.mark.parametrize("way", WAYS)
async def test_who_has_what_a_way_needs_makes_topics_publishes_and_consumes(
    secured: Secured, tokens: Tokens, way: str
) -> None:
    settings = KafkaSettings(**WAYS[way](secured, tokens))
    await broker.ping(settings)
    await broker.ensure_topics(settings)
    value, arrived = uuid4().bytes, asyncio.Event()
    publisher = publish_kafka.Publisher(settings)
    consuming = KafkaBroker(settings.kafka_brokers, apply_types=False, **broker.kafka_security(settings))

    @consuming.subscriber(TASK_EVENTS, auto_offset_reset="earliest", decoder=lambda message: message)
    async def _consume(message: Any) -> None:
        if message.raw_message.value == value:
            arrived.set()

    try:
        await publisher.publish([Unpublished(next(_ids), TASK_EVENTS, "1", value, {})])
        async with asyncio.timeout(20):
            await consuming.start()
            await arrived.wait()
    finally:
        await publisher.close()
        await consuming.stop()


@dataclass
class Watched:
    """What a running relay has said and counted."""

    said: str = ""

    def errors(self) -> float:
        return REGISTRY.get_sample_value("tickler_loop_failures_total", {"loop": "relay"}) or 0


@contextlib.asynccontextmanager
async def running_relay(place: Place, given: dict[str, Any]) -> Any:
    settings = stack_settings(place.url, brokers=given["kafka_brokers"], **{
        name: value for name, value in given.items() if name != "kafka_brokers"
    })  # fmt: skip
    running = asyncio.create_task(relay.run(settings, place.sessions, Doorbell(place.url, (outbox.DOORBELL,))))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        (by_password("SCRAM-SHA-512", "mistaken"), "SCRAM-SHA-512"),
        (by_password("PLAIN", "mistaken"), "Invalid username or password"),
        (by_token("mistaken"), "the token endpoint answered 401"),
        (strange_authority, "CERTIFICATE_VERIFY_FAILED"),
    ],
    ids=["SCRAM", "PLAIN", "OAUTHBEARER", "TLS"],
)
async def test_a_relay_that_is_not_let_in_says_why_waits_and_loses_nothing(
    secured: Secured,
    tokens: Tokens,
    place: Place,
    capsys: pytest.CaptureFixture[str],
    way: Callable[[Secured, Tokens], dict[str, Any]],
    reason: str,
) -> None:
    await place.do(outbox.put, [Outgoing(uuid4(), "task.created", TASK_EVENTS, "1", b"{}")])
    watched = Watched()
    before, began = watched.errors(), time.monotonic()
    async with running_relay(place, way(secured, tokens)):

        async def said() -> bool:
            watched.said += "".join(capsys.readouterr())
            return watched.said.count("round failed") >= 3

        await eventually(said, what="a log line for each failed round")
        # After pauses of at least 0.05, 0.1, 0.2 s and so on.
        assert watched.errors() - before <= 3 + (time.monotonic() - began) * 4
    assert reason in watched.said
    assert "mistaken" not in watched.said
    assert await place.column("SELECT published_at IS NULL FROM outbox_state") == [True]


async def test_a_relay_that_is_let_in_later_goes_on_by_itself(secured: Secured, tokens: Tokens, place: Place) -> None:
    await broker.ensure_topics(KafkaSettings(kafka_brokers=secured.node.address))
    await place.do(outbox.put, [Outgoing(uuid4(), "task.created", TASK_EVENTS, "1", b"{}")])
    given = by_password("SCRAM-SHA-256")(secured, tokens) | {"kafka_user": "late", "kafka_password": "late"}
    watched = Watched()
    before = watched.errors()
    async with running_relay(place, given):

        async def has_failed() -> bool:
            return watched.errors() > before

        await eventually(has_failed, what="a failed round")
        secured.add_user("late", "late")
        await eventually(
            lambda: place.value("SELECT count(*) FROM outbox_state WHERE published_at IS NOT NULL"), what="the event"
        )


async def test_a_token_is_kept_until_shortly_before_its_end(secured: Secured, tokens: Tokens) -> None:
    settings = KafkaSettings(**by_token()(secured, tokens))
    provider = TokenProvider(settings)
    assert len({await provider.token() for _ in range(3)}) == 1
    assert await asyncio.gather(*(provider.token() for _ in range(5)))
    assert [form["grant_type"] for form in tokens.asked] == [["client_credentials"]]
    assert tokens.asked[0]["scope"] == ["kafka"]
    tokens.life = 0
    short = TokenProvider(settings)
    await short.token()
    await short.token()
    assert len(tokens.asked) == 3


async def test_a_token_endpoint_that_is_away_is_a_kafka_error(secured: Secured, tokens: Tokens) -> None:
    given = by_token()(secured, tokens) | {"kafka_oauth_token_url": "http://127.0.0.1:1/token"}
    with pytest.raises(TokenError, match="no token from the token endpoint"):
        await TokenProvider(KafkaSettings(**given)).token()
    with pytest.raises((KafkaError, ssl.SSLError)):
        await broker.ping(KafkaSettings(**given))
