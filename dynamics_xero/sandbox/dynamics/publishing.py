"""PublishXml: what is to be published is named in XML (section 9, Form section)."""

from __future__ import annotations

from xml.etree import ElementTree

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.dynamics.answers import nothing
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.web import Response

_ROOT = "importexportxml"


def publish(call: Call) -> Response:
    """Answer PublishXml; customisation shows at once here, so there is nothing left to do."""
    text = call.parameters("ParameterXml").get("ParameterXml")
    if not isinstance(text, str) or _root(text) != _ROOT:
        raise errors.bad_request(f"ParameterXml must be XML below <{_ROOT}>.", errors.BAD_PAYLOAD)
    return nothing()


def _root(text: str) -> str:
    try:
        return ElementTree.fromstring(text).tag  # noqa: S314 - our own tests write it
    except ElementTree.ParseError:
        return ""
