"""`sandbox seed`: write made-up companies into the running twins through their public APIs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dynamics_xero.sandbox.clients import API_PATH, BATCH_LIMIT, DynamicsPerson, session
from dynamics_xero.sandbox.generator import Company, companies
from dynamics_xero.sandbox.multipart import Operation
from dynamics_xero.sandbox.partners import Fate, Partner, partners
from dynamics_xero.sandbox.tool_errors import InputError
from dynamics_xero.sandbox.whereabouts import whereabouts
from dynamics_xero.sandbox.xero_person import XeroPerson

_COMPANIES_AT_ONCE = 1000


@dataclass(frozen=True)
class SeedOptions:
    """The options of `sandbox seed`."""

    accounts: int
    settings_file: Path
    contacts_per_account: int = 1
    xero_contacts: int = 0
    seed: int = 1
    dirt: bool = False
    connection: str = "main"


@dataclass(frozen=True)
class Seeded:
    """What was written; `truth` pairs the ids of partners: Dynamics, Xero."""

    accounts: int
    contacts: int
    truth: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, object]:
        """Return the contract's document."""
        return {"truth": [list(pair) for pair in self.truth]}


def seed(options: SeedOptions) -> Seeded:
    """Write companies, then the Xero contacts that are partners of the first of them.

    A second seeding with the same seed meets the same Dynamics rows. Raises ToolError.
    """
    _check(options)
    where = whereabouts(options.settings_file, options.connection)
    with session(where) as http:
        person = DynamicsPerson(http, where.dynamics_url)
        for group in _groups(_companies(options)):
            person.write(_accounts(group), size=BATCH_LIMIT)
            person.write(_contacts(group), size=BATCH_LIMIT)
        truth: list[tuple[str, str]] = []
        if options.xero_contacts:
            wanted = itertools.islice(_companies(options), options.xero_contacts)
            made = partners(wanted, seed=options.seed, dirt=options.dirt)
            truth = _write_partners(XeroPerson(http, where), made)
    return Seeded(options.accounts, options.accounts * options.contacts_per_account, tuple(truth))


def _check(options: SeedOptions) -> None:
    if min(options.accounts, options.contacts_per_account, options.xero_contacts) < 0:
        raise InputError("a number to seed cannot be negative")
    if options.xero_contacts > options.accounts:
        raise InputError("each Xero contact is the partner of an account: ask for more accounts")


def _companies(options: SeedOptions) -> Iterator[Company]:
    return companies(
        options.accounts,
        people=options.contacts_per_account,
        seed=options.seed,
        dirt=options.dirt,
    )


def _groups(found: Iterator[Company]) -> Iterator[list[Company]]:
    while group := list(itertools.islice(found, _COMPANIES_AT_ONCE)):
        yield group


def _accounts(group: Sequence[Company]) -> list[Operation]:
    return [
        Operation("PATCH", f"{API_PATH}/accounts({company.id})", company.values, company.id)
        for company in group
    ]


def _contacts(group: Sequence[Company]) -> list[Operation]:
    return [
        Operation("PATCH", f"{API_PATH}/contacts({person.id})", person.values, person.id)
        for company in group
        for person in company.people
    ]


def _write_partners(xero: XeroPerson, made: Sequence[Partner]) -> list[tuple[str, str]]:
    ids = xero.create([partner.body for partner in made])
    merged = [(partner, id) for partner, id in zip(made, ids, strict=True) if partner.loser]
    losers = xero.create([partner.loser for partner, _ in merged if partner.loser])
    for loser, (_, winner) in zip(losers, merged, strict=True):
        xero.merge(loser, winner)
    xero.archive([id for one, id in zip(made, ids, strict=True) if one.fate is Fate.ARCHIVED])
    return [(partner.dynamics_id, id) for partner, id in zip(made, ids, strict=True)]
