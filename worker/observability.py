"""What the worker tells: log lines and, where a DSN is set, Sentry; never secrets (R38)."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, cast

import sentry_sdk
from celery.signals import celeryd_init, setup_logging
from sentry_sdk.transport import Transport
from sentry_sdk.types import Breadcrumb, Event, Hint

from dynamics_xero.redact import Redactor, account, log_to_stderr, spoken
from dynamics_xero.redact.incident import chain, words
from dynamics_xero.settings import Settings
from worker.app import settings

LAYOUT = "%(asctime)s %(levelname)s %(name)s %(message)s"
KEPT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment", "sdk")
KEPT_OF_FRAME = ("filename", "abs_path", "function", "module", "lineno", "in_app")
KEPT_OF_BREADCRUMB = ("type", "category", "level", "timestamp")


@setup_logging.connect  # type: ignore[untyped-decorator]  # celery ships no types
def log_in_one_way(loglevel: int = logging.INFO, **_: object) -> None:
    """Send the log to stderr through the one filter; Celery then leaves the root logger alone."""
    log_to_stderr(Redactor(settings().secrets()), layout=LAYOUT, level=loglevel)


@celeryd_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def report_errors(**_: object) -> None:
    """Tell crashes through the filter, and wire Sentry when the settings have a DSN."""
    found = settings()
    tell_crashes(Redactor(found.secrets()))  # before Sentry, which puts its own hook around ours
    if found.sentry_dsn is not None:
        start_sentry(found)


def tell_crashes(redactor: Redactor) -> None:
    """Have Python tell what nobody caught without its words, in threads too."""

    def told(error: BaseException | None) -> None:
        sys.stderr.write(redactor.text(account(error)) + "\n" if error is not None else "")

    sys.excepthook = lambda _kind, error, _trace: told(error)
    threading.excepthook = lambda crash: told(crash.exc_value)


def start_sentry(settings: Settings, transport: Transport | None = None) -> None:
    """Start Sentry so that nothing leaves but scrubbed texts; transport None = Sentry's own.

    send_default_pii is left alone on purpose: unset means False, and setting it is deprecated.
    """
    redactor = Redactor(settings.secrets())

    def scrub(found: dict[str, Any], hint: dict[str, Any]) -> Any:
        return redactor.value(event(found, hint))

    def scrub_breadcrumb(found: dict[str, Any], hint: dict[str, Any]) -> Any:
        return redactor.value(breadcrumb(found, hint))

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
        before_send_transaction=_nothing,
        before_breadcrumb=cast("Callable[[Breadcrumb, Hint], Breadcrumb | None]", scrub_breadcrumb),
    )


def event(found: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may leave of an event: kinds, places and facts; all else is left out.

    A list of what is kept, not of what is taken away: Sentry learns to send more every year.
    """
    kept = {name: found[name] for name in KEPT if name in found}
    record = hint.get("log_record")
    if isinstance(record, logging.LogRecord):
        kept["logentry"] = {"message": spoken(record)}
    values = (found.get("exception") or {}).get("values") or []
    if values:
        known = _words(hint)
        kept["exception"] = {"values": [_exception(value, known) for value in values]}
    crumbs = (found.get("breadcrumbs") or {}).get("values") or []
    if crumbs:
        kept["breadcrumbs"] = {"values": list(crumbs)}
    return kept


def breadcrumb(found: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may leave of a breadcrumb: calls keep no address, since names stand in it."""
    kept = {name: found[name] for name in KEPT_OF_BREADCRUMB if name in found}
    record = hint.get("log_record")
    if isinstance(record, logging.LogRecord):
        kept["message"] = spoken(record)
    return kept


def _words(hint: Mapping[str, Any]) -> dict[str, str]:
    """Return what may be said of each kind of exception in the chain."""
    caught = hint.get("exc_info")
    error = caught[1] if isinstance(caught, tuple) else None
    if not isinstance(error, BaseException):
        return {}
    return {type(one).__name__: words(one) for one in chain(error)}


def _exception(value: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    frames = ((value.get("stacktrace") or {}).get("frames")) or []
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": known.get(str(value.get("type")), ""),
        "stacktrace": {
            "frames": [
                {name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames
            ]
        },
    }


def _nothing(_event: Event, _hint: Hint) -> None:
    """Send no transaction: how long a call took is in our own log."""
