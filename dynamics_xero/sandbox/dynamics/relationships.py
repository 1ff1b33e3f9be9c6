"""RelationshipDefinitions: every relationship of the environment (dataverse.md section 9)."""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics import (
    describe,
    errors,
    metadata_answers,
    relationship_writes,
)
from dynamics_xero.sandbox.dynamics.address import Segment
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.schema import Relationship
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

_PLACE = "RelationshipDefinitions"
_CASTS = tuple(
    f"Microsoft.Dynamics.CRM.{kind}RelationshipMetadata" for kind in ("OneToMany", "ManyToMany")
)


def answer(session: Session, call: Call) -> Response:
    """Answer a call below /RelationshipDefinitions."""
    first = call.steps[0]
    if first.key is None:
        if call.method == "POST":
            return relationship_writes.create(session, call)
        metadata_answers.check_read(call)
        found = [describe.relationship_object(one) for one in _all(session)]
        if _cast(call) == _CASTS[1]:
            found = []
        return metadata_answers.listing(session, _PLACE, found, call)
    relationship = _named(session, first)
    if call.method != "GET":
        return relationship_writes.change(session, relationship, call)
    if _cast(call) == _CASTS[1]:
        raise errors.no_resource(call.steps[1].name)
    item = describe.relationship_object(relationship)
    return metadata_answers.single(session, _PLACE, item, call)


def _cast(call: Call) -> str | None:
    if len(call.steps) == 1:
        return None
    if len(call.steps) > 2 or call.steps[1].name not in _CASTS:
        raise errors.no_resource(call.steps[-1].name)
    return call.steps[1].name


def _all(session: Session) -> list[Relationship]:
    return [
        relationship
        for table in session.schema.tables.values()
        for relationship in table.navigations.values()
    ]


def _named(session: Session, step: Segment) -> Relationship:
    wanted = metadata_answers.key_text(step)
    for relationship in _all(session):
        if wanted in (describe.relationship_id(relationship), relationship.schema_name.lower()):
            return relationship
    raise errors.ODataError(404, "0x80060888", f"Could not find a relationship {wanted}.")
