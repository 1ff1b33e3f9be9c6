"""The action Merge, as Microsoft's page on it and mapping.md (merged, masterid) describe it."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import UNKNOWN, Dynamics, Json, change_set, operation, statuses

TYPE = "Microsoft.Dynamics.CRM"


def body(table: str, winner: str, loser: str, **more: object) -> Json:
    """Return the parameters of a merge."""
    rows = {
        name: {"@odata.type": f"{TYPE}.{table}", f"{table}id": row_id}
        for name, row_id in (("Target", winner), ("Subordinate", loser))
    }
    return {**rows, "PerformParentingChecks": False, **more}


def merged(dynamics: Dynamics, table: str, winner: str, loser: str, **more: object) -> None:
    """Merge two rows as a person does."""
    answer = dynamics.call("POST", "Merge", body(table, winner, loser, **more), person="ada")
    assert (answer.status_code, answer.content) == (204, b""), answer.text


def refused(dynamics: Dynamics, table: str, winner: str, loser: str, **more: object) -> str:
    """Merge in vain and return the code."""
    status, code, _ = dynamics.refused("POST", "Merge", body(table, winner, loser, **more))
    assert status == 400
    return code


def test_the_loser_is_inactive_and_names_its_winner(dynamics: Dynamics) -> None:
    """dataverse.md section 8: inactive loser rows point at the winner."""
    winner, loser = dynamics.created("accounts", name="W"), dynamics.created("accounts", name="L")

    merged(dynamics, "account", winner, loser)

    row = dynamics.read(f"accounts({loser})")
    assert (row["statecode"], row["statuscode"], row["merged"]) == (1, 2, True)
    assert row["_masterid_value"] == winner
    kept = dynamics.read(f"accounts({winner})")
    assert (kept["name"], kept["statecode"], kept["merged"]) == ("W", 0, False)
    assert kept["_masterid_value"] is None


def test_contacts_and_accounts_below_the_loser_move_to_the_winner(dynamics: Dynamics) -> None:
    winner, loser = dynamics.created("accounts", name="W"), dynamics.created("accounts", name="L")
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({loser})"}
    contact = dynamics.created("contacts", lastname="C", **bind)
    below = dynamics.created(
        "accounts", name="B", **{"parentaccountid@odata.bind": f"/accounts({loser})"}
    )

    merged(dynamics, "account", winner, loser)

    row = dynamics.read(f"contacts({contact})")
    assert (row["_parentcustomerid_value"], row["_accountid_value"]) == (winner, winner)
    assert dynamics.read(f"accounts({below})")["_parentaccountid_value"] == winner


def test_accounts_whose_primary_contact_is_merged_take_the_winner(dynamics: Dynamics) -> None:
    winner = dynamics.created("contacts", lastname="W")
    loser = dynamics.created("contacts", lastname="L")
    bind = {"primarycontactid@odata.bind": f"/contacts({loser})"}
    account = dynamics.created("accounts", name="A", **bind)

    merged(dynamics, "contact", winner, loser)

    assert dynamics.read(f"accounts({account})")["_primarycontactid_value"] == winner
    assert dynamics.read(f"contacts({loser})")["_masterid_value"] == winner


def test_the_content_wins_and_empty_columns_are_filled(dynamics: Dynamics) -> None:
    """Microsoft's page: data moves, what the target has is not overwritten; more by content."""
    winner = dynamics.created("accounts", name="W", telephone1="1")
    loser = dynamics.created(
        "accounts", name="L", telephone1="2", fax="3", websiteurl="http://l", creditlimit=7
    )
    content = {"@odata.type": f"{TYPE}.account", "name": "New", "websiteurl": None}

    merged(dynamics, "account", winner, loser, UpdateContent=content)

    row = dynamics.read(f"accounts({winner})")
    assert (row["name"], row["telephone1"], row["fax"]) == ("New", "1", "3")
    assert (row["websiteurl"], row["creditlimit"]) == (None, 7)


