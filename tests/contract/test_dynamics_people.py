"""What people do to accounts and contacts by hand, each one a row in change tracking."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import Dynamics, Json


@pytest.fixture
def tracked(dynamics: Dynamics) -> Dynamics:
    """Return an environment that tracks accounts and contacts."""
    dynamics.track("account")
    dynamics.track("contact")
    return dynamics


def by_ada(dynamics: Dynamics, method: str, path: str, body: object = None) -> None:
    """Make a change as a person."""
    answer = dynamics.call(method, path, body, headers={"If-Match": "*"}, person="ada")
    assert answer.status_code == 204, answer.text


def child(dynamics: Dynamics, account: str) -> str:
    """Create a contact below an account."""
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    return dynamics.created("contacts", lastname="C", **bind)


def delta(dynamics: Dynamics, entity_set: str) -> str:
    """Return where the changes from now on are read."""
    link: str = dynamics.read(entity_set, prefer="odata.track-changes")["@odata.deltaLink"]
    return link


def last_edit(dynamics: Dynamics) -> Json:
    """Return the newest entry of a person."""
    return dict(dynamics.control.entries(actor="ada")[-1])


@pytest.mark.parametrize(
    ("out", "back"),
    [
        ({"statecode": 1, "statuscode": 2}, {"statecode": 0, "statuscode": 1}),
        ({"statecode": 1}, {"statecode": 0}),
    ],
)
@pytest.mark.parametrize("entity_set", ["accounts", "contacts"])
def test_a_row_is_deactivated_and_activated_again(
    tracked: Dynamics, entity_set: str, out: Json, back: Json
) -> None:
    """dataverse.md section 8: SetState is a PATCH of statecode and statuscode."""
    name = {"accounts": "name", "contacts": "lastname"}[entity_set]
    path = f"{entity_set}({tracked.created(entity_set, **{name: 'A'})})"
    link = delta(tracked, entity_set)

    by_ada(tracked, "PATCH", path, out)
    assert last_edit(tracked)["action"] == "archive"
    (changed,) = tracked.read(link)["value"]
    assert (changed["statecode"], changed["statuscode"]) == (1, 2)

    link = delta(tracked, entity_set)
    by_ada(tracked, "PATCH", path, back)
    assert last_edit(tracked)["action"] == "restore"
    (changed,) = tracked.read(link)["value"]
    assert (changed["statecode"], changed["statuscode"]) == (0, 1)


def test_an_inactive_accounts_contacts_stay_as_they_are(tracked: Dynamics) -> None:
    account = tracked.created("accounts", name="A")
    contact = child(tracked, account)
    link = delta(tracked, "contacts")

    by_ada(tracked, "PATCH", f"accounts({account})", {"statecode": 1})

    assert tracked.read(link)["value"] == []
    assert tracked.read(f"contacts({contact})")["statecode"] == 0


def test_a_contact_moves_to_another_account(tracked: Dynamics) -> None:
    """dataverse.md section 8: accountid follows parentcustomerid."""
    first, second = (tracked.created("accounts", name=name) for name in "AB")
    contact = child(tracked, first)
    link = delta(tracked, "contacts")

    bind = {"parentcustomerid_account@odata.bind": f"/accounts({second})"}
    by_ada(tracked, "PATCH", f"contacts({contact})", bind)

    (changed,) = tracked.read(link)["value"]
    assert (changed["_parentcustomerid_value"], changed["_accountid_value"]) == (second, second)
    assert last_edit(tracked)["fields"] == ["_accountid_value", "_parentcustomerid_value"]


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("PATCH", "", {"parentcustomerid_account@odata.bind": None}),
        ("PATCH", "", {"parentcustomerid_contact@odata.bind": None}),
        ("PATCH", "", {"parentcustomerid_account": None}),
        ("DELETE", "/parentcustomerid_account/$ref", None),
    ],
)
def test_a_contact_is_made_parentless_and_a_child_again(
    tracked: Dynamics, method: str, suffix: str, body: object
) -> None:
    """dataverse.md section 2, Lookups: bound to null, or the reference deleted."""
    account = tracked.created("accounts", name="A")
    contact = child(tracked, account)
    link = delta(tracked, "contacts")

    by_ada(tracked, method, f"contacts({contact}){suffix}", body)

    (changed,) = tracked.read(link)["value"]
    assert (changed["_parentcustomerid_value"], changed["_accountid_value"]) == (None, None)

    link = delta(tracked, "contacts")
    bind = {"parentcustomerid_account@odata.bind": f"accounts({account})"}
    by_ada(tracked, "PATCH", f"contacts({contact})", bind)
    (changed,) = tracked.read(link)["value"]
    assert changed["_parentcustomerid_value"] == account


def test_a_contact_below_a_contact_has_no_account(tracked: Dynamics) -> None:
    account = tracked.created("accounts", name="A")
    above, contact = tracked.created("contacts", lastname="P"), child(tracked, account)

    bind = {"parentcustomerid_contact@odata.bind": f"/contacts({above})"}
    by_ada(tracked, "PATCH", f"contacts({contact})", bind)

    row = tracked.read(f"contacts({contact})")
    assert (row["_accountid_value"], row["_parentcontactid_value"]) == (None, above)


def test_deleting_an_account_shows_its_contacts_as_changed(tracked: Dynamics) -> None:
    """Switch account_delete_contacts: the link is removed, so the contact is an update."""
    account = tracked.created("accounts", name="A")
    contact = child(tracked, account)
    accounts, contacts = delta(tracked, "accounts"), delta(tracked, "contacts")

    by_ada(tracked, "DELETE", f"accounts({account})")

    (gone,) = tracked.read(accounts)["value"]
    assert (gone["id"], gone["reason"]) == (account, "deleted")
    (changed,) = tracked.read(contacts)["value"]
    assert (changed["contactid"], changed["_parentcustomerid_value"]) == (contact, None)
