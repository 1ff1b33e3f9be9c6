"""Failed system jobs: what an operator finds when a webhook was not taken (dataverse.md 6)."""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics import fresh, rows, schema_store
from dynamics_xero.sandbox.dynamics.schema import Schema
from dynamics_xero.sandbox.dynamics.session import VERSION
from dynamics_xero.sandbox.dynamics.steps import Step
from dynamics_xero.sandbox.dynamics.values import format_moment
from dynamics_xero.sandbox.endpoint import Endpoint

_COMPLETED, _FAILED = 3, 31


def failed(endpoint: Endpoint, schema: Schema, step: Step, table: str, status: int | None) -> None:
    """Write the job of a step whose message nobody took; it is not sent again by itself."""
    said = "did not answer" if status is None else f"answered {status}"
    stamp, user = format_moment(endpoint.clock.now()), fresh.system_user_id(endpoint)
    with endpoint.database.write() as tx:
        job = {
            "asyncoperationid": endpoint.new_id(),
            "name": f"{step.message} of {table}",
            "messagename": step.message,
            "primaryentitytype": table,
            "message": f"The webhook {said}.",
            "statecode": _COMPLETED,
            "statuscode": _FAILED,
            "owningextensionid": step.id,
            "createdon": stamp,
            "modifiedon": stamp,
            "createdby": user,
            "modifiedby": user,
            "versionnumber": schema_store.next_number(tx, VERSION),
        }
        rows.insert(tx, schema.tables["asyncoperation"], job)
