"""A real RabbitMQ: Debian's package, run with folders, ports and an epmd of its own.

The package's own command refuses a folder that root owns and uses the machine's node; the program
below it does what it is told.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.processes import HOST, Launch, answers, folder, free_port, running

ENABLE = "apt-get install -y rabbitmq-server"
DEBIAN = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
USER = "dynamics-xero"


def program() -> Path | None:
    """Return where rabbitmq-server is, None where there is none."""
    found = shutil.which("rabbitmq-server")
    if DEBIAN.exists():
        return DEBIAN
    return Path(found) if found else None


@contextmanager
def rabbitmq() -> Iterator[str]:
    """Serve while the block runs; gives its URL."""
    binary = program()
    assert binary is not None, f"there is no rabbitmq-server here; to have it: {ENABLE}"
    port, password = free_port(), secrets.token_urlsafe(16)
    with folder() as home, _names(home) as names_port:
        environment = _environment(home, port, names_port)
        _configure(home, port, password)
        launch = Launch([binary], home, environment)
        with running(launch, lambda: _is_ready(home, port)):
            yield f"amqp://{USER}:{password}@{HOST}:{port}//"


@contextmanager
def _names(home: Path) -> Iterator[int]:
    """Run an epmd for this node alone: one that the node starts by itself would outlive it."""
    port = free_port()
    command = ["epmd", "-port", str(port), "-address", HOST]
    with running(Launch(command, home), lambda: answers(port)):
        yield port


def _configure(home: Path, port: int, password: str) -> None:
    lines = [
        f"listeners.tcp.1 = {HOST}:{port}",
        f"default_user = {USER}",
        f"default_pass = {password}",
        "log.console = true",
        "log.file = false",
    ]
    (home / "rabbitmq.conf").write_text("\n".join(lines) + "\n", "utf-8")
    (home / "plugins").write_text("[].\n", "utf-8")


def _environment(home: Path, port: int, names_port: int) -> dict[str, str]:
    return {
        "ERL_EPMD_PORT": str(names_port),
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_NODENAME": f"node{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_BASE": str(home),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "absent"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "absent.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            # Nodes listen on all addresses otherwise; idle schedulers burn the tests' cores.
            "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +S 2:2"
        ),
        # The script then becomes the node, so that a signal reaches it.
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def _is_ready(home: Path, port: int) -> bool:
    log = home / "rabbitmq-server.log"
    started = "Server startup complete" in log.read_text("utf-8", "replace")
    return started and answers(port)
