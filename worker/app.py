"""The Celery application. Its settings are read when they are first needed, not on import."""

from __future__ import annotations

import os
from functools import lru_cache

from celery import Celery

from dynamics_xero.settings import Settings, load
from worker import brokers, schedule
from worker.ticker import Ticker

CONFIG_VARIABLE = "DYNAMICS_XERO_CONFIG"
DEFAULT_CONFIG = "dynamics-xero.toml"

THREADS = 5
"""As many as one organisation's calls in flight; a look waits for remotes most of its time."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process."""
    return load(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG))


def configuration() -> dict[str, object]:
    """Return Celery's configuration. Reasons: failures.md section 3.

    The database is the truth and messages are only a bell, so nothing here tries to be exact:
    no results, no retries, no countdowns; a message that is lost or doubled changes nothing.
    """
    found = settings()
    return {
        **brokers.configuration(found),
        "beat_schedule": schedule.entries(found),
        # In memory: every tick only says "look again", so nothing needs to survive a restart.
        "beat_scheduler": "celery.beat:Scheduler",
        "include": ["worker.tasks", "worker.observability"],
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_acks_late": True,
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        "task_publish_retry_policy": {"max_retries": 3, "interval_start": 0, "interval_max": 1},
        "worker_pool": "threads",
        "worker_concurrency": THREADS,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_soft_shutdown_timeout": 30,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_acquire_timeout": 10,
        "timezone": "UTC",
        "enable_utc": True,
    }


app = Celery("worker")
app.add_defaults(configuration)
app.steps["worker"].add(Ticker)
