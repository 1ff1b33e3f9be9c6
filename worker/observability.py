"""What the worker tells: log lines and, where a DSN is set, Sentry; never secrets (R38)."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, cast

import sentry_sdk
from celery.signals import celeryd_init, setup_logging
from sentry_sdk.transport import Transport
from sentry_sdk.types import Breadcrumb, Event, Hint

from dynamics_xero.redact import RedactingFormatter, Redactor
from dynamics_xero.settings import Settings
from worker.app import settings

LAYOUT = "%(asctime)s %(levelname)s %(name)s %(message)s"
TALKATIVE = ("celery", "kombu", "amqp", "urllib3", "msal", "xero_python", "sqlalchemy")
"""They tell every message, call or statement, some with what is in it."""


@setup_logging.connect  # type: ignore[untyped-decorator]  # celery ships no types
def log_to_stderr(loglevel: int = logging.INFO, **_: object) -> None:
    """Send the log to stderr through the one filter; Celery then leaves the root logger alone."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(Redactor(settings().secrets()), LAYOUT))
    logging.basicConfig(level=loglevel, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(loglevel, logging.WARNING))


@celeryd_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def report_errors(**_: object) -> None:
    """Wire Sentry when the settings have a DSN."""
    found = settings()
    if found.sentry_dsn is not None:
        start_sentry(found)


def start_sentry(settings: Settings, transport: Transport | None = None) -> None:
    """Start Sentry so that nothing leaves but scrubbed texts; transport None = Sentry's own.

    send_default_pii is left alone on purpose: unset means False, and setting it is deprecated.
    """
    scrub = scrubber(Redactor(settings.secrets()))
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        transport=transport,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        auto_enabling_integrations=False,
        traces_sample_rate=None,
        enable_logs=False,
        before_send=cast("Callable[[Event, Hint], Event | None]", scrub),
        before_send_transaction=cast("Callable[[Event, Hint], Event | None]", scrub),
        before_breadcrumb=cast("Callable[[Breadcrumb, Hint], Breadcrumb | None]", scrub),
    )


def scrubber(redactor: Redactor) -> Callable[[Any, Any], Any]:
    """Return a filter in Sentry's form."""

    def scrub(found: Any, _hint: Any) -> Any:
        return redactor.value(found)

    return scrub
