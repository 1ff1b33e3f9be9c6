"""Ask the broker: `python -m worker.check` prints one JSON line; 0 it answers, 1 it does not."""

from __future__ import annotations

import json
import sys

from dynamics_xero.errors import SettingsError
from dynamics_xero.redact import Redactor
from worker.app import app, settings
from worker.brokers import EMBEDDED

TIMEOUT_S = 10
FIX = "start it, or correct broker in the settings; then: dynamics-xero check"
EMBEDDED_FIX = "free some space for broker.db, and let us write there; then: dynamics-xero check"


def main() -> int:
    """Declare our queue at the broker, which proves address, sign-in and rights at once."""
    try:
        redactor = Redactor(settings().secrets())
    except SettingsError as error:
        return _tell("FAIL", f"settings: {error}", "correct the settings file")
    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.2, timeout=TIMEOUT_S)
            for queue in app.amqp.queues.values():
                queue(connection.default_channel).declare()
            kind = connection.transport.driver_type
    except Exception as error:
        text = redactor.text(f"{type(error).__name__}: {error}")
        embedded = settings().broker == EMBEDDED
        return _tell("FAIL", text, EMBEDDED_FIX if embedded else FIX)
    return _tell("OK", f"answers ({'embedded' if kind == 'sql' else kind})", "")


def _tell(state: str, text: str, fix: str) -> int:
    line = {"name": "broker", "state": state, "text": text, "fix": fix}
    sys.stdout.write(json.dumps(line) + "\n")
    return 0 if state == "OK" else 1


if __name__ == "__main__":
    sys.exit(main())
