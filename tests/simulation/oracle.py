"""The judge of a history: it knows the twins' public dumps and ledgers, and trusts nobody else.

Of the engine it asks one thing only: the history lines with which it explains what it overwrote
(R40). Everything it finds is a sentence; no sentence means that the history ended well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.simulation import oracle_edits, oracle_persons, oracle_rights
from tests.simulation.history import Ending, Entry
from tests.simulation.mapped import ACCOUNT, ALONE, SYNCED, Same, Way, in_dynamics, in_xero, owner
from tests.simulation.oracle_persons import FOR_EVER
from tests.simulation.tale import Tale

ACTIVE = "ACTIVE"


def findings(ending: Ending) -> list[str]:
    """Return everything that is wrong with how a history ended."""
    tale = Tale(ending.ledgers)
    return [
        *ending.restless,
        *(f"written in a quiet cycle: {_brief(entry)}" for entry in ending.late_writes),
        *_doubled(ending, tale),
        *_ghosts(tale),
        *_records(ending, tale),
        *_held_up(ending),
        *_left_behind(ending, tale),
        *oracle_persons.findings(ending, tale),
        *oracle_edits.findings(ending, tale),
        *oracle_rights.findings(ending, tale),
    ]


def _brief(entry: Entry) -> str:
    return f"{entry['resource']} {entry['id']} {entry['action']} {entry['fields']}"


def _doubled(ending: Ending, tale: Tale) -> Iterator[str]:
    """No two contacts for one account, and none made twice (R17, R22)."""
    numbers = Counter(str(row["ContactNumber"]) for row in ending.xero if row.get("ContactNumber"))
    yield from (f"{number}: {n} contacts in Xero" for number, n in numbers.items() if n > 1)
    made = Counter(
        str(write.after.get("ContactNumber"))
        for write in tale.by_connector("Contact")
        if write.action == "create"
    )
    yield from (f"{number}: made {n} times in Xero" for number, n in made.items() if n > 1)
    rows = [*ending.accounts, *ending.contacts]
    ids = Counter(str(row["xero_id"]) for row in rows if row.get("xero_id") and _is_synced(row))
    yield from (f"{n} rows in step with contact {one}" for one, n in ids.items() if n > 1)


def _ghosts(tale: Tale) -> Iterator[str]:
    """New Xero contacts make no accounts unless switched on, and nothing revives a row (R24)."""
    for table in ("account", "contact"):
        for write in tale.by_connector(table):
            if write.action == "create":
                yield f"{table} {write.row_id}: a ghost, made by the connector"


def _records(ending: Ending, tale: Tale) -> Iterator[str]:
    """Accounts, and contacts of no account, beside their Xero contacts."""
    for row in ending.accounts:
        name = f"account {row['accountid']} ({row['name']})"
        yield from _record(ending, tale, row, name, ACCOUNT)
    for row in ending.contacts:
        if row.get("_parentcustomerid_value") is None:
            name = f"contact {row['contactid']} ({row['fullname']})"
            yield from _record(ending, tale, row, name, ALONE)


def _record(
    ending: Ending, tale: Tale, row: Entry, name: str, sames: Sequence[Same]
) -> Iterator[str]:
    if row.get("merged"):
        return
    contact = next((one for one in ending.xero if one["ContactID"] == row.get("xero_id")), None)
    if _is_synced(row) and row.get("xero_remark") and not _explains_difference(row):
        yield f"{name}: Synced, yet remarks {row['xero_remark']}"
    there = contact is not None and contact["ContactStatus"] == ACTIVE
    if row["statecode"] != 0:
        if there and _is_synced(row):
            yield f"{name}: inactive, but its contact is active and nobody says so"
        return
    if not _is_synced(row) and not row.get("xero_remark"):
        yield f"{name}: status {row.get('xero_status')} without a remark"
    if contact is None or not there:
        if _is_synced(row):
            yield f"{name}: Synced, but there is no active contact"
        if row.get("xero_id") is None and any(_is_of(row, one) for one in ending.xero):
            yield f"{name}: not linked, though its own contact stands in Xero"
    else:
        yield from (f"{name}: {one}" for one in _fields(tale, row, contact, sames))


LASTING = (
    "archived in Xero",
    "did not let its archived contact be restored",
    "was merged in Xero",
    "in Xero, where it must be unique",
    "Changed on both sides",
    "belongs to no account",
    "Waits for its company",
    "so the contact is not in Xero",
    "Somebody removed this person",
)
"""Words of the remarks that stand until a person acts; all others pass with the bad weather."""


NAME_TAKEN = "is already called"
"""Words of the remark that stands for as long as another contact has the name, and no longer."""


def _held_up(ending: Ending) -> Iterator[str]:
    """Nobody is parked for an outage, or for what somebody did at the same moment (R31, R32)."""
    for row in [*ending.accounts, *ending.contacts]:
        remark = str(row.get("xero_remark") or "")
        stands = _stands(remark) or (NAME_TAKEN in remark and _is_name_taken(ending, row))
        if row["statecode"] == 0 and not _is_synced(row) and not stands:
            yield f"{row.get('name') or row.get('fullname')}: held up, with {remark!r}"


def _is_name_taken(ending: Ending, row: Entry) -> bool:
    name = str(row.get("name") or row.get("fullname")).casefold()
    others = (one for one in ending.xero if one["ContactID"] != row.get("xero_id"))
    return any(
        one["ContactStatus"] == ACTIVE and str(one["Name"]).casefold() == name for one in others
    )


def _stands(remark: str) -> bool:
    return not remark or any(words in remark for words in LASTING)


def _is_of(row: Entry, contact: Entry) -> bool:
    number = str(contact.get("ContactNumber") or "")
    own = str(row.get("accountid") or row.get("contactid"))
    return number.endswith(own) and contact["ContactStatus"] == ACTIVE


def _fields(tale: Tale, row: Entry, contact: Entry, sames: Sequence[Same]) -> Iterator[str]:
    """Both are there: equal field by field, or the remark says which field is not."""
    shown = tale.account_at(str(row["accountid"]), FOR_EVER) if "accountid" in row else row
    for same in sames:
        here, there = in_dynamics(shown, same.dynamics), in_xero(contact, same.xero)
        if here != there and not _is_told(row, same) and not _may_differ(tale, row, contact, same):
            yield (
                f"{same.dynamics} is {here!r} here and {there!r} in "
                f"Xero; status {row.get('xero_status')}, remark {row.get('xero_remark')!r}"
            )


def _may_differ(tale: Tale, row: Entry, contact: Entry, same: Same) -> bool:
    """Say whether a field that is empty in Xero is filled here by right, without a word.

    One-way to Dynamics: a source that never showed anything, such as the contact that survived a
    merge, empties nothing (R9, R10). E-mail: a person emptied it in Xero, and the account's own
    is empty just so; what it shows then is its primary person's.
    """
    if in_xero(contact, same.xero) is not None:
        return False
    writes = tale.row("Contact", str(contact["ContactID"])).writes
    if same.way is Way.TO_DYNAMICS:
        return all(in_xero(write.after, same.xero) is None for write in writes)
    last = [w for w in writes if in_xero(w.before, same.xero) != in_xero(w.after, same.xero)][-1:]
    emptied = any(not write.by_connector for write in last)
    return emptied and same.dynamics == "emailaddress1" and row["emailaddress1"] is None


def _is_told(row: Entry, same: Same) -> bool:
    """A field may differ where the remark names it, or where the whole record was refused."""
    remark = str(row.get("xero_remark") or "")
    return same.label in remark or (not _is_synced(row) and _is_refusal(remark))


REFUSALS = ("already", "in Xero, where it must be unique", "archived in Xero", "merged")
"""Words of the remarks that hold a whole record up; names of fields are looked for apart."""


def _is_refusal(remark: str) -> bool:
    return any(words in remark for words in REFUSALS)


def _explains_difference(row: Entry) -> bool:
    remark = str(row["xero_remark"])
    return any(same.label in remark for same in ACCOUNT) or "Merged here" in remark


def _is_synced(row: Entry) -> bool:
    return row.get("xero_status") == SYNCED


def _left_behind(ending: Ending, tale: Tale) -> Iterator[str]:
    """The Xero contact of a deleted row is archived, unless people touched it afterwards (R15).

    One that had come to rest, because its row joined a company, stays as it is.
    """
    here = {str(row["accountid"]) for row in ending.accounts}
    here |= {str(row["contactid"]) for row in ending.contacts}
    for contact in ending.xero:
        whose = owner(contact)
        if contact["ContactStatus"] != ACTIVE or whose is None or whose in here:
            continue
        writes = tale.row("Contact", str(contact["ContactID"])).writes
        if all(write.by_connector for write in writes) and not _was_at_rest(tale, whose):
            yield f"contact {contact['ContactID']}: active, but its owner {whose} was deleted"


def _was_at_rest(tale: Tale, contact_id: str) -> bool:
    last = tale.row("contact", contact_id).writes[-1:]
    return any(write.before.get("_parentcustomerid_value") is not None for write in last)
