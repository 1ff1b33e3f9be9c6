"""What happened, by the twins' ledgers alone: what each row showed when, and who wrote it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Entry = Mapping[str, object]
Image = Mapping[str, object]

CONNECTOR = "connector"


@dataclass(frozen=True)
class Written:
    """One write of a row: by whom, and how the row looked before and after."""

    at: str
    seq: int
    resource: str
    row_id: str
    actor: str
    action: str
    before: Image
    after: Image

    @property
    def by_connector(self) -> bool:
        """Say whether the engine wrote it, and no person."""
        return self.actor == CONNECTOR


@dataclass
class Row:
    """The life of one row."""

    writes: list[Written] = field(default_factory=list)

    def shown_at(self, at: str) -> Image | None:
        """Return how the row looked at a time, None before it was made."""
        place = bisect_right([write.at for write in self.writes], at)
        return self.writes[place - 1].after if place else None


class Tale:
    """Every write on both sides in the order of time; no two have the same."""

    def __init__(self, ledgers: Mapping[str, Sequence[Entry]]) -> None:
        """Read the ledgers."""
        entries = [entry for ledger in ledgers.values() for entry in ledger]
        self.writes = sorted(map(_written, entries), key=lambda write: write.at)
        self._rows: dict[tuple[str, str], Row] = {}
        for write in self.writes:
            self._rows.setdefault((write.resource, write.row_id), Row()).writes.append(write)

    def row(self, resource: str, row_id: str) -> Row:
        """Return the life of a row, empty when nobody wrote it."""
        return self._rows.get((resource, row_id), Row())

    def account_at(self, account: str, at: str) -> Image:
        """Return how an account looked at a time; one without an e-mail shows its primary person's.

        So mapping.md C.4 has it. A primary person who is inactive or gone lends nothing.
        """
        image = self.row("account", account).shown_at(at) or {}
        if image.get("emailaddress1"):
            return image
        primary = self.row("contact", str(image.get("_primarycontactid_value"))).shown_at(at) or {}
        lent = primary.get("emailaddress1") if primary.get("statecode") == 0 else None
        return {**image, "emailaddress1": lent}

    def ids(self, resource: str) -> list[str]:
        """Return every row of a resource that ever was."""
        return [row_id for kind, row_id in self._rows if kind == resource]

    def by_connector(self, resource: str) -> Iterator[Written]:
        """Yield what the engine wrote to a resource."""
        return (w for w in self.writes if w.resource == resource and w.by_connector)


def _written(entry: Entry) -> Written:
    before, after = entry["before"], entry["after"]
    return Written(
        at=str(entry["at"]),
        seq=int(str(entry["seq"])),
        resource=str(entry["resource"]),
        row_id=str(entry["id"]),
        actor=str(entry["actor"]),
        action=str(entry["action"]),
        before=before if isinstance(before, dict) else {},
        after=after if isinstance(after, dict) else {},
    )
