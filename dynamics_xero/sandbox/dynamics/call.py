"""One OData call: a request of its own or a part of a $batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dynamics_xero.sandbox.dynamics import errors, options
from dynamics_xero.sandbox.dynamics.address import Segment, segments
from dynamics_xero.sandbox.dynamics.options import Options, Preferences


@dataclass(frozen=True)
class Call:
    """A method on a resource; header names are lower case."""

    method: str
    resource: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def steps(self) -> list[Segment]:
        """The path's segments."""
        return segments(self.resource)

    @cached_property
    def options(self) -> Options:
        """The query options. Raises ODataError for ones Dataverse does not have."""
        return options.parse(self.query)

    @cached_property
    def preferences(self) -> Preferences:
        """The Prefer header."""
        return options.parse_preferences(self.headers.get("prefer", ""))

    def document(self) -> dict[str, object]:
        """Return the JSON object in the body. Raises ODataError where there is none."""
        content_type = self.headers.get("content-type", "")
        if self.body and not content_type.lower().startswith("application/json"):
            raise errors.not_json(content_type)
        try:
            value = json.loads(self.body.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as fault:
            raise errors.bad_request(
                "Error identified in Payload provided by the user: it is no valid JSON.",
                errors.BAD_PAYLOAD,
            ) from fault
        if b"\\ud" in self.body.lower():
            _refuse_half_characters(value)
        if not isinstance(value, dict):
            raise errors.bad_request(
                "A JSON object was expected as the request's body.", errors.BAD_PAYLOAD
            )
        return value

    def parameters(self, *declared: str) -> dict[str, object]:
        """Return the parameters of an action. Raises ODataError for one that it does not take."""
        given = self.document()
        for name in given:
            if name not in declared:
                raise errors.bad_request(
                    f"The parameter '{name}' in the request payload is not a valid parameter for "
                    f"the operation '{self.steps[-1].name}'.",
                    errors.BAD_PAYLOAD,
                )
        return given

    @property
    def if_match(self) -> str | None:
        """The If-Match header."""
        return self.headers.get("if-match")

    @property
    def if_none_match(self) -> str | None:
        """The If-None-Match header; the literal word null means none (section 0)."""
        value = self.headers.get("if-none-match")
        return None if value == "null" else value


def _refuse_half_characters(value: object) -> None:
    """Refuse half of a surrogate pair, which Python reads although no text can hold it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as fault:
        raise errors.bad_request(
            "Error identified in Payload provided by the user: it is no valid text.",
            errors.BAD_PAYLOAD,
        ) from fault


def _refuse_constant(name: str) -> object:
    """Refuse NaN and Infinity, which Python reads although JSON has no such words."""
    raise ValueError(name)
