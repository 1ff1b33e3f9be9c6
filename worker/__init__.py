"""The worker: Celery wakes the connector up, everything else is the library's.

Starts by `dynamics-xero worker` or `celery -A worker worker`; settings come from the file that
DYNAMICS_XERO_CONFIG names.
"""

from __future__ import annotations

from worker.app import app

__all__ = ["app"]
