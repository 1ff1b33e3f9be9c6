"""Change tracking, as dataverse.md section 4 describes it."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import Dynamics, Json

TRACK = "odata.track-changes"


@pytest.fixture
def tracked(dynamics: Dynamics) -> Dynamics:
    """Return an environment that tracks accounts."""
    dynamics.track("account")
    return dynamics


def first_read(dynamics: Dynamics, *, page: int = 5000) -> tuple[list[Json], str]:
    """Read all accounts with tracking; return the rows and the delta link."""
    prefer = f"{TRACK},odata.maxpagesize={page}"
    return follow(dynamics, dynamics.read("accounts", prefer=prefer, select="name"), prefer)


def follow(dynamics: Dynamics, document: Json, prefer: str) -> tuple[list[Json], str]:
    """Follow next links to the delta link."""
    rows = list(document["value"])
    while "@odata.nextLink" in document:
        assert "@odata.deltaLink" not in document
        document = dynamics.read(document["@odata.nextLink"], prefer=prefer)
        rows += document["value"]
    return rows, document["@odata.deltaLink"]


def test_tracking_is_off_until_turned_on_and_then_for_good(dynamics: Dynamics) -> None:
    """Section 4: ChangeTrackingEnabled=true cannot be undone."""
    table = "EntityDefinitions(LogicalName='account')"
    assert dynamics.read(table)["ChangeTrackingEnabled"] is False

    dynamics.track("account")

    condition = "ChangeTrackingEnabled eq true"
    names = dynamics.names("EntityDefinitions", "LogicalName", filter=condition)
    assert names == ["account"]
    untracked = {**dynamics.read(table), "ChangeTrackingEnabled": False}
    assert "cannot be disabled" in dynamics.refused("PUT", table, untracked)[2]


def test_an_untracked_table_gives_no_delta_link(dynamics: Dynamics) -> None:
    """Section 4 does not say how (switch untracked_table)."""
    headers = {"Prefer": TRACK}

    assert dynamics.refused("GET", "accounts", headers=headers)[0] == 400
    dynamics.switch(untracked_table="ignored")
    assert "@odata.deltaLink" not in dynamics.read("accounts", prefer=TRACK)


def test_the_first_read_ends_with_a_delta_link(tracked: Dynamics) -> None:
    """Section 4, Start: Preference-Applied, and a token of version and time."""
    tracked.created("accounts", name="A")

    answer = tracked.call("GET", "accounts", headers={"Prefer": TRACK}, params={"$select": "name"})

    assert answer.headers["Preference-Applied"] == TRACK
    link = answer.json()["@odata.deltaLink"]
    assert link.startswith(f"{tracked.api_url}/accounts?$select=name&$deltatoken=")
    version, _, moment = link.rpartition("=")[2].partition("!")
    assert version.isdigit()
    assert "%2F" in moment


def test_several_pages_carry_the_delta_link_on_the_last(tracked: Dynamics) -> None:
    """Section 4, Start: normal paging first; istracking in the cookie."""
    for number in range(5):
        tracked.created("accounts", name=str(number))

    document = tracked.read("accounts", prefer=f"{TRACK},odata.maxpagesize=2")
    assert "istracking=%22True%22" in document["@odata.nextLink"]
    rows, _ = first_read(tracked, page=2)
    assert [row["name"] for row in rows] == ["0", "1", "2", "3", "4"]


def test_a_delta_shows_changes_first_and_deletions_last(tracked: Dynamics) -> None:
    """Section 4, Continue: current values with etag, deletions as $deletedEntity."""
    kept, gone = (tracked.created("accounts", name=name) for name in ("A", "B"))
    _, link = first_read(tracked)
    tracked.call("DELETE", f"accounts({gone})")
    tracked.created("accounts", name="C")
    tracked.patched(f"accounts({kept})", name="A1")
    tracked.patched(f"accounts({kept})", name="A2")

    document = tracked.read(link)

    assert document["@odata.context"].endswith("#accounts(name)/$delta")
    changed, deleted = document["value"][:-1], document["value"][-1]
    assert [row["name"] for row in changed] == ["C", "A2"]
    assert all(row["@odata.etag"] for row in changed)
    assert deleted == {
        "@odata.context": f"{tracked.api_url}/$metadata#accounts/$deletedEntity",
        "id": gone,
        "reason": "deleted",
    }
    assert tracked.read(document["@odata.deltaLink"])["value"] == []


def test_a_row_made_and_removed_between_polls_is_a_deletion(tracked: Dynamics) -> None:
    """Section 4, Order: a deletion for an id we never saw."""
    _, link = first_read(tracked)
    row_id = tracked.created("accounts", name="A")
    tracked.call("DELETE", f"accounts({row_id})")

    assert [row["id"] for row in tracked.read(link)["value"]] == [row_id]


def test_a_long_delta_comes_in_pages(tracked: Dynamics) -> None:
    """Section 4: only $select and page size apply."""
    gone = [tracked.created("accounts", name=f"old {number}") for number in range(3)]
    _, link = first_read(tracked)
    for number in range(4):
        tracked.created("accounts", name=str(number))
    for row_id in gone:
        tracked.call("DELETE", f"accounts({row_id})")

    prefer = "odata.maxpagesize=2"
    rows, _ = follow(tracked, tracked.read(link, prefer=prefer), prefer)

    assert [row.get("name", row.get("id")) for row in rows] == ["0", "1", "2", "3", *gone]


def test_what_changes_during_a_first_read_is_in_the_next_delta(tracked: Dynamics) -> None:
    """Switch delta_token_minted: at the start nothing is lost, at the end it may be."""
    for position, expected in (("start", ["changed"]), ("end", [])):
        tracked.fresh(delta_token_minted=position).track("account")
        early = tracked.created("accounts", name="A")
        tracked.created("accounts", name="B")
        prefer = f"{TRACK},odata.maxpagesize=1"
        document = tracked.read("accounts", prefer=prefer, select="name")
        tracked.patched(f"accounts({early})", name="changed")
        _, link = follow(tracked, document, prefer)

        assert [row["name"] for row in tracked.read(link)["value"]] == expected


@pytest.mark.parametrize(
    ("option", "value"),
    [("filter", "name eq 'A'"), ("orderby", "name"), ("top", "1"), ("expand", "primarycontactid")],
)
def test_other_options_are_refused_with_tracking(
    tracked: Dynamics, option: str, value: str
) -> None:
    """Table of section 0."""
    status, _, message = tracked.refused(
        "GET", "accounts", headers={"Prefer": TRACK}, params={f"${option}": value}
    )

    assert status == 400
    assert message == (
        f'The "${option}" query parameter isn\'t supported when Change Tracking is enabled.'
    )


def test_changes_can_be_counted(tracked: Dynamics) -> None:
    """Section 4: $count with a delta token."""
    _, link = first_read(tracked)
    tracked.created("accounts", name="A")
    tracked.call("DELETE", f"accounts({tracked.created('accounts', name='B')})")

    token = link.partition("$deltatoken=")[2]
    assert tracked.call("GET", f"accounts/$count?$deltatoken={token}").text == "2"


@pytest.mark.parametrize("code", ["400", "404", "410"])
def test_a_token_expires_after_seven_days(tracked: Dynamics, code: str) -> None:
    """Section 4, Expiry: which 4xx is a switch."""
    tracked.switch(delta_expired_code=code)
    _, link = first_read(tracked)

    tracked.control.post("clock", {"advance_s": 6 * 86400})
    tracked.sign_in()
    assert tracked.read(link)["value"] == []
    tracked.control.post("clock", {"advance_s": 2 * 86400})
    tracked.sign_in()
    assert tracked.refused("GET", link)[0] == int(code)


def test_a_fault_can_expire_a_token_at_once(tracked: Dynamics) -> None:
    """contract.md section 2: fault kind expire_delta."""
    _, link = first_read(tracked)
    tracked.control.post("faults", {"seed": 1, "rules": [{"kind": "expire_delta", "times": 1}]})

    assert tracked.refused("GET", link)[1] == "0x80044352"
    assert tracked.read(link)["value"] == []


def test_tokens_from_before_a_reset_are_expired(tracked: Dynamics) -> None:
    """A reset forgets deletions, so an older token must not look complete."""
    _, link = first_read(tracked)
    tracked.fresh().track("account")

    assert tracked.refused("GET", link)[0] == 400
