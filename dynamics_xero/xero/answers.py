"""Tell which element of a write call's answer belongs to which write, and what it says.

Xero is not known to keep the order of the request (xero.md section 4, summarizeErrors), so an
element counts only where its own keys agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from dynamics_xero.errors import LostAnswerError, RejectedError
from dynamics_xero.model import Answer, Feed
from dynamics_xero.xero.errors import element_texts
from dynamics_xero.xero.records import element_id, record
from dynamics_xero.xero.remarks import sentence
from dynamics_xero.xero.resources import XeroResource

Element = Mapping[str, Any]
Rank = Callable[[Element], Sequence[int]]
"""Returns the places of what is shown that could be the element sent."""


def pair_up(
    sent: Sequence[Element], shown: Sequence[Element], resource: XeroResource
) -> list[Element | None]:
    """Return for each element sent the one shown for it; None where nobody can tell.

    The strongest proof goes first, over all elements, so that a weak one never takes what a
    strong one would claim.
    """
    found: list[Element | None] = [None] * len(sent)
    left = set(range(len(shown)))
    for places in _ranks(shown, resource):
        for position, element in enumerate(sent):
            if found[position] is not None:
                continue
            candidates = [at for at in places(element) if at in left]
            if position in candidates:
                candidates = [position]
            if len(candidates) == 1:
                found[position] = shown[candidates[0]]
                left.discard(candidates[0])
    return found


def _ranks(shown: Sequence[Element], resource: XeroResource) -> Iterator[Rank]:
    def echo(sent: Element) -> list[int]:
        # A refused element comes back as it was sent, but with its id taken away.
        return [
            at
            for at, one in enumerate(shown)
            if not element_id(one, resource)
            and all(
                _folded(one.get(name)) == _folded(value)
                for name, value in sent.items()
                if isinstance(value, str) and name != resource.id_column
            )
        ]

    yield _same(shown, lambda one: element_id(one, resource))
    for key in resource.own_keys:
        yield _same(shown, partial(_own_key, key))
    yield echo


def _same(shown: Sequence[Element], proof: Callable[[Element], str]) -> Rank:
    places: dict[str, list[int]] = {}
    for at, one in enumerate(shown):
        if proven := proof(one):
            places.setdefault(proven, []).append(at)
    return lambda sent: places.get(proof(sent), ())


def _own_key(key: str, element: Element) -> str:
    return _folded(element.get(key))


def _folded(value: object) -> str:
    return " ".join(str(value or "").split()).casefold()


def answer(
    shown: Element | None, resource: XeroResource, feed: Feed | None, *, request_id: str
) -> Answer:
    """Return the outcome of one write: its row, or why it was refused."""
    if shown is None:
        lost = LostAnswerError("Xero's answer does not name this record.", request_id=request_id)
        return Answer(error=lost)
    code = str(shown.get("StatusAttributeString") or "OK")
    texts = [text for text in element_texts(shown) if text]
    if texts or code == "ERROR" or shown.get("HasValidationErrors") is True:
        said = " ".join(dict.fromkeys(sentence(text) for text in texts)) or sentence("")
        return Answer(error=RejectedError(said, code=code, request_id=request_id), code=code)
    if not element_id(shown, resource):
        # Success needs an id: a 200 without one has stored nothing (xero.md 4, BatchPayments).
        refused = RejectedError("Xero did not store this record.", request_id=request_id)
        return Answer(error=refused, code=code)
    return Answer(record=record(shown, resource, feed), code=code)
