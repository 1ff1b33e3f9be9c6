"""Query options and preferences of one call (dataverse.md section 0 and 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl, quote

from dynamics_xero.sandbox.dynamics import errors

KNOWN = frozenset(
    {
        "$select",
        "$expand",
        "$orderby",
        "$filter",
        "$apply",
        "$top",
        "$count",
        "$skiptoken",
        "$deltatoken",
    }
)
CUSTOM = frozenset({"tag", "partitionId", "annotations", "SolutionUniqueName"})
"""Parameters without a dollar sign that some call takes (sections 2, 4 and 7)."""

OTHER_LANGUAGES = frozenset({"fetchxml", "sql", "savedquery", "userquery"})
MAX_PAGE = 5000
FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TABLE = "Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"


@dataclass(frozen=True)
class Options:
    """The options of a read, decoded but not yet understood."""

    select: tuple[str, ...] = ()
    expand: str | None = None
    orderby: str | None = None
    filter: str | None = None
    apply: str | None = None
    top: int | None = None
    count: bool = False
    skiptoken: str | None = None
    deltatoken: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()

    def link_query(self, **replaced: str) -> str:
        """Return the query string of a next or delta link: the same options, others replaced."""
        dropped = {"$skiptoken", "$deltatoken"}
        kept = [(name, value) for name, value in self.pairs if name not in dropped]
        kept += [(f"${name}", value) for name, value in replaced.items()]
        return "&".join(f"{name}={quote(value, safe=',$()=/')}" for name, value in kept)


def parse(query: str) -> Options:
    """Read a query string. Raises ODataError for options Dataverse does not have.

    Queries in another language are refused rather than answered as something else; an unknown
    parameter is refused in words captured in rappen/FetchXMLBuilder#437.
    """
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    for name, _ in pairs:
        if name.lower() in OTHER_LANGUAGES:
            raise errors.unsupported(f"Queries by '{name}' are not offered by this twin.")
        if name[:1] not in ("$", "@") and name not in CUSTOM:
            raise errors.bad_request(f"The query parameter {name} is not supported")
    return from_pairs(pairs)


def from_pairs(pairs: tuple[tuple[str, str], ...]) -> Options:
    """Read decoded options, a call's own or those inside an $expand."""
    values = {}
    for name, value in pairs:
        if name.startswith("$") and name not in KNOWN:
            raise errors.bad_request(f"The query parameter {name} is not supported", "0x80060888")
        if name in values:
            raise errors.bad_request(
                f"Query option '{name}' was specified more than once, but it must be specified at "
                f"most once."
            )
        values[name] = value
    return Options(
        select=_names(values.get("$select", "")),
        expand=values.get("$expand"),
        orderby=values.get("$orderby"),
        filter=values.get("$filter"),
        apply=values.get("$apply"),
        top=_whole("$top", values.get("$top")),
        count=_truth(values.get("$count")),
        skiptoken=values.get("$skiptoken"),
        deltatoken=values.get("$deltatoken"),
        aliases={name: value for name, value in values.items() if name.startswith("@")},
        pairs=pairs,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _whole(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not _is_whole(text):
        raise errors.bad_request(
            f"Invalid value '{text}' for {name} query option found. The {name} query option "
            f"requires a non-negative integer value."
        )
    return int(text)


def _is_whole(text: str) -> bool:
    # More digits than these fit no number of the server's.
    return text.isascii() and text.isdigit() and len(text) < 19


def _truth(text: str | None) -> bool:
    if text not in (None, "true", "false"):
        raise errors.bad_request(f"Invalid value '{text}' for $count query option found.")
    return text == "true"


@dataclass(frozen=True)
class Preferences:
    """What the Prefer header asks for."""

    representation: bool = False
    max_page: int | None = None
    annotations: tuple[str, ...] = ()
    track_changes: bool = False
    continue_on_error: bool = False

    @property
    def annotates(self) -> bool:
        """Whether any annotation is wanted."""
        return bool(self.annotations)

    def wants(self, annotation: str) -> bool:
        """Tell whether one annotation is asked for, by name or pattern."""
        return any(fnmatchcase(annotation, pattern) for pattern in self.annotations)

    def applied(self) -> str:
        """Return the value of Preference-Applied for a read."""
        parts = []
        if self.max_page is not None:
            parts.append(f"odata.maxpagesize={self.max_page}")
        if self.annotations:
            parts.append(f'odata.include-annotations="{",".join(self.annotations)}"')
        if self.track_changes:
            parts.append("odata.track-changes")
        return ",".join(parts)


def parse_preferences(header: str) -> Preferences:
    """Read a Prefer header; preferences may be joined by commas, lists stand in quotes."""
    found: dict[str, str] = {}
    for part in _split_outside_quotes(header):
        name, _, value = part.strip().partition("=")
        found[name.strip().lower()] = value.strip().strip('"')
    return Preferences(
        representation=found.get("return") == "representation",
        max_page=_page_size(found.get("odata.maxpagesize")),
        annotations=_names(found.get("odata.include-annotations", "")),
        track_changes="odata.track-changes" in found,
        continue_on_error=(
            "odata.continue-on-error" in found and found["odata.continue-on-error"] != "false"
        ),
    )


def _page_size(text: str | None) -> int | None:
    if text is None or not _is_whole(text) or int(text) < 1:
        return None
    return min(int(text), MAX_PAGE)


def _split_outside_quotes(header: str) -> list[str]:
    parts, quoted, current = [], False, ""
    for character in header:
        quoted ^= character == '"'
        if character == "," and not quoted:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current] if current.strip() else parts
