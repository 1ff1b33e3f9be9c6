"""What columns take and how they read, as dataverse.md sections 0, 2 and 8 describe it."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import UNKNOWN, Dynamics


def test_text_above_its_length_is_refused_in_the_servers_words(dynamics: Dynamics) -> None:
    """Table of section 0: 0x80044331; lengths of section 8."""
    status, code, message = dynamics.refused("POST", "accounts", {"name": "x" * 161})

    assert (status, code) == (400, "0x80044331")
    assert message == (
        "A validation error occurred.  The length of the 'name' attribute of the 'account' entity "
        "exceeded the maximum allowed length of '160'."
    )
    assert dynamics.names() == []


@pytest.mark.parametrize(
    ("entity_set", "column", "length"),
    [
        ("accounts", "name", 160), ("accounts", "accountnumber", 20), ("accounts", "fax", 50),
        ("accounts", "emailaddress1", 100), ("accounts", "websiteurl", 200),
        ("accounts", "address1_line1", 250), ("accounts", "address1_city", 80),
        ("accounts", "address2_country", 80), ("accounts", "address1_postalcode", 20),
        ("accounts", "address1_stateorprovince", 50), ("contacts", "firstname", 50),
        ("contacts", "lastname", 50), ("contacts", "jobtitle", 100),
    ],
)  # fmt: skip
def test_columns_hold_as_much_as_section_8_says(
    dynamics: Dynamics, entity_set: str, column: str, length: int
) -> None:
    """Section 8: lengths of account and contact."""
    dynamics.created(entity_set, **{column: "é" * length})

    assert dynamics.names(entity_set, column) == ["é" * length]
    assert dynamics.refused("POST", entity_set, {column: "é" * (length + 1)})[0] == 400


def test_text_beyond_the_first_plane_counts_twice(dynamics: Dynamics) -> None:
    """The server's text is UTF-16."""
    dynamics.created("accounts", accountnumber="🎈" * 10)

    assert dynamics.refused("POST", "accounts", {"accountnumber": "🎈" * 11})[0] == 400


