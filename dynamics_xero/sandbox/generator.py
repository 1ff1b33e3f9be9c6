"""Made-up companies with their people, the same ones for the same seed: pure.

Company number n depends on seed and n alone, so a larger seeding begins with the smaller one.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dynamics_xero.sandbox import vocabulary as words

NAMESPACE = uuid.UUID("0d2f3c5e-7f0e-5f53-8a3c-6d7b8a9c0e1f")
CUSTOMER, SUPPLIER = 3, 10
_NAMES = len(words.ADJECTIVES) * len(words.NOUNS) * len(words.FORMS)
# A prime larger than any of the three lists shares no factor with their product, so stepping by
# it meets every combination once before it meets one twice.
_STEP = 7919


@dataclass(frozen=True)
class Person:
    """One contact of a company."""

    id: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Company:
    """One account with its contacts; values under the Web API's names."""

    id: str
    values: Mapping[str, object]
    people: tuple[Person, ...]

    def text(self, column: str) -> str:
        """Return a column's text, empty when there is none."""
        return str(self.values.get(column) or "")


@dataclass(frozen=True)
class _Place:
    city: str
    region: str
    postal_code: str
    country: str
    telephone: str
    line: str


def companies(
    count: int, *, people: int = 1, seed: int = 1, dirt: bool = False
) -> Iterator[Company]:
    """Make companies, clean ones or with everything that is odd but allowed in Dynamics."""
    for number in range(count):
        company = _company(number, people, seed)
        yield _dirtied(company, number, seed) if dirt else company


def _company(number: int, people: int, seed: int) -> Company:
    source = _source(seed, number)
    name = company_name(number, seed)
    # The number keeps two laps over the names, and two words with one slug, apart.
    domain = f"{_slug(name)}-{number}.example"
    place = _place(source)
    id = _id(seed, number)
    values = {
        "name": name,
        "accountnumber": f"{seed % 10_000}-{number:06d}",
        "customertypecode": SUPPLIER if source.random() < 0.2 else CUSTOMER,
        "emailaddress1": f"office@{domain}",
        "telephone1": place.telephone,
        "fax": place.telephone[:-2] + "99" if source.random() < 0.3 else None,
        "websiteurl": f"https://www.{domain}" if source.random() < 0.5 else None,
        **_address("address1", place),
    }
    if source.random() < 0.3:
        values |= _address("address2", _place(source))
    return Company(
        id, _filled(values), tuple(_people(source, people, domain=domain, place=place, id=id))
    )


def _people(
    source: random.Random, count: int, *, domain: str, place: _Place, id: str
) -> Iterator[Person]:
    for index in range(count):
        first, last = source.choice(words.FIRST_NAMES), source.choice(words.LAST_NAMES)
        mailbox = f"{first}.{last}".lower() + (f".{index + 1}" if index else "")
        values = {
            "firstname": first,
            "lastname": last,
            "jobtitle": source.choice(words.JOBS),
            "emailaddress1": f"{mailbox}@{domain}",
            "telephone1": place.telephone[:-2] + f"{index + 10:02d}",
            "parentcustomerid_account@odata.bind": f"/accounts({id})",
        }
        yield Person(str(uuid.uuid5(uuid.UUID(id), f"person/{index}")), values)


def company_name(number: int, seed: int) -> str:
    """Return a company's name; no two numbers of a seed share one."""
    lap, within = divmod(number, _NAMES)
    place = (within * _STEP + seed * 104_729) % _NAMES
    place, form = divmod(place, len(words.FORMS))
    adjective, noun = divmod(place, len(words.NOUNS))
    name = f"{words.ADJECTIVES[adjective]} {words.NOUNS[noun]} {words.FORMS[form]}"
    return f"{name} {lap + 1}" if lap else name


def _place(source: random.Random) -> _Place:
    city, region, code, country, prefix = source.choice(words.PLACES)
    return _Place(
        city,
        region,
        code.replace("##", f"{source.randrange(10, 100)}"),
        country,
        f"{prefix} {source.randrange(100, 1000)} {source.randrange(1000, 10_000)}",
        f"{source.randrange(1, 300)} {source.choice(words.STREETS)}",
    )


def _address(prefix: str, place: _Place) -> dict[str, object]:
    return {
        f"{prefix}_line1": place.line,
        f"{prefix}_city": place.city,
        f"{prefix}_stateorprovince": place.region,
        f"{prefix}_postalcode": place.postal_code,
        f"{prefix}_country": place.country,
    }


def _dirtied(company: Company, number: int, seed: int) -> Company:
    """Return two of three companies as they are, the others with one oddity each."""
    source = _source(seed, number, "dirt")
    if source.random() > 1 / 3:
        return company
    name = company.text("name")
    oddities: tuple[dict[str, object], ...] = (
        {"name": f"{source.choice(words.ACCENTED)} {name}"},
        {"name": f"{name} {source.choice(words.EMOJI)}"},
        {"name": f"\"{name}\" O'Brien's “best”"},
        {"name": f"{name} " + "very " * 24 + "long"},
        {"address1_country": "The United Kingdom of Great Britain and Northern Ireland"},
        {"name": company_name(max(0, number - 1), seed)},
        {"emailaddress1": source.choice(words.BAD_EMAILS)},
    )
    changes = source.choice(oddities)
    return replace(company, values={**company.values, **changes})


def _source(seed: int, number: int, what: str = "company") -> random.Random:
    return random.Random(f"{seed}/{what}/{number}")  # noqa: S311 - repeatable on purpose


def _id(seed: int, number: int) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{seed}/{number}"))


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _filled(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
