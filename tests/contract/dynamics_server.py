"""The Dataverse twin on real sockets for the contract tests, and a plain client for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from dynamics_xero.sandbox.assembly import ServeOptions, Twins
from dynamics_xero.sandbox.background import running
from dynamics_xero.sandbox.dynamics.twin import DynamicsTwin
from dynamics_xero.sandbox.serving import Serving
from tests.sandbox import Control, caller
from tests.tiny_twin import TinyTwin

Json = dict[str, Any]
LIMIT_S = 60
UNKNOWN = "00000000-0000-0000-0000-00000000dead"
FORMATTED = "OData.Community.Display.V1.FormattedValue"
TWINS = Twins(DynamicsTwin, TinyTwin, DynamicsTwin.switches, TinyTwin.switches)


@dataclass
class Dynamics:
    """One running environment; calls go out with the application's token."""

    serving: Serving
    session: requests.Session
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The environment's address."""
        return self.serving.dynamics_url

    @property
    def api_url(self) -> str:
        """Where the Web API is."""
        return self.serving.dynamics_api_url

    @property
    def control(self) -> Control:
        """The twin's control calls."""
        return Control(self.session, self.url)

    def fresh(self, **switches: str) -> Dynamics:
        """Empty the environment, put its switches back, sign in anew."""
        defaults = {switch.name: switch.default for switch in DynamicsTwin.switches}
        self.control.post("reset")
        self.control.post("switches", {**defaults, **switches})
        self.sign_in()
        return self

    def switch(self, **positions: str) -> None:
        """Move switches."""
        self.control.post("switches", positions)

    def token(self, **changes: str) -> requests.Response:
        """Call the token endpoint, with some of the form's fields changed."""
        environment = self.serving.environments[0]
        form = {
            "grant_type": "client_credentials",
            "client_id": environment.client_id,
            "client_secret": environment.client_secret,
            "scope": f"{self.url}/.default",
        }
        url = f"{self.url}/{environment.tenant}/oauth2/v2.0/token"
        return self.session.post(url, data=form | changes, timeout=LIMIT_S)

    def sign_in(self) -> str:
        """Fetch a token as the application and use it from now on."""
        token = str(self.token().json()["access_token"])
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return token

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        person: str | None = None,
    ) -> requests.Response:
        """Call the Web API below its root, or a whole URL, as the application or as a person."""
        url = path if path.startswith("https://") else f"{self.api_url}/{path}"
        sent = self.headers | dict(headers or {})
        if person is not None:
            sent["Authorization"] = f"Bearer {self.control.token(person)}"
        return self.session.request(
            method, url, json=body, params=params, headers=sent, timeout=LIMIT_S
        )

    def created(self, entity_set: str, **row: object) -> str:
        """Create a row and return its id."""
        answer = self.call("POST", entity_set, row)
        assert answer.status_code == 204, answer.text
        return answer.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")

    def patched(self, path: str, **row: object) -> None:
        """Update a row."""
        answer = self.call("PATCH", path, row, headers={"If-Match": "*"})
        assert answer.status_code == 204, answer.text

    def read(self, path: str, *, prefer: str = "", **params: str) -> Json:
        """GET a document; option names without their dollar sign."""
        options = {f"${name}": value for name, value in params.items()}
        answer = self.call("GET", path, params=options, headers={"Prefer": prefer})
        assert answer.status_code == 200, answer.text
        document: Json = answer.json()
        return document

    def names(self, path: str = "accounts", column: str = "name", **params: str) -> list[str]:
        """Return one column of a list."""
        return [row[column] for row in self.read(path, **params)["value"]]

    def refused(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> tuple[int, str, str]:
        """Make a call that fails and return status, code and message."""
        answer = self.call(method, path, body, headers=headers, params=params)
        assert answer.status_code >= 400, answer.text
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    def add_column(self, table: str, **definition: object) -> requests.Response:
        """Create a column; `type` is the metadata type without its suffix."""
        kind = definition.pop("type")
        name = definition.pop("name")
        body = {
            "@odata.type": f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata",
            "SchemaName": name,
            **definition,
        }
        return self.call("POST", f"EntityDefinitions(LogicalName='{table}')/Attributes", body)

    def track(self, table: str) -> None:
        """Turn change tracking on."""
        path = f"EntityDefinitions(LogicalName='{table}')"
        answer = self.call("PUT", path, {**self.read(path), "ChangeTrackingEnabled": True})
        assert answer.status_code == 204, answer.text

    def batch(
        self, *parts: str, prefer: str = "", line_end: str = "\r\n", quoted: bool = True
    ) -> requests.Response:
        """Send a $batch of rendered parts."""
        boundary = f"batch_{uuid.uuid4()}"
        body = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"
        mark = f'"{boundary}"' if quoted else boundary
        headers = {"Content-Type": f"multipart/mixed; boundary={mark}", "Prefer": prefer}
        return self.session.post(
            f"{self.api_url}/$batch",
            data=body.replace("\n", line_end).encode(),
            headers=self.headers | headers,
            timeout=LIMIT_S,
        )


def operation(method: str, url: str, body: str = "", *, headers: str = "", number: int = 0) -> str:
    """Return one part of a batch, lines ended by LF."""
    content_id = f"Content-ID: {number}\n" if number else ""
    type_line = "Content-Type: application/json; type=entry\n" if body else ""
    return (
        f"Content-Type: application/http\nContent-Transfer-Encoding: binary\n{content_id}\n"
        f"{method} {url} HTTP/1.1\n{type_line}{headers}\n{body}"
    )


def change_set(*parts: str) -> str:
    """Return a changeset part of a batch."""
    boundary = f"changeset_{uuid.uuid4()}"
    inner = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"Content-Type: multipart/mixed; boundary={boundary}\n\n{inner}--{boundary}--\n"


def statuses(answer: requests.Response) -> list[int]:
    """Return the statuses of a batch's parts, in order."""
    lines = answer.text.split("\r\n")
    return [int(line.split()[1]) for line in lines if line.startswith("HTTP/1.1 ")]


@contextmanager
def served() -> Iterator[Dynamics]:
    """Serve an environment while the block runs."""
    with TemporaryDirectory(prefix="dynamics-") as folder:
        options = ServeOptions(home=Path(folder), seed=1)
        with running(options, TWINS) as serving, caller(serving) as session:
            yield Dynamics(serving, session)