def test_values_are_trimmed_at_their_ends_never_inside(dynamics: Dynamics) -> None:
    """contract.md section 2; an empty text is none."""
    row_id = dynamics.created(
        "accounts", name="  A  B ", address1_line1="1st floor\r\nMain St \n", telephone1="  "
    )

    row = dynamics.read(f"accounts({row_id})")
    assert row["name"] == "A  B"
    assert row["address1_line1"] == "1st floor\r\nMain St"
    assert row["telephone1"] is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", 5), ("creditonhold", "yes"), ("customertypecode", "Customer"),
        ("creditlimit", "12"), ("numberofemployees", 1.5), ("creditonhold", 1),
        ("overriddencreatedon", "yesterday"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(dynamics: Dynamics, column: str, value: object) -> None:
    """Section 0: 400 for payloads that do not fit."""
    status, _, message = dynamics.refused("POST", "accounts", {column: value})

    assert status == 400
    assert message.startswith("Cannot convert the literal")


def test_an_unknown_choice_is_refused(dynamics: Dynamics) -> None:
    """Section 8: customertypecode has 1 to 12."""
    assert dynamics.refused("POST", "accounts", {"customertypecode": 99})[1] == "0x80044330"


def test_an_unknown_column_is_refused(dynamics: Dynamics) -> None:
    """Section 0, and Microsoft's page of client errors: two wordings, which are a switch."""
    status, code, message = dynamics.refused("POST", "accounts", {"nope": 1})

    assert (status, code) == (400, "0x80048d19")
    assert message.startswith("Error identified in Payload provided by the user for Entity :'acc")
    assert "The property 'nope' does not exist on type" in message
    dynamics.switch(payload_errors="plain")
    status, code, message = dynamics.refused("POST", "accounts", {"nope": 1})
    assert (status, code) == (400, "0x0")
    assert "Invalid property 'nope' was found in entity 'Microsoft.Dynamics.CRM.acc" in message


def test_computed_columns_follow_and_cannot_be_written(dynamics: Dynamics) -> None:
    """Section 8: fullname and address1_composite are read-only."""
    row_id = dynamics.created(
        "contacts", firstname="Ana", lastname="Díaz", fullname="Somebody Else",
        address1_line1="Main St 1", address1_city="Wellington",
    )  # fmt: skip
    dynamics.patched(f"contacts({row_id})", lastname="Ruiz", createdon="2001-01-01T00:00:00Z")

    row = dynamics.read(f"contacts({row_id})")
    assert row["fullname"] == "Ana Ruiz"
    assert row["address1_composite"] == "Main St 1\r\nWellington"
    assert not row["createdon"].startswith("2001")


def test_points_in_time_read_in_utc_to_the_second(dynamics: Dynamics) -> None:
    """Section 8, DateTime."""
    row_id = dynamics.created(
        "contacts", overriddencreatedon="2020-05-06T12:30:15.75+02:00", birthdate="1990-12-31"
    )

    row = dynamics.read(f"contacts({row_id})")
    assert row["createdon"] == "2020-05-06T10:30:15Z"
    assert row["birthdate"] == "1990-12-31"


def test_money_takes_the_base_currency_and_converts(dynamics: Dynamics) -> None:
    """Section 8: exchangerate and *_base are read-only."""
    euro = dynamics.read("transactioncurrencies", filter="isocurrencycode eq 'EUR'")["value"][0]
    plain = dynamics.created("accounts", name="A", creditlimit=10)
    bind = {"transactioncurrencyid@odata.bind": f"/{'transactioncurrencies'}({_key(euro)})"}
    other = dynamics.created("accounts", name="B", creditlimit=9.9, **bind)

    row = dynamics.read(f"accounts({plain})")
    assert (row["exchangerate"], row["creditlimit_base"]) == (1.0, 10.0)
    row = dynamics.read(f"accounts({other})")
    assert row["exchangerate"] == euro["exchangerate"]
    assert row["creditlimit_base"] == pytest.approx(9.9 / euro["exchangerate"], abs=0.0001)


def _key(currency: dict[str, object]) -> object:
    return currency["transactioncurrencyid"]


def test_deactivating_sets_both_state_and_status(dynamics: Dynamics) -> None:
    """Section 8: state 0 Active/1 Inactive, status 1/2."""
    row_id = dynamics.created("accounts", name="A")

    dynamics.patched(f"accounts({row_id})", statecode=1)
    inactive = dynamics.read(f"accounts({row_id})")
    dynamics.patched(f"accounts({row_id})", statecode=0, statuscode=1)

    assert (inactive["statecode"], inactive["statuscode"]) == (1, 2)
    actions = [entry["action"] for entry in dynamics.control.entries()]
    assert actions == ["create", "archive", "restore"]


def test_a_status_of_another_state_is_refused(dynamics: Dynamics) -> None:
    """Section 8: status 2 belongs to state 1."""
    row_id = dynamics.created("accounts", name="A")

    for body in ({"statecode": 1, "statuscode": 1}, {"statuscode": 2}):
        status, code, _ = dynamics.refused("PATCH", f"accounts({row_id})", body)
        assert (status, code) == (400, "0x80048408")


def test_lookups_are_written_by_bind_and_read_by_value(dynamics: Dynamics) -> None:
    """Section 2, Lookups: leading slash optional, absolute URLs too; null empties."""
    first = dynamics.created("contacts", lastname="One")
    forms = (f"/contacts({first})", f"contacts({first})", f"{dynamics.api_url}/contacts({first})")
    for form in forms:
        row_id = dynamics.created("accounts", **{"primarycontactid@odata.bind": form})
        assert dynamics.read(f"accounts({row_id})")["_primarycontactid_value"] == first

    dynamics.patched(f"accounts({row_id})", **{"primarycontactid@odata.bind": None})
    assert dynamics.read(f"accounts({row_id})")["_primarycontactid_value"] is None


def test_a_polymorphic_lookup_has_one_property_per_target(dynamics: Dynamics) -> None:
    """Section 2, Lookups: parentcustomerid_account and parentcustomerid_contact."""
    account = dynamics.created("accounts", name="A")
    person = dynamics.created("contacts", lastname="Boss")
    row_id = dynamics.created(
        "contacts", **{"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    )
    prefer = 'odata.include-annotations="*"'
    of_account = dynamics.read(f"contacts({row_id})", prefer=prefer)
    dynamics.patched(
        f"contacts({row_id})", **{"parentcustomerid_contact@odata.bind": f"/contacts({person})"}
    )
    of_person = dynamics.read(f"contacts({row_id})", prefer=prefer)

    table = "_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"
    assert (of_account["_parentcustomerid_value"], of_account[table]) == (account, "account")
    assert (of_person["_parentcustomerid_value"], of_person[table]) == (person, "contact")
    assert (of_account["_accountid_value"], of_person["_accountid_value"]) == (account, None)


@pytest.mark.parametrize(
    "name", ["PrimaryContactId", "parentcustomerid_account", "_primarycontactid_value", "nope"]
)
def test_an_unknown_navigation_property_is_undeclared(dynamics: Dynamics, name: str) -> None:
    """Table of section 0; navigation property names are case-sensitive (section 2)."""
    contact = dynamics.created("contacts", lastname="One")

    body = {f"{name}@odata.bind": f"/contacts({contact})"}
    text = f"An undeclared property '{name}' which only has property"

    status, code, message = dynamics.refused("POST", "accounts", body)
    assert (status, code) == (400, "0x80048d19")
    assert f"InnerException : Microsoft.OData.ODataException: {text}" in message
    dynamics.switch(payload_errors="plain")
    status, code, message = dynamics.refused("POST", "accounts", body)
    assert (status, code) == (400, "0x0")
    assert message.startswith(text)


def test_a_bind_to_a_missing_row_is_refused(dynamics: Dynamics) -> None:
    """Table of section 0: 0x80040217."""
    body = {"primarycontactid@odata.bind": f"/contacts({UNKNOWN})"}

    status, code, message = dynamics.refused("POST", "accounts", body)

    assert (status, code) == (404, "0x80040217")
    assert message == f"contact With Id = {UNKNOWN} Does Not Exist"


def test_references_are_set_and_removed_by_ref(dynamics: Dynamics) -> None:
    """Section 2, Delete: clear lookup by DELETE .../$ref; section 3: PUT of a reference."""
    contact = dynamics.created("contacts", lastname="One")
    account = dynamics.created("accounts", name="A")
    path = f"accounts({account})/primarycontactid/$ref"

    dynamics.call("PUT", path, {"@odata.id": f"{dynamics.api_url}/contacts({contact})"})
    assert dynamics.read(f"accounts({account})")["_primarycontactid_value"] == contact
    assert dynamics.read(path)["@odata.id"].endswith(f"contacts({contact})")
    assert dynamics.call("DELETE", path).status_code == 204
    assert dynamics.read(f"accounts({account})")["_primarycontactid_value"] is None


def test_a_lookup_column_itself_cannot_be_written(dynamics: Dynamics) -> None:
    """Section 2, Lookups: write by @odata.bind only."""
    body = {"_primarycontactid_value": UNKNOWN}

    assert dynamics.refused("POST", "accounts", body)[0] == 400
