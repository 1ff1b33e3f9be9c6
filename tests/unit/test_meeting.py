"""R16: who is whose partner, told by the index over all records, rank by rank."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dynamics_xero.entities import BUILT_IN
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.entities.person_contact import PersonToContact
from dynamics_xero.model import Record, RecordState, SideName, Value, Values
from dynamics_xero.rows import RecordRow
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.feeds import sources
from dynamics_xero.sync.meeting import Meeting
from dynamics_xero.sync.place import Place, meet, rows_sharing
from tests.unit.store_cases import NOON, links

DYNAMICS, XERO = "dynamics:5e0e2a44-1111-4222-8333-444455556666", "xero:org-1"
PLACE = Place("main", AccountToContact, DYNAMICS, XERO, (AccountToContact, PersonToContact))
SOURCES = {(source.side, source.feed.resource): source for source in sources(BUILT_IN)}
COLUMNS = {"number": "accountnumber", "email": "emailaddress1", "tax": "xero_taxnumber"}
XERO_COLUMNS = {
    "number": "AccountNumber",
    "email": "EmailAddress",
    "tax": "TaxNumber",
    "own": "ContactNumber",
    "name": "Name",
}


class Books:
    """The mirror of both sides, filled by a test."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    def row(self, row_id: str, /, **shown: str) -> Record:
        """Put an account into the mirror; it has a name of its own unless told."""
        return self._row(row_id, RecordState.LIVE, shown)

    def old_row(self, row_id: str, /, **shown: str) -> Record:
        """Put an inactive account into the mirror."""
        return self._row(row_id, RecordState.ARCHIVED, shown)

    def contact(self, row_id: str, /, **shown: str) -> None:
        """Put a Xero contact into the mirror."""
        self._contact(row_id, RecordState.LIVE, shown)

    def old_contact(self, row_id: str, /, **shown: str) -> None:
        """Put an archived Xero contact into the mirror."""
        self._contact(row_id, RecordState.ARCHIVED, shown)

    def put_contact(self, row_id: str, values: Values) -> None:
        """Put a Dynamics contact into the mirror."""
        self._put(SideName.DYNAMICS, DYNAMICS, Record("contact", row_id, 1, values))

    def _row(self, row_id: str, state: RecordState, shown: Mapping[str, str]) -> Record:
        values = {COLUMNS.get(name, name): value for name, value in shown.items()}
        record = Record("account", row_id, 1, {"name": row_id, **values}, state=state)
        self._put(SideName.DYNAMICS, DYNAMICS, record)
        return record

    def _contact(self, row_id: str, state: RecordState, shown: Mapping[str, str]) -> None:
        values = {XERO_COLUMNS.get(name, name): value for name, value in shown.items()}
        record = Record("Contact", row_id, 1, {"Name": row_id, **values}, state=state)
        self._put(SideName.XERO, XERO, record)

    def _put(self, side: SideName, endpoint: str, record: Record) -> None:
        source = SOURCES[side, record.resource]
        row = RecordRow(record, source.keys_digest, source.index(record))
        self.tx.records.put(endpoint, [row], generation=1, answered_at=NOON)

    def meet(self, *rows: Record) -> Meeting:
        """Ask for these rows only; the others are of an earlier or a later round."""
        return meet(self.tx, PLACE, rows)

    def partners(self, *rows: Record) -> dict[str, str]:
        """Return row id -> Xero id."""
        found = self.meet(*rows).partners()
        return {row_id: xero_id for row_id, (xero_id, _rank) in found.items()}


@pytest.fixture
def books(tx: Transaction) -> Books:
    return Books(tx)


