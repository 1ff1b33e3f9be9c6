"""Merge chains and their undoing on Xero's screens (xero.md 5, Contacts: Merge)."""

from __future__ import annotations

from tests.contract.xero_server import Json, Xero, messages


def contacts(xero: Xero, *names: str) -> list[str]:
    """Create contacts and return their ids."""
    return [str(xero.created(Name=name)["ContactID"]) for name in names]


def tick(xero: Xero) -> None:
    """Let a minute pass, so that a moved stamp cannot be missed."""
    xero.control("POST", "clock", {"advance_s": 60})


def merge(xero: Xero, loser: str, winner: str) -> None:
    """Merge as a person."""
    answer = xero.screen("merge", "grace", loser=loser, winner=winner)
    assert answer.status_code == 200, answer.text


def changed_since(xero: Xero, since: str) -> list[Json]:
    """Return what the feed shows, archived contacts too."""
    return xero.listed(
        page=1,
        includeArchived="true",
        headers={"If-Modified-Since": since},
    )


def now(xero: Xero) -> str:
    """Return the twin's time as If-Modified-Since takes it."""
    return str(xero.control("GET", "clock")["now"])[:19]


def test_a_chain_of_merges_points_from_one_to_the_next(xero: Xero) -> None:
    first, second, third = contacts(xero, "A", "B", "C")

    merge(xero, first, second)
    merge(xero, second, third)

    assert xero.contact(first)["MergedToContactID"] == second
    assert xero.contact(second)["MergedToContactID"] == third
    assert xero.contact(third)["ContactStatus"] == "ACTIVE"


def test_each_merge_and_restoring_moves_the_stamp_of_the_loser(xero: Xero) -> None:
    """xero.md 3, If-Modified-Since: what a person does to a contact shows in the feed."""
    loser, winner = contacts(xero, "A", "B")
    tick(xero)
    since = now(xero)
    merge(xero, loser, winner)

    (shown,) = changed_since(xero, since)
    assert (shown["ContactID"], shown["MergedToContactID"]) == (loser, winner)
    merged_at = shown["UpdatedDateUTC"]

    tick(xero)
    since = now(xero)
    xero.screen("unarchive", "ada", contact=loser)
    (shown,) = changed_since(xero, since)
    assert (shown["ContactID"], shown["ContactStatus"]) == (loser, "ACTIVE")
    assert shown["UpdatedDateUTC"] > merged_at


def test_restoring_a_merged_contact_clears_its_winner(xero: Xero) -> None:
    loser, winner = contacts(xero, "A", "B")
    merge(xero, loser, winner)

    xero.screen("unarchive", "ada", contact=loser)

    assert "MergedToContactID" not in xero.contact(loser)
    assert xero.ledger()[-1]["action"] == "restore"
    assert "MergedToContactID" in xero.ledger()[-1]["fields"]


def test_the_middle_of_a_chain_is_restored_alone(xero: Xero) -> None:
    first, second, third = contacts(xero, "A", "B", "C")
    merge(xero, first, second)
    merge(xero, second, third)

    xero.screen("unarchive", "ada", contact=second)

    assert xero.contact(second)["ContactStatus"] == "ACTIVE"
    assert xero.contact(first)["MergedToContactID"] == second
    assert xero.contact(first)["ContactStatus"] == "ARCHIVED"


def test_a_merged_contact_restored_by_the_api_points_nowhere(running_xero: Xero) -> None:
    """xero.md 10.7, switch unarchive_allowed: POST of ContactStatus ACTIVE."""
    xero = running_xero.fresh(unarchive_allowed="yes")
    loser, winner = contacts(xero, "A", "B")
    merge(xero, loser, winner)

    back = xero.updated(ContactID=loser, ContactStatus="ACTIVE", EmailAddress="a@example.com")

    assert (back["ContactStatus"], back["EmailAddress"]) == ("ACTIVE", "a@example.com")
    assert "MergedToContactID" not in xero.contact(loser)


def test_a_merged_contact_is_not_edited_by_the_api(xero: Xero) -> None:
    """xero.md 4, catalogue: update of an archived contact."""
    loser, winner = contacts(xero, "A", "B")
    merge(xero, loser, winner)

    assert "archived contact" in messages(xero.post({"ContactID": loser, "Name": "N"}))[0]
    assert xero.contact(loser)["Name"] == "A"
