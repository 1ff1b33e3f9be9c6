"""Benchmark: the CPU of a bulk read of Xero contacts, beside xero-python decoding the same pages.

Run: python -m tests.bench.decode [--n 1000] [--pages 2] [--rounds 11] [--seed 1] [--profile 1].

The pages are what the Xero twin (a process of its own) answers after the connector loaded it. In
each round, one after the other: xero-python decodes all of them into its models, the connector
into records (JSON with exact numbers, chosen columns, cleaned), then each of them reads them whole,
over TLS and asking for every page. Bar: 0.35 of xero-python's own decoding, missed only if the
better quartile misses it (performance.md section 6, P7).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import requests
from xero_python.accounting import AccountingApi

from dynamics_xero import Connector
from dynamics_xero.connector.clock import SystemClock
from dynamics_xero.entities import BUILT_IN
from dynamics_xero.model import Feed, SideName
from dynamics_xero.ports import Side
from dynamics_xero.sync.feeds import sources
from dynamics_xero.xero.errors import parse
from dynamics_xero.xero.records import record, rows
from dynamics_xero.xero.resources import CONTACT
from tests.bench import sdk
from tests.bench.profiled import Samples
from tests.bench.wired import ClockedConnector
from tests.bench.workbench import (
    Twins,
    cpu_seconds,
    machine,
    options,
    rounded,
    served,
    spread,
    tell,
)

BAR = 0.35


def measured(
    contacts: int, pages: int, rounds: int, seed: int, profile: Samples | None = None
) -> dict[str, object]:
    """Fill the twin by the connector itself, then decode in interleaved rounds."""
    total = contacts * pages
    client, feed = sdk.client(), _feed()
    theirs, ours, whole, asked = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as home, served(Path(home), seed=seed) as t:
        t.lift_limits()
        t.filled(total, seed)
        with Connector.from_settings(t.settings("state.db")) as connector:
            connector.sync()
        shown = _pages(t, contacts, pages)
        with ClockedConnector(t.settings("read.db"), SystemClock(), senders=1) as reader:
            side = reader.desk.connections["main"].sides[SideName.XERO]
            side.identify()
            api, tenant = sdk.api(t), t.facts["organisations"][0]["tenant_id"]
            for _ in range(rounds):
                theirs.append(cpu_seconds(lambda: [sdk.decode(client, page) for page in shown]))
                ours.append(cpu_seconds(lambda: [_records(page, feed) for page in shown]))
                whole.append(cpu_seconds(lambda: _read(side, feed, total)))
                asked.append(cpu_seconds(lambda: _asked(api, tenant, contacts, pages)))
    if profile is not None:
        profile.watch(lambda: [_records(page, feed) for page in shown * rounds])
    pairs = list(zip(theirs, ours, whole, strict=True))
    ratio = rounded(spread([mine / their for their, mine, _ in pairs]))
    return {
        "ratio_to_xero_python": ratio,
        "ratio_with_http": rounded(spread([read / their for their, _, read in pairs])),
        "ratio_both_with_http": rounded(
            spread([mine / their for mine, their in zip(whole, asked, strict=True)])
        ),
        "us_per_contact": _each(ours, total),
        "us_per_contact_with_http": _each(whole, total),
        "xero_python_us_per_contact": _each(theirs, total),
        "xero_python_us_per_contact_with_http": _each(asked, total),
        "contacts": total,
        "rounds": rounds,
        "bar": BAR,
        "missed": ["ratio_to_xero_python"] if ratio["low"] > BAR else [],
        "machine": machine(),
    }


def _each(seconds: list[float], contacts: int) -> dict[str, float]:
    return rounded(spread([one / contacts * 1e6 for one in seconds]), 1)


def _feed() -> Feed:
    (source,) = [s for s in sources(BUILT_IN) if s.side is SideName.XERO]
    return source.feed


def _pages(twins: Twins, size: int, pages: int) -> list[bytes]:
    """Return the bodies as Xero sends them to a program that asks for this page size."""
    headers = {
        "Authorization": f"Bearer {twins.xero.token('loader')}",
        "Accept": "application/json",
        "xero-tenant-id": twins.facts["organisations"][0]["tenant_id"],
    }
    found = []
    for number in range(1, pages + 1):
        answer = requests.get(
            f"{twins.facts['xero_api_url']}/Contacts",
            params={"page": str(number), "pageSize": str(size), "order": CONTACT.order},
            headers=headers,
            verify=twins.facts["ca_file"],
            timeout=120,
        )
        answer.raise_for_status()
        found.append(answer.content)
    return found


def _records(page: bytes, feed: Feed) -> int:
    """Do what the feed does with an answer's body."""
    return len([record(row, CONTACT, feed) for row in rows(parse(page), CONTACT.envelope)])


def _read(side: Side, feed: Feed, contacts: int) -> None:
    cursor, more, found = None, True, 0
    while more:
        page = side.changes(feed, cursor)
        cursor, more, found = page.cursor, page.more, found + len(page.records)
    if found != contacts:
        raise AssertionError(f"{contacts} contacts were written, {found} were read.")


def _asked(api: AccountingApi, tenant: str, size: int, pages: int) -> None:
    for number in range(1, pages + 1):
        page = api.get_contacts(tenant, page=number, page_size=size, order=CONTACT.order)
        if len(page.contacts) != size:
            raise AssertionError(f"A page of {size} was asked for, {len(page.contacts)} came.")


def main() -> int:
    """Measure, print, and judge."""
    wanted = options(__doc__ or "", n=1000, pages=2, rounds=11, seed=1, profile=0)
    profile = Samples() if wanted.profile else None
    result = measured(wanted.n, wanted.pages, wanted.rounds, wanted.seed, profile)
    if profile is not None:
        print(profile.told(wanted.n * wanted.pages * wanted.rounds), file=sys.stderr)
    tell(result)
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
