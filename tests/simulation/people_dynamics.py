"""People at work in Dynamics, through its public API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.simulation.calling import Told
from tests.simulation.ground import Ground
from tests.simulation.mapped import ACCOUNT, PERSON, Way
from tests.simulation.words import Words

COLUMNS = tuple(same.dynamics for same in ACCOUNT if same.way is not Way.TO_DYNAMICS)
ANYTHING = {"If-Match": "*"}


@dataclass
class InDynamics:
    """What Ada does in Dynamics: each method is one edit and returns a line that tells of it."""

    ground: Ground
    words: Words
    accounts: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    last_edit: tuple[str, tuple[str, ...]] = ("", ())

    def create_account(self) -> str:
        """Make an account with a few columns filled."""
        chance = self.words.chance
        chosen = chance.sample(COLUMNS[1:], chance.randint(0, 4))
        values = {column: self.words.filled(column) for column in ("name", *chosen)}
        return self._create("account", self.accounts, dict(values))

    def edit_account(self) -> str:
        """Change a column or two of an account."""
        chance = self.words.chance
        if not self.accounts:
            return self.create_account()
        chosen = chance.sample(COLUMNS, chance.choice((1, 1, 2)))
        values = {column: self.words.for_column(column) for column in chosen}
        account = self._one(self.accounts)
        self.last_edit = (account, tuple(chosen))
        return self._edit("account", account, dict(values))

    def edit_row(self, table: str, row_id: str | None, wanted: Sequence[str]) -> str:
        """Change a column of this row, as a rule one of those that are wanted."""
        if row_id is None:
            return self.edit_account()
        columns = COLUMNS if table == "account" else tuple(PERSON)
        column = self.words.one_of(columns, [one for one in columns if one in wanted])
        return self._edit(table, row_id, {column: self.words.for_column(column)})

    def deactivate_account(self) -> str:
        """Make an account inactive."""
        return self._set_state(self.accounts, "account", active=False)

    def activate_account(self) -> str:
        """Make an account active again."""
        return self._set_state(self.accounts, "account", active=True)

    def delete_account(self) -> str:
        """Delete an account for good."""
        return self._delete("account", self.accounts)

    def merge_accounts(self) -> str:
        """Merge an account into another one; the second one stays."""
        if len(self.accounts) < 2:
            return self.create_account()
        loser, winner = self.words.chance.sample(self.accounts, 2)
        kind = "Microsoft.Dynamics.CRM.account"
        body = {
            "Target": {"accountid": winner, "@odata.type": kind},
            "Subordinate": {"accountid": loser, "@odata.type": kind},
            "PerformParentingChecks": False,
        }
        answer = self._call("POST", "Merge", body)
        if answer.ok:
            self.accounts.remove(loser)
        return _told(answer, f"merge account {loser} into {winner}")

    def create_contact(self) -> str:
        """Make a contact of an account, now and then of none."""
        values: dict[str, object] = {
            "firstname": self.words.filled("firstname"),
            "lastname": self.words.filled("lastname"),
            "emailaddress1": self.words.for_column("emailaddress1"),
        }
        if self.accounts and self.words.chance.random() < 0.9:
            values["parentcustomerid_account@odata.bind"] = self._bound(self.accounts, "accounts")
        return self._create("contact", self.contacts, values)

    def edit_contact(self) -> str:
        """Change a column of a contact."""
        if not self.contacts:
            return self.create_contact()
        column = self.words.chance.choice(tuple(PERSON))
        value = self.words.for_column(column)
        return self._edit("contact", self._one(self.contacts), {column: value})

    def move_contact(self) -> str:
        """Move a contact to an account, or out of all."""
        if not self.contacts:
            return self.create_contact()
        alone = not self.accounts or self.words.chance.random() < 0.2
        target = None if alone else self._bound(self.accounts, "accounts")
        values = {"parentcustomerid_account@odata.bind": target}
        return self._edit("contact", self._one(self.contacts), dict(values))

    def deactivate_contact(self) -> str:
        """Make a contact inactive."""
        return self._set_state(self.contacts, "contact", active=False)

    def activate_contact(self) -> str:
        """Make a contact active again."""
        return self._set_state(self.contacts, "contact", active=True)

    def delete_contact(self) -> str:
        """Delete a contact for good."""
        return self._delete("contact", self.contacts)

    def choose_primary(self) -> str:
        """Make one contact an account's primary person, or none."""
        if not self.accounts or not self.contacts:
            return self.create_contact()
        nobody = self.words.chance.random() < 0.2
        target = None if nobody else self._bound(self.contacts, "contacts")
        values = {"primarycontactid@odata.bind": target}
        return self._edit("account", self._one(self.accounts), dict(values))

    def _one(self, ids: list[str]) -> str:
        return self.words.chance.choice(ids)

    def _bound(self, ids: list[str], entity_set: str) -> str:
        return f"/{entity_set}({self._one(ids)})"

    def _create(self, table: str, ids: list[str], values: dict[str, object]) -> str:
        answer = self._call("POST", f"{table}s", values, Prefer="return=representation")
        if answer.ok:
            ids.append(str(answer.json()[f"{table}id"]))
        return _told(answer, f"create {table} {ids[-1] if answer.ok else ''} {values}")

    def _edit(self, table: str, row_id: str, values: dict[str, object]) -> str:
        answer = self._call("PATCH", f"{table}s({row_id})", values, **ANYTHING)
        return _told(answer, f"edit {table} {row_id} {values}")

    def _set_state(self, ids: list[str], table: str, *, active: bool) -> str:
        if not ids:
            return self.create_account()
        state = {"statecode": 0, "statuscode": 1} if active else {"statecode": 1, "statuscode": 2}
        return self._edit(table, self._one(ids), dict(state))

    def _delete(self, table: str, ids: list[str]) -> str:
        if not ids:
            return self.create_account()
        row_id = self._one(ids)
        answer = self._call("DELETE", f"{table}s({row_id})", None)
        if answer.ok:
            ids.remove(row_id)
        return _told(answer, f"delete {table} {row_id}")

    def _call(self, method: str, path: str, body: object, **headers: str) -> Told:
        token = self.ground.tokens["dynamics"]
        url = f"{self.ground.serving.dynamics_api_url}/{path}"
        return self.ground.people.call(
            method, url, body, {"Authorization": f"Bearer {token}", **headers}
        )


def _told(answer: Told, what: str) -> str:
    return f"dynamics: {what}" if answer.ok else f"dynamics: REFUSED {what}: {answer.text[:200]}"
