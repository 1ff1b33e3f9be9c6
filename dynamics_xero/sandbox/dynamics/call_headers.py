"""Headers that change how one call is carried out (dataverse.md section 7)."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.sandbox.dynamics import errors, rights, rows
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.privilege_rows import (
    ACT_FOR_ANOTHER,
    BYPASS_LOGIC,
    BYPASS_PLUGINS,
)
from dynamics_xero.sandbox.dynamics.session import Caller, CallNote, Session
from dynamics_xero.sandbox.dynamics.values import is_guid

INHERITED = (
    "callerobjectid",
    "mscrmcallerid",
    "mscrm.bypassbusinesslogicexecution",
    "mscrm.bypassbusinesslogicexecutionstepids",
    "mscrm.bypasscustompluginexecution",
    "mscrm.suppressduplicatedetection",
    "mscrm.suppresscallbackregistrationexpanderjob",
    "mscrm.solutionuniquename",
)
"""What a $batch may hand down to its parts; the switch `batch_headers` decides."""

_LOGIC = frozenset({"CustomSync", "CustomAsync"})
_MOST_STEPS = 3


def check_versions(call: Call) -> None:
    """Refuse other versions of the protocol: the server speaks OData 4.0 only (section 0)."""
    version = call.headers.get("odata-version", "4.0").strip()
    highest = call.headers.get("odata-maxversion", "4.0").strip()
    if version != "4.0":
        raise errors.bad_request(f"The OData-Version '{version}' is not supported.")
    if highest not in ("4.0", "4.01"):
        raise errors.bad_request(f"The OData-MaxVersion '{highest}' is below 4.0.")


def apply(session: Session, call: Call) -> None:
    """Set the session up for a call. Raises ODataError where the caller may not ask for this."""
    session.caller = _caller(session, call)
    bypass = _bypassed(session, call)
    session.detects_duplicates = _flag(call, "mscrm.suppressduplicatedetection") is False
    _flag(call, "mscrm.suppresscallbackregistrationexpanderjob")
    tag = dict(call.options.pairs).get("tag", "")
    session.note = CallNote(tag, bypass)


def _caller(session: Session, call: Call) -> Caller:
    real = session.signed_in
    object_id, user_id = (call.headers.get(name) for name in INHERITED[:2])
    if object_id is None and user_id is None:
        return real
    session.caller = real
    if rights.of_caller(session).depth(ACT_FOR_ANOTHER) is None:
        raise errors.cannot_act_for_another()
    column, wanted = (
        ("azureactivedirectoryobjectid", object_id) if object_id else ("systemuserid", user_id)
    )
    user = None
    if wanted is not None and is_guid(wanted):
        table = session.table("systemuser")
        user = rows.by_values(session.tx, table, {column: wanted.lower()})
    if user is None or user["isdisabled"]:
        raise errors.no_such_user(str(wanted))
    return replace(real, user_id=str(user["systemuserid"]), behind=real.user_id)


def _bypassed(session: Session, call: Call) -> tuple[str, ...]:
    """Return what is passed over: `CustomSync`, `CustomAsync`, ids of steps."""
    found: list[str] = []
    logic = _listed(call, "mscrm.bypassbusinesslogicexecution")
    if logic:
        if not set(logic) <= _LOGIC:
            raise errors.bad_request(f"'{','.join(logic)}' names no logic to bypass.")
        rights.demand_named(session, BYPASS_LOGIC)
        found += logic
    if _flag(call, "mscrm.bypasscustompluginexecution"):
        rights.demand_named(session, BYPASS_PLUGINS)
        found.append("CustomSync")
    steps = _listed(call, "mscrm.bypassbusinesslogicexecutionstepids")
    if len(steps) > _MOST_STEPS:
        raise errors.bad_request(f"At most {_MOST_STEPS} steps can be bypassed by one call.")
    return (*found, *(step.lower() for step in steps))


def _listed(call: Call, header: str) -> list[str]:
    return [part.strip() for part in call.headers.get(header, "").split(",") if part.strip()]


def _flag(call: Call, header: str) -> bool | None:
    text = call.headers.get(header)
    if text is None:
        return None
    if text.lower() not in ("true", "false"):
        raise errors.bad_request(f"The header {header} is true or false, not '{text}'.")
    return text.lower() == "true"