@pytest.mark.parametrize(
    ("shown", "other"),
    [
        ({"number": "ALFKI"}, {"number": " alfki "}),
        ({"tax": "DE 123-456"}, {"tax": "de123456"}),
        ({"email": "Office@Alfreds.example"}, {"email": "office@alfreds.example"}),
        (
            {"name": "Alfreds", "address1_postalcode": "12 209"},
            {"name": "ALFREDS", "Addresses.STREET.PostalCode": "12209"},
        ),
    ],
)
def test_r16_each_key_alone_finds_the_partner(
    books: Books, shown: dict[str, str], other: dict[str, str]
) -> None:
    row = books.row("a", **shown)
    books.contact("x", **other)

    assert books.partners(row) == {"a": "x"}


def test_r16_a_name_alone_is_no_partner_but_a_holder_and_a_candidate(books: Books) -> None:
    row = books.row("a", name="Alfreds")
    books.contact("x", name="alfreds")

    meeting = books.meet(row)

    assert meeting.partners() == {}
    assert [holder.xero_id for holder in meeting.holders("a")] == ["x"]
    assert meeting.candidates("a") == ["x"]


@pytest.mark.parametrize("key", ["number", "email", "tax"])
def test_r16_two_records_on_either_side_are_one_too_many(books: Books, key: str) -> None:
    first = books.row("a", **{key: "K1"} if key != "email" else {key: "k@k.example"})
    value = "K1" if key != "email" else "k@k.example"
    books.contact("x", **{key: value})
    assert books.partners(first) == {"a": "x"}

    books.row("b", **{key: value})  # not asked for: it belongs to another round
    assert books.partners(first) == {}

    books.old_row("b", **{key: value})
    assert books.partners(first) == {"a": "x"}

    books.contact("y", **{key: value})
    assert books.partners(first) == {}

    books.old_contact("y", **{key: value})
    assert books.partners(first) == {"a": "x"}


def test_r16_a_record_that_is_linked_counts_and_is_not_given_away(
    books: Books, tx: Transaction
) -> None:
    row = books.row("a", email="k@k.example")
    books.row("b")
    books.contact("x", email="k@k.example")
    tx.links.pair([(links(tx, "b")[0].id, "x")])

    assert books.partners(row) == {}
    assert books.meet(row).candidates("a") == []


def test_r16_a_lower_key_does_not_take_what_a_better_one_gives_to_another_round(
    books: Books,
) -> None:
    early = books.row("a", email="k@k.example")
    late = books.row("b", number="K-1")
    books.contact("x", email="k@k.example", number="K-1")

    assert books.partners(early) == {}
    assert books.partners(late) == {"b": "x"}
    assert books.partners(early, late) == {"b": "x"}


def test_r16_a_row_whose_better_key_points_elsewhere_is_left_to_a_person(books: Books) -> None:
    row = books.row("a", number="K-1", email="k@k.example")
    books.contact("x", number="K-1")
    books.contact("y", number="K-1")
    books.contact("z", email="k@k.example")
    assert books.partners(row) == {}

    books.old_contact("z", email="k@k.example")
    books.contact("y", number="K-1", email="k@k.example")
    assert books.partners(row) == {"a": "y"}  # the e-mail tells the two numbers apart


def test_r16_different_account_numbers_set_apart_what_one_mailbox_joins(books: Books) -> None:
    row = books.row("a", number="K-1", email="k@k.example")
    books.contact("x", number="K-2", email="k@k.example")

    assert books.partners(row) == {}
    assert [holder.key for holder in books.meet(row).holders("a")] == ["email"]


def test_r16_different_mailboxes_say_nothing_against_name_and_postcode(books: Books) -> None:
    row = books.row("a", name="Alfreds", address1_postalcode="1", email="a@k.example")
    books.contact("x", name="Alfreds", email="b@k.example", **{"Addresses.POBOX.PostalCode": "1"})

    assert books.partners(row) == {"a": "x"}


def test_r16_swapped_names_do_not_swap_partners(books: Books) -> None:
    one = books.row("a", name="Alfreds", number="1", address1_postalcode="7")
    two = books.row("b", name="Berglunds", number="2", address1_postalcode="7")
    books.contact("x", name="Berglunds", number="1", **{"Addresses.POBOX.PostalCode": "7"})
    books.contact("y", name="Alfreds", number="2", **{"Addresses.POBOX.PostalCode": "7"})

    assert books.partners(one, two) == {"a": "x", "b": "y"}


