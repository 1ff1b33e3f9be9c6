"""What comes into the control calls, checked: a misspelt setting must not pass in silence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from urllib.parse import urlsplit

from dynamics_xero.sandbox.control_screen import Edit, Merge, ScreenWork, Unarchive
from dynamics_xero.sandbox.faults import KINDS, Rule
from dynamics_xero.sandbox.web import Request
from dynamics_xero.sandbox.webhook_terms import Subscription, Trigger

_LARGEST = 2**63 - 1
"""What SQLite can compare with."""
_TOLD_ACTIONS = ("create", "update", "delete")
_RECEIVERS = frozenset({"127.0.0.1", "::1", "localhost"})
_TRIGGER_FIELDS = frozenset(field.name for field in fields(Trigger))
_RULE_FIELDS = frozenset(field.name for field in fields(Rule))


class InputError(ValueError):
    """A control call that cannot be understood."""


@contextmanager
def reported() -> Iterator[None]:
    """Report an impossible value or figure in the block as the caller's mistake."""
    try:
        yield
    except (ValueError, OverflowError) as error:
        raise InputError(str(error)) from error


def json_object(request: Request) -> dict[str, object]:
    """Return the body's object."""
    with reported():
        value = request.json()
    if not isinstance(value, dict):
        raise InputError("the body is one JSON object")
    return value


def texts(request: Request) -> dict[str, str]:
    """Return the body's object of texts."""
    values = json_object(request)
    for name, value in values.items():
        if not isinstance(value, str):
            raise InputError(f"{name} is a text")
    return {name: str(value) for name, value in values.items()}


def whole(
    parameters: Mapping[str, str], name: str, *, default: int, least: int = 0, most: int = _LARGEST
) -> int:
    """Return a query parameter that is a whole number; above `most` counts as `most`."""
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise InputError(f"{name} is a whole number")
    if int(text) < least:
        raise InputError(f"{name} is at least {least}")
    return min(int(text), most)


def clock_move(request: Request) -> float | datetime:
    """Return seconds to advance by, or the instant to set."""
    body = json_object(request)
    if len(body) != 1 or not body.keys() <= {"advance_s", "set"}:
        raise InputError('the body is {"advance_s": n} or {"set": iso}')
    if "advance_s" in body:
        return _number(body["advance_s"], "advance_s")
    with reported():
        instant = datetime.fromisoformat(str(body["set"]))
    if instant.tzinfo is None:
        raise InputError("set is an instant with its offset from UTC")
    return instant


def faults(request: Request) -> tuple[int, list[Rule]]:
    """Return the seed and the rules of a fault list."""
    body = json_object(request)
    unknown = body.keys() - {"seed", "rules"}
    if unknown:
        raise InputError(f"unknown: {sorted(unknown)}")
    seed, rules = body.get("seed", 0), body.get("rules", [])
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise InputError("seed is a whole number")
    if not isinstance(rules, list):
        raise InputError("rules is a list")
    return seed, [_rule(rule) for rule in rules]


def screen_work(request: Request) -> ScreenWork:
    """Return what a person does on a screen."""
    body = json_object(request)
    do, values = body.pop("do", None), body.pop("values", None)
    named = {name: str(value) for name, value in body.items()}
    try:
        match do:
            case "merge":
                return Merge(**named)
            case "unarchive":
                return Unarchive(**named)
            case "edit" if isinstance(values, dict):
                return Edit(**named, values=values)
    except TypeError as error:
        raise InputError(f"{do}: {error}") from error
    raise InputError("do is merge, unarchive or edit, the last one with values")


def webhook(request: Request) -> Subscription | Trigger:
    """Return who wants to be told, or the event to tell."""
    body = json_object(request)
    match body:
        case {"url": str(url), "key": str(key)} if len(body) == 2 and key:
            with reported():
                parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or parts.hostname not in _RECEIVERS:
                raise InputError("url is an address on this machine")
            return Subscription(url, key)
        case {"trigger": dict(trigger)} if len(body) == 1:
            return _trigger(trigger)
    raise InputError('the body is {"url": text, "key": text} or {"trigger": {"id": text, ...}}')


def _trigger(value: dict[str, object]) -> Trigger:
    unknown = value.keys() - _TRIGGER_FIELDS
    if unknown:
        raise InputError(f"unknown in a trigger: {sorted(unknown)}")
    event, action = value.get("event", {}), value.get("action", "update")
    if not isinstance(event, dict):
        raise InputError("event is an object")
    if action not in _TOLD_ACTIONS:
        raise InputError(f"action is one of {_TOLD_ACTIONS}")
    id = _text(value.get("id"), "id")
    if id is None:
        raise InputError("a trigger names the id of its record")
    return Trigger(id, _text(value.get("resource"), "resource"), str(action), event)


def _rule(value: object) -> Rule:
    if not isinstance(value, dict):
        raise InputError("a rule is an object")
    unknown = value.keys() - _RULE_FIELDS
    if unknown:
        raise InputError(f"unknown in a rule: {sorted(unknown)}")
    kind = value.get("kind")
    if kind not in KINDS:
        raise InputError(f"no fault is of kind {kind!r}, only {sorted(KINDS)}")
    probability = value.get("probability")
    share = 1.0 if probability is None else _number(probability, "probability")
    if share > 1:
        raise InputError("probability is at most 1")
    return Rule(
        kind=str(kind),
        method=_text(value.get("method"), "method"),
        path=_text(value.get("path"), "path"),
        probability=share,
        times=_times(value.get("times")),
        seconds=_seconds(value, "seconds"),
        up_to_seconds=_seconds(value, "up_to_seconds"),
    )


def _seconds(rule: Mapping[str, object], name: str) -> float | None:
    return None if rule.get(name) is None else _number(rule[name], name)


def _text(value: object, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InputError(f"{name} is a text")
    return value or None


def _times(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError("times is a whole number, not negative")
    return value


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise InputError(f"{name} is a number, not negative")
    return float(value)
