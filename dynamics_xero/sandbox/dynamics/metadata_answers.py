"""Metadata objects as answers: keys, $filter, $select, single ones and lists."""

from __future__ import annotations

from collections.abc import Sequence

from dynamics_xero.sandbox.dynamics import errors
from dynamics_xero.sandbox.dynamics.address import Segment
from dynamics_xero.sandbox.dynamics.answers import document
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.describe import Object
from dynamics_xero.sandbox.dynamics.filter_syntax import parse_literal
from dynamics_xero.sandbox.dynamics.object_query import filtered, selected
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_NO_ROWS = ("orderby", "top", "skiptoken", "deltatoken")
_UNFILTERED = ("GlobalOptionSetDefinitions",)
_KEYS = ("LogicalName", "MetadataId", "SchemaName", "Name")


def key_text(step: Segment) -> str:
    """Return the name or id in a segment's parentheses, in lower case."""
    text = step.key or ""
    name, mark, value = text.partition("=")
    if not mark:
        return text.lower()
    if name.strip() not in _KEYS:
        raise errors.bad_request(f"'{name}' is no key of this metadata.")
    return str(parse_literal(value.strip()).value).lower()


def check_read(call: Call) -> None:
    """Refuse every verb but GET."""
    if call.method != "GET":
        raise errors.not_allowed(call.method)


def check_select(select: tuple[str, ...], found: Sequence[Object], kind: str) -> None:
    """Raise ODataError for a property not every object has: a subtype's needs a cast."""
    for name in select:
        if not all(name in item for item in found):
            raise errors.unknown_query_property(name, kind)


def listing(
    session: Session,
    place: str,
    found: Sequence[Object],
    call: Call,
    expanded: tuple[str, ...] = (),
) -> Response:
    """Answer with the objects that $filter keeps."""
    _refuse_options(call, (*_NO_ROWS, "filter") if place in _UNFILTERED else _NO_ROWS)
    check_select(call.options.select, found, place.rpartition("/")[2])
    kept = filtered(found, call.options)
    select = (*call.options.select, *expanded) if call.options.select else ()
    session.rows_read += len(kept)
    return document(
        {
            "@odata.context": f"{session.api_url}/$metadata#{place}",
            "value": [selected(item, select) for item in kept],
        }
    )


def single(
    session: Session, place: str, item: Object, call: Call, expanded: tuple[str, ...] = ()
) -> Response:
    """Answer with one object."""
    _refuse_options(call, (*_NO_ROWS, "filter"))
    select = (*call.options.select, *expanded) if call.options.select else ()
    context = f"{session.api_url}/$metadata#{place}/$entity"
    session.rows_read += 1
    return document({"@odata.context": context, **selected(item, select)})


def _refuse_options(call: Call, refused: tuple[str, ...]) -> None:
    """Refuse what definitions do not offer: they are no rows, to be ordered and cut."""
    for name in refused:
        if getattr(call.options, name) is not None:
            raise errors.bad_request(f"The query parameter ${name} is not supported", "0x80060888")
    if call.options.count:
        raise errors.bad_request("The query parameter $count is not supported", "0x80060888")