def test_r16_the_xero_id_on_a_row_counts_with_its_organisation_only(books: Books) -> None:
    books.contact("x", number="K-1")
    ours = books.row("a", xero_id="X", xero_organisationid="org-1")
    other = books.row("b", number="K-1", xero_id="X", xero_organisationid="org-2")

    assert books.partners(ours) == {"a": "x"}
    assert books.partners(other) == {}  # a better key gives the record to the other row


def test_r16_a_copied_xero_id_leaves_the_word_to_our_own_number(books: Books) -> None:
    first = books.row("a", xero_id="x", xero_organisationid="org-1")
    copy = books.row("b", xero_id="x", xero_organisationid="org-1")
    books.contact("x", own="5e0e2a44-a")

    assert books.partners(first, copy) == {"a": "x"}
    assert books.partners(copy) == {}


@pytest.mark.parametrize(("number", "found"), [("5e0e2a44-gone", {}), ("SHOP-7", {"a": "x"})])
def test_r33_only_a_number_of_ours_says_that_a_contact_belongs_to_another_account(
    books: Books, number: str, found: dict[str, str]
) -> None:
    row = books.row("a", email="k@k.example")
    books.contact("x", own=number, email="k@k.example")

    assert books.partners(row) == found


def test_r16_an_archived_record_is_found_by_our_own_keys_only(books: Books) -> None:
    row = books.row("a", number="K-1")
    books.old_contact("x", number="K-1")
    assert books.partners(row) == {}

    books.old_contact("x", own="5e0e2a44-a")
    assert books.partners(row) == {"a": "x"}


def test_r16_a_rejected_pair_is_never_matched_and_makes_the_other_one_unique(
    books: Books, tx: Transaction
) -> None:
    one, two = books.row("a", email="k@k.example"), books.row("b", email="k@k.example")
    books.contact("x", email="k@k.example")
    assert books.partners(one, two) == {}

    tx.rejections.put("main", "account", "a", "x", now=NOON)

    assert books.partners(one, two) == {"b": "x"}
    assert books.meet(one).candidates("a") == []
    assert books.meet(one).holders("a") == ()


def test_r17_a_shared_key_hinders_a_create_only_while_its_holder_is_alone(
    books: Books, tx: Transaction
) -> None:
    row = books.row("a", email="k@k.example", tax="DE1", number="K-1")
    books.row("b")
    books.contact("x", email="k@k.example", tax="DE1", name="x", number="K-2")
    assert {holder.key for holder in books.meet(row).holders("a")} == {"email", "tax_number"}

    tx.links.pair([(links(tx, "b")[0].id, "x")])
    assert books.meet(row).holders("a") == ()

    books.contact("x", number="K-1")
    assert [(h.key, h.linked) for h in books.meet(row).holders("a")] == [("account_number", True)]


def test_r32_rows_that_share_a_key_with_a_record_are_found_by_it(
    books: Books, tx: Transaction
) -> None:
    books.row("a", email="k@k.example")
    books.row("b", name="Xanadu")
    books.row("c", email="c@k.example")
    books.contact("x", email="k@k.example", name="xanadu")

    assert rows_sharing(tx, PLACE, ["x"]) == {"a", "b"}


def test_r16_a_contact_that_a_person_without_company_could_have_too_is_left_to_a_person(
    books: Books,
) -> None:
    row = books.row("a", email="ann@k.example")
    books.contact("x", email="ann@k.example", FirstName="Ann", LastName="Alf")
    shown: dict[str, Value] = {
        "emailaddress1": "ann@k.example",
        "firstname": "Ann",
        "lastname": "Alf",
        "fullname": "Ann Alf",
    }

    books.put_contact("p", {**shown, "parentcustomerid": "a"})
    assert books.partners(row) == {"a": "x"}

    books.put_contact("p", shown)
    assert books.partners(row) == {}
