"""R38: what goes to Sentry and into the log of the worker holds no secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from tests.unit.settings_cases import KEY, read
from worker.observability import start_sentry

DSN = "https://0123456789abcdef@sentry.example/1"
CANARIES = ("dynamics-canary-secret", "xero-canary-secret", KEY)


class Collecting(Transport):
    """Keeps what would leave."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize())


@pytest.fixture
def transport(tmp_path: Path) -> Iterator[Collecting]:
    """Start Sentry with the worker's own options, but sending nothing."""
    collecting = Collecting()
    start_sentry(read(tmp_path, sentry_dsn=DSN), collecting)
    with sentry_sdk.isolation_scope() as scope:
        scope.clear()
        yield collecting
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def fail_with(secret: str) -> None:
    """Fail with a secret in the message and in a local variable."""
    held_nearby = {"password": secret, "note": f"signed in with {secret}"}
    raise RuntimeError(f"client_secret={secret} was refused: {len(held_nearby)}")


@pytest.mark.parametrize("secret", CANARIES)
def test_r38_a_planted_secret_does_not_leave_for_sentry(transport: Collecting, secret: str) -> None:
    log = logging.getLogger("tests.observability")
    sentry_sdk.add_breadcrumb(message=f"token {secret}", data={"header": secret, "token": secret})
    sentry_sdk.set_extra("settings", {"connections": [{"client_secret": secret}]})
    try:
        fail_with(secret)
    except RuntimeError as error:
        sentry_sdk.capture_exception(error)
    try:
        fail_with(secret)
    except RuntimeError:
        log.exception("look at %s failed: %s", "main", secret)
    sentry_sdk.flush()

    sent = b"".join(transport.sent)
    assert sent.count(b"RuntimeError") >= 2
    assert b"breadcrumbs" in sent
    assert secret.encode() not in sent


def test_r38_neither_local_variables_nor_source_nor_people_are_sent(
    transport: Collecting,
) -> None:
    try:
        fail_with("something")
    except RuntimeError as error:
        sentry_sdk.capture_exception(error)
    sentry_sdk.flush()

    sent = b"".join(transport.sent)
    options = sentry_sdk.get_client().options
    assert b"held_nearby" not in sent
    assert b"context_line" not in sent
    assert not sentry_sdk.get_client().should_send_default_pii()
    assert options["max_request_body_size"] == "never"
    assert options["auto_enabling_integrations"] is False
    assert options["traces_sample_rate"] is None