def test_an_alternate_key_stays_with_the_loser(dynamics: Dynamics) -> None:
    """Two rows cannot share a key (dataverse.md section 2), so it is not filled."""
    key = {"SchemaName": "new_number", "KeyAttributes": ["accountnumber"]}
    dynamics.call("POST", "EntityDefinitions(LogicalName='account')/Keys", key)
    winner = dynamics.created("accounts", name="W")
    loser = dynamics.created("accounts", name="L", accountnumber="N1")

    merged(dynamics, "account", winner, loser)

    assert dynamics.read(f"accounts({winner})")["accountnumber"] is None
    assert dynamics.read(f"accounts({loser})")["accountnumber"] == "N1"


def test_filling_is_a_switch(running_dynamics: Dynamics) -> None:
    dynamics = running_dynamics.fresh(merge_blanks="kept")
    winner = dynamics.created("accounts", name="W")
    loser = dynamics.created("accounts", name="L", fax="3")

    merged(dynamics, "account", winner, loser)

    assert dynamics.read(f"accounts({winner})")["fax"] is None


def test_every_row_a_merge_touches_shows_in_change_tracking(dynamics: Dynamics) -> None:
    """dataverse.md section 4: a merge appears as row updates."""
    dynamics.track("account")
    dynamics.track("contact")
    winner, loser = dynamics.created("accounts", name="W"), dynamics.created("accounts", name="L")
    dynamics.created("accounts", name="Other")
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({loser})"}
    contact = dynamics.created("contacts", lastname="C", **bind)
    prefer = "odata.track-changes"
    accounts = dynamics.read("accounts", prefer=prefer, select="versionnumber")
    contacts = dynamics.read("contacts", prefer=prefer, select="versionnumber")
    before = {row["accountid"]: row["versionnumber"] for row in accounts["value"]}

    merged(dynamics, "account", winner, loser)

    changed = dynamics.read(accounts["@odata.deltaLink"])["value"]
    assert {row["accountid"] for row in changed} == {winner, loser}
    assert all(row["versionnumber"] > before[row["accountid"]] for row in changed)
    moved = dynamics.read(contacts["@odata.deltaLink"])["value"]
    assert [row["contactid"] for row in moved] == [contact]


def test_the_ledger_names_who_merged_and_each_row(dynamics: Dynamics) -> None:
    winner, loser = dynamics.created("accounts", name="W"), dynamics.created("accounts", name="L")
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({loser})"}
    contact = dynamics.created("contacts", lastname="C", **bind)

    merged(dynamics, "account", winner, loser)

    entries = dynamics.control.entries(actor="ada")
    assert [(entry["id"], entry["action"]) for entry in entries] == [
        (contact, "update"),
        (winner, "update"),
        (loser, "archive"),
    ]
    assert {str(entry["path"]) for entry in entries} == {"/api/data/v9.2/Merge"}
    assert {"merged", "_masterid_value", "statecode"} <= set(entries[2]["fields"])  # type: ignore[call-overload]  # a list in JSON


def test_merges_make_chains(dynamics: Dynamics) -> None:
    """A into B, then B into C: each row points at the one that took its place."""
    first, second, third = (dynamics.created("accounts", name=name) for name in "ABC")

    merged(dynamics, "account", second, first)
    merged(dynamics, "account", third, second)

    assert dynamics.read(f"accounts({first})")["_masterid_value"] == second
    assert dynamics.read(f"accounts({second})")["_masterid_value"] == third


def test_a_merged_row_is_edited_no_more_but_can_be_deleted(dynamics: Dynamics) -> None:
    """Not documented (switch merged_row_edit); code and words are the twin's own."""
    winner, loser = dynamics.created("accounts", name="W"), dynamics.created("accounts", name="L")
    merged(dynamics, "account", winner, loser)
    path = f"accounts({loser})"

    for change in ({"name": "N"}, {"statecode": 0}):
        status, code, message = dynamics.refused("PATCH", path, change)
        assert (status, code) == (400, "0x80040203")
        assert "has been merged" in message
    assert dynamics.refused("DELETE", f"{path}/name")[0] == 400
    assert dynamics.call("DELETE", path).status_code == 204


