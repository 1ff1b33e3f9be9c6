"""Rows made, read, changed and removed, as dataverse.md sections 0 and 2 describe it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.contract.dynamics_server import UNKNOWN, Dynamics

NOW_OR_MISSING = {"If-Match": "*"}


def test_a_fresh_environment_holds_users_and_currencies_but_no_accounts(
    dynamics: Dynamics,
) -> None:
    """contract.md section 2: only organisation, settings data, users and people."""
    assert dynamics.names("accounts") == []
    assert dynamics.names("contacts", "fullname") == []
    assert set(dynamics.names("transactioncurrencies", "isocurrencycode")) >= {"USD", "EUR", "GBP"}
    assert len(dynamics.read("organizations")["value"]) == 1
    assert len(dynamics.read("systemusers")["value"]) >= 4


def test_who_am_i_names_the_application_user(dynamics: Dynamics) -> None:
    """Section 1.3: BusinessUnitId, UserId and OrganizationId."""
    answer = dynamics.read("WhoAmI")

    assert {"BusinessUnitId", "UserId", "OrganizationId"} <= answer.keys()
    user = dynamics.read(f"systemusers({answer['UserId']})")
    assert user["applicationid"] == dynamics.serving.environments[0].client_id


def test_create_answers_204_with_the_new_address(dynamics: Dynamics) -> None:
    """Section 2, Create."""
    answer = dynamics.call("POST", "accounts", {"name": "Ancora"})

    assert answer.status_code == 204
    assert answer.headers["OData-Version"] == "4.0"
    address = answer.headers["OData-EntityId"]
    assert address.startswith(f"{dynamics.api_url}/accounts(")
    assert dynamics.read(address)["name"] == "Ancora"


def test_create_with_return_representation_answers_201_with_the_row(dynamics: Dynamics) -> None:
    """Sections 0 and 2: 201 only with return=representation, with an ETag."""
    answer = dynamics.call(
        "POST",
        "accounts",
        {"name": "Ancora"},
        headers={"Prefer": "return=representation"},
        params={"$select": "name"},
    )

    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == "return=representation"
    row = answer.json()
    assert row["name"] == "Ancora"
    assert row["@odata.etag"] == answer.headers["ETag"]
    assert set(row) == {"@odata.context", "@odata.etag", "name", "accountid"}


def test_a_client_may_choose_the_primary_key(dynamics: Dynamics) -> None:
    """Section 2, Create; a second row with the key is refused with 0x80040237."""
    chosen = "11111111-2222-3333-4444-555555555555"

    assert dynamics.created("accounts", accountid=chosen, name="Ancora") == chosen
    status, code, message = dynamics.refused("POST", "accounts", {"accountid": chosen})
    assert (status, code) == (412, "0x80040237")
    assert message == "Cannot insert duplicate key."


def test_patch_without_if_match_is_an_upsert(dynamics: Dynamics) -> None:
    """Section 2, Update: 201 tells created, 200 updated."""
    path = "accounts(11111111-2222-3333-4444-555555555555)"
    wanted = {"Prefer": "return=representation"}

    first = dynamics.call("PATCH", path, {"name": "One"}, headers=wanted)
    second = dynamics.call("PATCH", path, {"name": "Two"}, headers=wanted)

    assert (first.status_code, second.status_code) == (201, 200)
    assert dynamics.names() == ["Two"]


def test_patch_with_if_match_star_never_creates(dynamics: Dynamics) -> None:
    """Section 2, Update, and the table of section 0: 404 with 0x80040217."""
    status, code, message = dynamics.refused(
        "PATCH", f"accounts({UNKNOWN})", {"name": "Ghost"}, headers=NOW_OR_MISSING
    )

    assert (status, code) == (404, "0x80040217")
    assert message == f"account With Id = {UNKNOWN} Does Not Exist"
    assert dynamics.names() == []


def test_a_missing_row_may_be_told_in_the_newer_wording(dynamics: Dynamics) -> None:
    """Section 0: newer wording may start with Entity 'account' (switch)."""
    dynamics.switch(not_found_wording="entity")

    _, _, message = dynamics.refused("GET", f"accounts({UNKNOWN})")

    assert message == f"Entity 'account' With Id = {UNKNOWN} Does Not Exist"


def test_a_stale_etag_is_refused_with_412(dynamics: Dynamics) -> None:
    """Table of section 0: 0x80060882, also for DELETE."""
    row_id = dynamics.created("accounts", name="Ancora")
    stale = dynamics.read(f"accounts({row_id})")["@odata.etag"]
    dynamics.patched(f"accounts({row_id})", name="Newer")

    for method in ("PATCH", "DELETE"):
        status, code, message = dynamics.refused(
            method, f"accounts({row_id})", {"name": "Older"}, headers={"If-Match": stale}
        )
        assert (status, code) == (412, "0x80060882")
        assert message.startswith("The version of the existing record doesn't match")
    assert dynamics.names() == ["Newer"]


def test_a_current_etag_lets_an_update_through(dynamics: Dynamics) -> None:
    """Section 2, ETag."""
    row_id = dynamics.created("accounts", name="Ancora")
    current = dynamics.read(f"accounts({row_id})")["@odata.etag"]

    answer = dynamics.call(
        "PATCH", f"accounts({row_id})", {"name": "New"}, headers={"If-Match": current}
    )

    assert answer.status_code == 204
    assert dynamics.read(f"accounts({row_id})")["@odata.etag"] != current


def test_if_none_match_star_creates_only(dynamics: Dynamics) -> None:
    """Section 2, Create-only upsert."""
    path, only_new = f"accounts({UNKNOWN})", {"If-None-Match": "*"}

    assert dynamics.call("PATCH", path, {"name": "A"}, headers=only_new).status_code == 204
    status, code, message = dynamics.refused("PATCH", path, {"name": "B"}, headers=only_new)
    assert (status, code) == (412, "0x80040237")
    assert message == "A record with matching key values already exists."


def test_the_word_null_in_if_none_match_is_no_condition(dynamics: Dynamics) -> None:
    """Section 0: If-None-Match: null defeats caches and nothing else."""
    row_id = dynamics.created("accounts", name="Ancora")

    read = dynamics.call("GET", f"accounts({row_id})", headers={"If-None-Match": "null"})
    written = dynamics.call(
        "PATCH", f"accounts({row_id})", {"name": "B"}, headers={"If-None-Match": "null"}
    )

    assert (read.status_code, written.status_code) == (200, 204)


def test_a_conditional_get_answers_304_except_with_annotations(dynamics: Dynamics) -> None:
    """Section 2, ETag: never 304 with $expand or include-annotations."""
    row_id = dynamics.created("accounts", name="Ancora")
    path = f"accounts({row_id})"
    known = {"If-None-Match": dynamics.read(path)["@odata.etag"]}

    assert dynamics.call("GET", path, headers=known).status_code == 304
    annotated = known | {"Prefer": 'odata.include-annotations="*"'}
    assert dynamics.call("GET", path, headers=annotated).status_code == 200
    expanded = dynamics.call(
        "GET", path, headers=known, params={"$expand": "primarycontactid($select=fullname)"}
    )
    assert expanded.status_code == 200


def test_a_patch_with_equal_values_moves_the_version_but_changes_nothing(
    dynamics: Dynamics,
) -> None:
    """contract.md section 2: such a ledger entry says changed false."""
    row_id = dynamics.created("accounts", name="Ancora")
    before = dynamics.read(f"accounts({row_id})")

    dynamics.patched(f"accounts({row_id})", name="Ancora")

    after = dynamics.read(f"accounts({row_id})")
    assert after["versionnumber"] > before["versionnumber"]
    entries = dynamics.control.entries()
    assert [entry["changed"] for entry in entries] == [True, False]
    assert entries[1]["fields"] == []
    assert entries[1]["actor"] == "connector"


def test_version_numbers_are_one_sequence_for_all_tables(dynamics: Dynamics) -> None:
    """Section 2, ETag: one organisation-wide sequence."""
    account = dynamics.created("accounts", name="A")
    contact = dynamics.created("contacts", lastname="B")
    dynamics.patched(f"accounts({account})", name="C")

    first = dynamics.read(f"contacts({contact})")["versionnumber"]
    assert dynamics.read(f"accounts({account})")["versionnumber"] == first + 1


def test_people_are_told_apart_by_modifiedby(dynamics: Dynamics) -> None:
    """Section 1.3: writes appear as the user who made them."""
    row_id = dynamics.created("accounts", name="Ancora")

    dynamics.call("PATCH", f"accounts({row_id})", {"name": "B"}, person="ada")

    row = dynamics.read(f"accounts({row_id})")
    assert row["_modifiedby_value"] != row["_createdby_value"]
    assert dynamics.control.entries(actor="ada")[0]["fields"] == ["name"]


def test_delete_removes_the_row_and_empties_lookups_to_it(dynamics: Dynamics) -> None:
    """Section 2, Delete; what happens to lookups is a switch."""
    account = dynamics.created("accounts", name="A")
    contact = dynamics.created(
        "contacts",
        lastname="B",
        **{"parentcustomerid_account@odata.bind": f"/accounts({account})"},
    )

    assert dynamics.call("DELETE", f"accounts({account})").status_code == 204

    assert dynamics.call("GET", f"accounts({account})").status_code == 404
    assert dynamics.read(f"contacts({contact})")["_parentcustomerid_value"] is None


def test_a_deleted_account_may_take_its_contacts_along(dynamics: Dynamics) -> None:
    """Switch account_delete_contacts."""
    dynamics.switch(account_delete_contacts="cascade")
    account = dynamics.created("accounts", name="A")
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    dynamics.created("contacts", lastname="B", **bind)

    dynamics.call("DELETE", f"accounts({account})")

    assert dynamics.names("contacts", "fullname") == []
    assert [entry["action"] for entry in dynamics.control.entries()][-2:] == ["delete", "delete"]


def test_a_single_column_can_be_emptied_by_delete(dynamics: Dynamics) -> None:
    """Section 2, Delete: single property."""
    row_id = dynamics.created("accounts", name="A", telephone1="1")

    assert dynamics.call("DELETE", f"accounts({row_id})/telephone1").status_code == 204
    assert dynamics.read(f"accounts({row_id})")["telephone1"] is None
    assert dynamics.read(f"accounts({row_id})/name")["value"] == "A"


def test_writing_a_collection_by_patch_is_not_allowed(dynamics: Dynamics) -> None:
    """Section 0, status classes: 405 for PATCH and DELETE on a collection."""
    assert dynamics.refused("PATCH", "accounts", {"name": "A"})[0] == 405
    assert dynamics.refused("DELETE", "accounts")[0] == 405


def test_other_versions_of_the_api_are_served_too(dynamics: Dynamics) -> None:
    """Section 0: v9.0 and v9.1 are live beside v9.2."""
    for version in ("v9.0", "v9.1", "v9.2"):
        assert dynamics.read(f"{dynamics.url}/api/data/{version}/accounts")["value"] == []


def test_a_call_without_a_valid_token_is_refused_with_401(dynamics: Dynamics) -> None:
    """Section 0, status classes."""
    answer = dynamics.call("GET", "accounts", headers={"Authorization": "Bearer wrong"})

    assert answer.status_code == 401
    assert "authorization_uri" in answer.headers["WWW-Authenticate"]


def test_a_single_column_is_written_by_put(dynamics: Dynamics) -> None:
    """Section 2 beside Delete: one property by its own address."""
    row_id = dynamics.created("accounts", name="A")

    answer = dynamics.call("PUT", f"accounts({row_id})/telephone1", {"value": "5"})

    assert answer.status_code == 204
    assert dynamics.read(f"accounts({row_id})/telephone1")["value"] == "5"


def test_a_row_is_added_to_a_related_collection_by_reference(dynamics: Dynamics) -> None:
    """Section 3, $ref forms."""
    account = dynamics.created("accounts", name="A")
    contact = dynamics.created("contacts", lastname="B")

    path = f"accounts({account})/contact_customer_accounts"
    reference = {"@odata.id": f"{dynamics.api_url}/contacts({contact})"}
    assert dynamics.call("POST", f"{path}/$ref", reference).status_code == 204

    assert dynamics.names(path, "lastname") == ["B"]
    assert dynamics.call("GET", f"{path}/$count").text == "1"


def test_table_sizes_can_be_asked(dynamics: Dynamics) -> None:
    """Section 2, RetrieveTotalRecordCount."""
    dynamics.created("accounts", name="A")

    path = "RetrieveTotalRecordCount(EntityNames=['account','contact'])"
    counts = dynamics.read(path)["EntityRecordCountCollection"]

    assert counts["Keys"] == ["account", "contact"]
    assert counts["Values"] == [1, 0]


def test_rows_written_at_the_same_time_are_all_there_in_one_order(dynamics: Dynamics) -> None:
    """Section 2, ETag: one sequence, whoever writes."""
    dynamics.track("account")
    link = dynamics.read("accounts", prefer="odata.track-changes")["@odata.deltaLink"]

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(dynamics.created, "accounts", name=str(n)) for n in range(60)]:
            done.result()

    rows = dynamics.read(link)["value"]
    versions = [row["versionnumber"] for row in rows]
    assert sorted(row["name"] for row in rows) == sorted(str(n) for n in range(60))
    assert versions == sorted(set(versions))
