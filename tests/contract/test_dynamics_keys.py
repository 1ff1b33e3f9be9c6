"""Alternate keys, as dataverse.md sections 2, 3 and 9 describe them."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import Dynamics

CRM = "Microsoft.Dynamics.CRM"
KEYS = "EntityDefinitions(LogicalName='account')/Keys"


@pytest.fixture
def keyed(dynamics: Dynamics) -> Dynamics:
    """Return an environment whose accounts have the key xero_ref."""
    column = dynamics.add_column("account", type="String", name="xero_Ref", MaxLength=36)
    assert column.status_code == 204
    body = {"SchemaName": "xero_refkey", "KeyAttributes": ["xero_ref"]}
    assert dynamics.call("POST", KEYS, body).status_code == 204
    return dynamics


def test_a_row_is_addressed_by_its_key(keyed: Dynamics) -> None:
    """Section 2, Alternate key address: quotes doubled; the answer echoes the key."""
    row_id = keyed.created("accounts", name="A", xero_ref="it's")

    path = "accounts(xero_ref='it''s')"
    assert keyed.read(path)["accountid"] == row_id
    answer = keyed.call("PATCH", path, {"name": "B"}, headers={"If-Match": "*"})
    assert answer.status_code == 204
    assert answer.headers["OData-EntityId"] == f"{keyed.api_url}/{path}"
    assert keyed.names() == ["B"]


def test_an_upsert_by_key_creates_with_the_keys_values(keyed: Dynamics) -> None:
    """Section 2: missing -> key values copied; existing -> key columns in the body dropped."""
    path = "accounts(xero_ref='r1')"

    keyed.call("PATCH", path, {"name": "A"})
    keyed.call("PATCH", path, {"name": "B", "xero_ref": "other"})

    assert keyed.names(select="name,xero_ref") == ["B"]
    assert keyed.names(column="xero_ref") == ["r1"]


def test_a_second_holder_of_a_key_is_refused_with_the_first_ones_id(keyed: Dynamics) -> None:
    """Table of section 0: 0x80060892 with the holder's Id; case-insensitive as all text."""
    holder = keyed.created("accounts", name="A", xero_ref="r1")
    other = keyed.created("accounts", name="B", xero_ref="r2")

    for method, path in (("POST", "accounts"), ("PATCH", f"accounts({other})")):
        status, code, message = keyed.refused(method, path, {"xero_ref": "R1"})
        assert (status, code) == (412, "0x80060892")
        assert message.startswith("Entity Key xero_refkey violated. A record with the same value")
        assert f"<Id>{holder}</Id>" in message


def test_rows_without_a_value_do_not_collide(keyed: Dynamics) -> None:
    """Section 2: uniqueness is on values; empty ones are free."""
    keyed.created("accounts", name="A")
    keyed.created("accounts", name="B")

    assert keyed.names() == ["A", "B"]


@pytest.mark.parametrize("value", ["a/b", "a<b", "50%", "a&b", "a:b", "a?b", "a+b", "a*b"])
def test_values_with_special_characters_cannot_be_addressed(keyed: Dynamics, value: str) -> None:
    """Section 2: such values break GET and PATCH by key although uniqueness holds."""
    keyed.created("accounts", name="A", xero_ref=value)
    encoded = value.replace("%", "%25").replace("/", "%2F").replace("?", "%3F")

    assert keyed.refused("GET", f"accounts(xero_ref='{encoded}')")[0] == 400
    assert keyed.refused("POST", "accounts", {"xero_ref": value})[0] == 412


def test_a_key_is_pending_until_its_index_is_built(dynamics: Dynamics) -> None:
    """Section 9: EntityKeyIndexStatus Pending, then Active; not addressable before."""
    dynamics.switch(key_index_delay_s="60")
    dynamics.add_column("account", type="String", name="xero_ref", MaxLength=36)
    body = {"SchemaName": "xero_refkey", "KeyAttributes": ["xero_ref"]}
    dynamics.call("POST", KEYS, body)

    assert dynamics.names(KEYS, "EntityKeyIndexStatus") == ["Pending"]
    assert dynamics.refused("PATCH", "accounts(xero_ref='r1')", {"name": "A"})[0] == 400
    dynamics.control.post("clock", {"advance_s": 61})
    assert dynamics.names(KEYS, "EntityKeyIndexStatus") == ["Active"]
    assert dynamics.call("PATCH", "accounts(xero_ref='r1')", {"name": "A"}).status_code == 204


def test_only_declared_keys_address_rows(dynamics: Dynamics) -> None:
    """Section 2: name is no key."""
    assert dynamics.refused("GET", "accounts(name='A')")[0] == 400


def test_upsert_multiple_takes_keys_in_the_address_only(keyed: Dynamics) -> None:
    """Section 3, UpsertMultiple: a repeated key column is refused on the create path."""
    path = f"accounts/{CRM}.UpsertMultiple"
    target = {
        "@odata.type": f"{CRM}.account", "@odata.id": "accounts(xero_ref='r1')", "name": "A",
    }  # fmt: skip

    refused = keyed.refused("POST", path, {"Targets": [{**target, "xero_ref": "r1"}]})
    created = keyed.call("POST", path, {"Targets": [target]})
    updated = keyed.call("POST", path, {"Targets": [{**target, "name": "B"}]})

    assert refused[0] == 400
    assert created.json()["Results"][0]["RecordCreated"] is True
    assert updated.json()["Results"][0]["RecordCreated"] is False
    assert keyed.names() == ["B"]


def test_a_key_can_be_deleted(keyed: Dynamics) -> None:
    """Section 9: Keys are metadata like others."""
    key_id = keyed.names(KEYS, "MetadataId")[0]

    assert keyed.call("DELETE", f"{KEYS}({key_id})").status_code == 204
    assert keyed.names(KEYS, "SchemaName") == []
    keyed.created("accounts", xero_ref="r1")
    keyed.created("accounts", xero_ref="r1")


def test_a_key_over_shared_values_fails_and_is_built_again_on_demand(dynamics: Dynamics) -> None:
    """Section 9: Failed is a status, not a refusal; ReactivateEntityKey after the mend."""
    dynamics.add_column("account", type="String", name="xero_Ref", MaxLength=36)
    rows = [dynamics.created("accounts", name=name, xero_ref="same") for name in "AB"]
    body = {"SchemaName": "xero_refkey", "KeyAttributes": ["xero_ref"]}
    assert dynamics.call("POST", KEYS, body).status_code == 204
    assert dynamics.names(KEYS, "EntityKeyIndexStatus") == ["Failed"]
    assert dynamics.refused("GET", "accounts(xero_ref='same')")[0] == 400
    wanted = {"EntityLogicalName": "account", "EntityKeyLogicalName": "xero_refkey"}
    assert dynamics.call("POST", "ReactivateEntityKey", wanted).status_code == 204
    assert dynamics.names(KEYS, "EntityKeyIndexStatus") == ["Failed"]

    dynamics.patched(f"accounts({rows[1]})", xero_ref="other")
    assert dynamics.call("POST", "ReactivateEntityKey", wanted).status_code == 204

    assert dynamics.names(KEYS, "EntityKeyIndexStatus") == ["Active"]
    assert dynamics.read("accounts(xero_ref='same')")["accountid"] == rows[0]
    other = {**wanted, "EntityKeyLogicalName": "xero_nokey"}
    assert dynamics.refused("POST", "ReactivateEntityKey", other)[0] == 400