def test_editing_a_merged_row_is_a_switch(running_dynamics: Dynamics) -> None:
    dynamics = running_dynamics.fresh(merged_row_edit="allowed")
    winner, loser = dynamics.created("accounts", name="W"), dynamics.created("accounts", name="L")
    merged(dynamics, "account", winner, loser)

    dynamics.patched(f"accounts({loser})", name="N", statecode=0)

    row = dynamics.read(f"accounts({loser})")
    assert (row["name"], row["statecode"], row["merged"]) == ("N", 0, True)


def test_impossible_merges_are_refused_in_microsofts_codes(dynamics: Dynamics) -> None:
    live, old = dynamics.created("accounts", name="A"), dynamics.created("accounts", name="B")
    dynamics.patched(f"accounts({old})", statecode=1)
    below = dynamics.created(
        "accounts", name="C", **{"parentaccountid@odata.bind": f"/accounts({live})"}
    )
    other = dynamics.created("accounts", name="D")

    assert refused(dynamics, "account", live, live) == "0x80045305"
    assert refused(dynamics, "account", live, old) == "0x80045304"
    assert refused(dynamics, "account", old, live) == "0x80045304"
    assert refused(dynamics, "account", below, live) == "0x80045300"
    checks = {"PerformParentingChecks": True}
    assert refused(dynamics, "account", other, below, **checks) == "0x80045317"
    assert refused(dynamics, "account", below, other, **checks) == "0x80045316"
    assert dynamics.read(f"accounts({live})")["merged"] is False


def test_a_row_merged_into_its_parent_does_not_become_its_own_parent(dynamics: Dynamics) -> None:
    winner = dynamics.created("accounts", name="A")
    bind = {"parentaccountid@odata.bind": f"/accounts({winner})"}
    loser = dynamics.created("accounts", name="B", **bind)

    merged(dynamics, "account", winner, loser)

    assert dynamics.read(f"accounts({winner})")["_parentaccountid_value"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"Target": None},
        {"Subordinate": {"accountid": UNKNOWN}},
        {"Target": {"@odata.type": f"{TYPE}.account"}},
        {"Target": {"@odata.type": f"{TYPE}.systemuser", "systemuserid": UNKNOWN}},
        {"Target": {"@odata.type": f"{TYPE}.contact", "contactid": UNKNOWN}},
        {"PerformParentingChecks": None},
        {"UpdateContent": {"name": "N"}},
        {"UpdateContent": {"@odata.type": f"{TYPE}.contact", "lastname": "N"}},
        {"UpdateContent": {"@odata.type": f"{TYPE}.account", "colour": "red"}},
    ],
)
def test_senseless_parameters_are_refused(dynamics: Dynamics, change: Json) -> None:
    winner, loser = dynamics.created("accounts", name="W"), dynamics.created("accounts", name="L")
    assert dynamics.refused("POST", "Merge", body("account", winner, loser) | change)[0] == 400


def test_an_unknown_row_is_not_found_and_merge_is_no_function(dynamics: Dynamics) -> None:
    winner = dynamics.created("accounts", name="W")
    status, code, _ = dynamics.refused("POST", "Merge", body("account", winner, UNKNOWN))
    assert (status, code) == (404, "0x80040217")
    assert dynamics.refused("GET", "Merge")[0] == 404


def test_a_merge_travels_in_a_batch_and_is_undone_with_its_changeset(dynamics: Dynamics) -> None:
    winner, loser = dynamics.created("accounts", name="W"), dynamics.created("accounts", name="L")
    parameters = (
        f'{{"Target":{{"@odata.type":"{TYPE}.account","accountid":"{winner}"}},'
        f'"Subordinate":{{"@odata.type":"{TYPE}.account","accountid":"{loser}"}},'
        '"PerformParentingChecks":false}'
    )
    merge = operation("POST", "/api/data/v9.2/Merge", parameters, number=1)
    missing = operation("DELETE", f"/api/data/v9.2/accounts({UNKNOWN})", number=2)

    assert statuses(dynamics.batch(change_set(merge, missing))) == [404]
    assert dynamics.read(f"accounts({loser})")["merged"] is False
    assert statuses(dynamics.batch(change_set(merge))) == [204]
    assert dynamics.read(f"accounts({loser})")["merged"] is True
