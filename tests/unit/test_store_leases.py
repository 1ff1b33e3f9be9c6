"""A lease has one owner at a time, and a fence that tells an old owner from a new one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from dynamics_xero.store_port import Store, Transaction
from dynamics_xero.sync.lanes import Lane, beat
from tests.memory import SteppedClock
from tests.unit.store_cases import LATER, NOON, SOON


def test_a_lease_is_refused_to_a_second_owner_until_it_ends(tx: Transaction) -> None:
    assert tx.leases.take("lane", "one", now=NOON, until=SOON) == 1

    assert tx.leases.take("lane", "two", now=NOON, until=LATER) is None
    assert tx.leases.take("lane", "two", now=SOON, until=LATER) is None
    assert tx.leases.take("lane", "two", now=LATER, until=LATER) == 2


def test_the_owner_takes_its_own_lease_again_with_the_same_fence(tx: Transaction) -> None:
    tx.leases.take("lane", "one", now=NOON, until=SOON)

    assert tx.leases.take("lane", "one", now=NOON, until=LATER) == 1
    assert tx.leases.holds("lane", "one", 1, now=SOON)


def test_leases_of_different_names_do_not_meet(tx: Transaction) -> None:
    tx.leases.take("lane", "one", now=NOON, until=LATER)

    assert tx.leases.take("other", "two", now=NOON, until=LATER) == 1


def test_a_dead_owner_is_asked_about_and_leaves_at_once(tx: Transaction) -> None:
    tx.leases.take("lane", "dead", now=NOON, until=LATER)

    def is_dead(owner: str) -> bool:
        return owner == "dead"

    assert tx.leases.take("lane", "two", now=NOON, until=LATER, free_if=is_dead) == 2
    assert tx.leases.take("lane", "three", now=NOON, until=LATER, free_if=is_dead) is None


def test_an_owner_that_was_followed_can_neither_renew_nor_release(tx: Transaction) -> None:
    tx.leases.take("lane", "one", now=NOON, until=SOON)
    tx.leases.take("lane", "two", now=LATER, until=LATER)

    assert not tx.leases.renew("lane", "one", 1, until=LATER)
    tx.leases.release("lane", "one", 1)

    assert tx.leases.renew("lane", "two", 2, until=LATER)
    assert tx.leases.holds("lane", "two", 2, now=SOON)
    assert not tx.leases.holds("lane", "one", 1, now=NOON)


def test_a_lease_is_held_until_its_end_and_longer_when_renewed(tx: Transaction) -> None:
    tx.leases.take("lane", "one", now=NOON, until=SOON)
    assert not tx.leases.holds("lane", "one", 1, now=SOON)

    assert tx.leases.renew("lane", "one", 1, until=LATER)
    assert tx.leases.holds("lane", "one", 1, now=SOON)


def test_a_released_lease_is_free_and_its_fence_grows(tx: Transaction) -> None:
    tx.leases.take("lane", "one", now=NOON, until=LATER)

    tx.leases.release("lane", "one", 1)

    assert not tx.leases.holds("lane", "one", 1, now=NOON)
    assert tx.leases.take("lane", "two", now=NOON, until=LATER) == 2
    tx.leases.release("lane", "two", 2)
    assert tx.leases.take("lane", "two", now=NOON, until=LATER) == 3


def test_of_many_threads_one_takes_the_lease(store: Store) -> None:
    def take(number: int) -> int | None:
        with store.begin() as tx:
            return tx.leases.take("lane", f"owner {number}", now=NOON, until=LATER)

    with ThreadPoolExecutor(5) as pool:
        fences = list(pool.map(take, range(10)))

    assert [fence for fence in fences if fence is not None] == [1]


class Hurried(threading.Event):
    """Lets a heart beat without a pause."""

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        return self.is_set()


def test_a_beat_that_fails_is_not_the_end_and_is_no_crash(store: Store) -> None:
    stop, beats = Hurried(), iter([OSError("full"), True, OSError("full"), True, False])

    class Failing(Lane):
        """Whose database now and then does not work."""

        def renew(self) -> bool:
            found = next(beats)
            if isinstance(found, OSError):
                raise found
            return bool(found)

    beat(Failing(store, SteppedClock(), name="push:main", owner="one"), stop)

    assert next(beats, None) is None, "it went on until the lane was somebody else's"
