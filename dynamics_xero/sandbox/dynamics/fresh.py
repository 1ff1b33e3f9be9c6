"""What a new environment holds: an organisation, currencies, users; no accounts, no contacts."""

from __future__ import annotations

import uuid

from dynamics_xero.sandbox.dynamics import fresh_platform
from dynamics_xero.sandbox.dynamics.fresh_platform import insert
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.endpoint import Endpoint

_BASE, _EXPIRY_DAYS = "USD", 7
_CURRENCIES = (
    ("USD", "US Dollar", "$", 1.0),
    ("EUR", "Euro", "€", 0.9),
    ("GBP", "Pound Sterling", "£", 0.8),
    ("NZD", "New Zealand Dollar", "$", 1.65),
)
_APPLICATION = "connector"
_SYSTEM = "system"


def user_id(endpoint: Endpoint, actor: str) -> str:
    """Return the systemuser of a ledger actor; the same after a reset or restart."""
    return _stable(endpoint, f"systemuser/{actor}")


def system_user_id(endpoint: Endpoint) -> str:
    """Return the platform's own user, who made the first rows."""
    return user_id(endpoint, _SYSTEM)


def fill(session: Session) -> None:
    """Write the first rows. They are nobody's edit, so the ledger does not name them."""
    endpoint = session.endpoint
    base = _stable(endpoint, f"currency/{_BASE}")
    for code, name, symbol, rate in _CURRENCIES:
        insert(
            session,
            "transactioncurrency",
            _stable(endpoint, f"currency/{code}"),
            {
                "isocurrencycode": code,
                "currencyname": name,
                "currencysymbol": symbol,
                "currencyprecision": 2,
                "exchangerate": rate,
                "statecode": 0,
                "statuscode": 1,
            },
        )
    insert(
        session,
        "organization",
        endpoint.facts["organization_id"],
        {
            "name": endpoint.name,
            "basecurrencyid": base,
            "localeid": 1033,
            "languagecode": 1033,
            "expirechangetrackingindays": _EXPIRY_DAYS,
            "basecurrencysymbol": "$",
            "basecurrencyprecision": 2,
        },
    )
    _users(session)
    fill_platform(session)


def fill_platform(session: Session) -> None:
    """Write the first rows of the platform's own tables; an older home has none."""
    endpoint = session.endpoint
    actors = (_SYSTEM, _APPLICATION, *(person.name for person in endpoint.people))
    fresh_platform.fill(session, tuple(user_id(endpoint, actor) for actor in actors))


def _users(session: Session) -> None:
    endpoint = session.endpoint
    _user(session, _SYSTEM, "SYSTEM", "", "", accessmode=4)
    _user(
        session,
        _APPLICATION,
        "#",
        "dynamics_xero",
        "",
        accessmode=4,
        applicationid=endpoint.facts["client_id"],
    )
    for person in endpoint.people:
        _user(session, person.name, person.name.capitalize(), "Example", person.email)


def _user(session: Session, actor: str, first: str, last: str, email: str, **more: object) -> None:
    insert(
        session,
        "systemuser",
        user_id(session.endpoint, actor),
        {
            "firstname": first,
            "lastname": last or None,
            "fullname": " ".join(part for part in (first, last) if part),
            "internalemailaddress": email or None,
            "domainname": email or None,
            "azureactivedirectoryobjectid": _stable(session.endpoint, f"directory/{actor}"),
            "isdisabled": 0,
            "accessmode": 0,
            **more,
        },
    )


def _stable(endpoint: Endpoint, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(endpoint.facts["organization_id"]), name))
