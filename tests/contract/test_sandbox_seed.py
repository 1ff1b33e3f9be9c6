"""`sandbox seed`: the same rows for the same seed, clean unless dirt is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dynamics_xero.sandbox.generator import Company, companies, company_name
from dynamics_xero.sandbox.partners import Fate, partners
from dynamics_xero.sandbox.seed import SeedOptions, seed
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.sandbox.tool_errors import InputError
from tests.sandbox import Control, caller, start


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Both twins, with two organisations."""
    with start(tmp_path, organisations=2) as sandbox:
        yield sandbox


def texts(company: Company) -> str:
    """Everything a company says."""
    return "".join(str(value) for value in company.values.values())


def test_the_generator_repeats_itself_and_a_larger_one_begins_with_the_smaller() -> None:
    for dirt in (False, True):
        small = list(companies(50, people=2, seed=3, dirt=dirt))
        large = list(companies(80, people=2, seed=3, dirt=dirt))

        assert large[:50] == small
        assert list(companies(50, people=2, seed=4, dirt=dirt)) != small


def test_clean_companies_are_distinct_and_plain() -> None:
    made = list(companies(20_000, people=2, seed=1))

    for column in ("name", "accountnumber", "emailaddress1"):
        assert len({company.text(column).casefold() for company in made}) == 20_000
    assert len({person.id for company in made for person in company.people}) == 40_000
    assert all(texts(company).isascii() for company in made)
    assert all(
        len({person.values["emailaddress1"] for person in company.people}) == 2 for company in made
    )


def test_names_stay_distinct_past_the_last_combination_of_words() -> None:
    names = {company_name(number, 1) for number in range(150_000)}

    assert len(names) == 150_000


def test_dirt_holds_every_oddity() -> None:
    made = list(companies(400, seed=1, dirt=True))

    names = [company.text("name") for company in made]
    assert any(not name.isascii() for name in names)
    assert any('"' in name for name in names)
    assert any(len(name) > 120 for name in names)
    assert max(len(name) for name in names) <= 160
    assert len(set(names)) < len(names)
    assert any(len(company.text("address1_country")) > 50 for company in made)
    assert any(not company.text("emailaddress1").startswith("office@") for company in made)


def test_dirty_partners_met_every_fate_under_distinct_names() -> None:
    made = partners(companies(400, seed=1, dirt=True), seed=1, dirt=True)

    names = [str(partner.body["Name"]).casefold() for partner in made]
    assert {partner.fate for partner in made} == set(Fate)
    assert len(set(names)) == len(names)


def test_seeding_writes_the_rows_the_generator_makes(serving: Serving) -> None:
    seeded = seed(SeedOptions(30, serving.settings_file, contacts_per_account=2, seed=9))

    wanted = list(companies(30, people=2, seed=9))
    with caller(serving) as session:
        control = Control(session, serving.dynamics_url)
        accounts = {str(row["accountid"]): row for row in control.rows("account")}
        contacts = {str(row["contactid"]): row for row in control.rows("contact")}
        stats, actors = control.stats(), {entry["actor"] for entry in control.entries()}
    assert (seeded.accounts, seeded.contacts, seeded.truth) == (30, 60, ())
    assert accounts.keys() == {company.id for company in wanted}
    assert len(contacts) == 60
    for company in wanted:
        row = accounts[company.id]
        assert {name: row[name] for name in company.values} == company.values
        for person in company.people:
            assert contacts[person.id]["emailaddress1"] == person.values["emailaddress1"]
            assert contacts[person.id]["_parentcustomerid_value"] == company.id
    assert stats["writes"] == 2
    assert actors == {"loader"}


@pytest.mark.parametrize("dirt", [False, True])
def test_xero_contacts_are_partners_and_the_truth_names_them(
    serving: Serving, *, dirt: bool
) -> None:
    options = SeedOptions(60, serving.settings_file, xero_contacts=40, seed=2, dirt=dirt)

    seeded = seed(options)

    with caller(serving) as session:
        xero = {
            str(row["ContactID"]): row for row in Control(session, serving.xero_url).rows("contact")
        }
        other = Control(session, serving.xero_url, organisation="org2").rows("contact")
        accounts = {
            str(row["accountid"]): row
            for row in Control(session, serving.dynamics_url).rows("account")
        }
    assert len(seeded.truth) == 40
    assert seeded.as_json() == {"truth": [list(pair) for pair in seeded.truth]}
    for dynamics_id, xero_id in seeded.truth:
        assert xero[xero_id]["AccountNumber"] == accounts[dynamics_id]["accountnumber"]
    same_name = sum(
        xero[xero_id]["Name"] == accounts[dynamics_id]["name"]
        for dynamics_id, xero_id in seeded.truth
    )
    archived = [row for row in xero.values() if row["ContactStatus"] == "ARCHIVED"]
    merged = [row for row in archived if row.get("MergedToContactID")]
    assert other == []
    if dirt:
        assert 0 < same_name < 40
        assert merged
        assert len(archived) > len(merged)
        assert len(xero) == 40 + len(merged)
    else:
        assert (same_name, archived, len(xero)) == (40, [], 40)


def test_the_twins_give_the_same_ids_to_the_same_seeding(tmp_path: Path) -> None:
    truths = []
    for home in ("one", "two"):
        with start(tmp_path / home, seed=11) as serving:
            truths.append(seed(SeedOptions(20, serving.settings_file, xero_contacts=20)).truth)

    assert truths[0] == truths[1]
    assert len(set(truths[0])) == 20


def test_another_connection_seeds_another_organisation(serving: Serving) -> None:
    seed(SeedOptions(3, serving.settings_file, xero_contacts=3, connection="org2"))

    with caller(serving) as session:
        assert Control(session, serving.xero_url).rows("contact") == []
        assert len(Control(session, serving.xero_url, organisation="org2").rows("contact")) == 3


def test_impossible_numbers_are_refused(serving: Serving) -> None:
    with pytest.raises(InputError, match="partner of an account"):
        seed(SeedOptions(3, serving.settings_file, xero_contacts=4))
    with pytest.raises(InputError, match="negative"):
        seed(SeedOptions(-1, serving.settings_file))
