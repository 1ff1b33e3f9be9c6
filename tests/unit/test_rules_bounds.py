"""How much of an answer of Xero is taken: so many bytes and seconds, packed or not (R37)."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import urllib3
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from dynamics_xero.xero.wire import MAX_BYTES, BoundedPool
from tests.listener import Handler, listening
from tests.memory import SteppedClock

MILLION = gzip.compress(bytes(1_000_000))


def test_r37_an_answer_that_unpacks_to_more_than_we_expect_is_given_up() -> None:
    millions = MAX_BYTES // 1_000_000 + 1

    with serving(MILLION * millions, packed=True) as url, pytest.raises(ProtocolError):
        pool(SteppedClock()).request("GET", url)


def test_r37_an_answer_within_the_bounds_is_read_whole() -> None:
    with serving(MILLION * 2, packed=True) as url:
        assert len(pool(SteppedClock()).request("GET", url).data) == 2_000_000


def test_r37_an_answer_that_takes_too_long_is_given_up() -> None:
    clock = SteppedClock()
    bounded = pool(clock)
    bounded.within_s = 20.0

    with (
        serving(bytes(3_000_000), then=lambda: clock.sleep(30.0)) as url,
        pytest.raises(ReadTimeoutError),
    ):
        bounded.request("GET", url)


def test_r37_silence_is_given_up_while_it_lasts() -> None:
    over = threading.Event()
    bounded = pool(SteppedClock())
    bounded.within_s = 0.3

    with serving(b"half of it", then=lambda: over.wait(20)) as url:
        began = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            bounded.request("GET", url)
        took_s = time.monotonic() - began
        over.set()

    assert took_s < 10, "it did not wait for the other half"


def pool(clock: SteppedClock) -> BoundedPool:
    """Return what stands between xero-python and the network."""
    return BoundedPool(urllib3.PoolManager(), clock)


@contextmanager
def serving(
    body: bytes, *, packed: bool = False, then: Callable[[], object] = lambda: None
) -> Iterator[str]:
    """Answer every call with the body; gives the address. then: called halfway."""

    class Answering(Handler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            if packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            half = len(body) // 2
            self.wfile.write(body[:half])
            then()
            self.wfile.write(body[half:])

    with listening(Answering) as url:
        yield f"{url}/"
