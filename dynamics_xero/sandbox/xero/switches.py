"""What nobody could verify on live Xero and the connector depends on, with every position."""

from __future__ import annotations

from dynamics_xero.sandbox.switches import Switch

NAME_FOLD = Switch(
    "name_fold",
    "case_insensitive",
    ("case_insensitive", "collapse_spaces", "exact"),
    "xero.md 5, Contacts: folding of unique names not verified; names are always trimmed",
)
POST_MATCH_ORDER = Switch(
    "post_match_order",
    "ContactID,ContactNumber,Name",
    ("ContactID,ContactNumber,Name", "ContactID,Name,ContactNumber", "ContactID,ContactNumber"),
    "xero.md 5, Contacts: matching order of POST implied by a message, not verified",
)
PUT_EXISTING_NAME = Switch(
    "put_existing_name",
    "refuse",
    ("refuse", "update"),
    "xero.md 4, Verbs: PUT creates only; field reports of PUT hitting an existing contact",
)
PUT_EXISTING_NUMBER = Switch(
    "put_existing_number",
    "refuse",
    ("refuse", "update"),
    "xero.md 5, Contacts: ContactNumber is an upsert key; what PUT does with a taken one is open",
)
ARCHIVED_NAME_MATCH = Switch(
    "archived_name_match",
    "post",
    ("post", "never", "put_and_post"),
    "xero.md 4, catalogue (archived contact, name match) against 5, Contacts (archived names free)",
)
UNARCHIVE_ALLOWED = Switch(
    "unarchive_allowed",
    "no",
    ("no", "yes"),
    "xero.md 5, Contacts and 10.7: ARCHIVED to ACTIVE by API in 2026 not verified",
)
EMPTY_PERSONS_LIST = Switch(
    "empty_persons_list",
    "clears",
    ("clears", "keeps"),
    "xero.md 5, Contacts: meaning of an empty ContactPersons list not verified",
)
INCLUDE_IN_EMAILS = Switch(
    "include_in_emails",
    "needs_primary_email",
    ("needs_primary_email", "free"),
    "xero.md 5, Contacts: IncludeInEmails requires a primary e-mail, not verified",
)
COUNTRY_CHARACTERS = Switch(
    "country_characters",
    "letters_and_spaces",
    ("letters_and_spaces", "any"),
    "OAS Address.Country: [A-Z], [a-z] only, while its own examples hold a space",
)
RESULT_ORDER = Switch(
    "result_order",
    "request",
    ("request", "reversed"),
    "xero.md 4, summarizeErrors: order of results not verified",
)
SUMMARISED_400_KEEPS_SIBLINGS = Switch(
    "summarised_400_keeps_siblings",
    "no",
    ("no", "yes"),
    "xero.md 4, summarizeErrors: whether valid siblings are saved is not verified",
)
IDEMPOTENCY_TTL_S = Switch(
    "idempotency_ttl_s",
    "360",
    ("360", "86400", "0"),
    "xero.md 4, Idempotency-Key: 6 minutes in one report, 24 hours in another",
)
IDEMPOTENCY_SCOPE = Switch(
    "idempotency_scope",
    "access_token",
    ("access_token", "client"),
    "xero.md 4, Idempotency-Key: scoped to the access token by tests on a demo company",
)
CONCURRENT_RETRY_AFTER = Switch(
    "concurrent_retry_after",
    "absent",
    ("absent", "present"),
    "xero.md 2: Retry-After is promised for minute and day only",
)
APP_MINUTE_RETRY_AFTER = Switch(
    "app_minute_retry_after",
    "absent",
    ("absent", "present"),
    "xero.md 2: Retry-After is promised for minute and day, the app's minute is not named",
)
OVERSIZE_STATUS = Switch(
    "oversize_status",
    "413",
    ("413", "500", "400"),
    "xero.md 2, Payload: the answer to more than 3.5 MB is not verified",
)
DEFAULT_ORDER = Switch(
    "contacts_default_order",
    "ContactID",
    ("ContactID", "UpdatedDateUTC", "Name"),
    "xero.md 3: order of a list without `order` is not stated",
)
SCOPE_MODEL = Switch(
    "scope_model",
    "granular",
    ("granular", "broad", "both"),
    "xero.md 1, Scopes: apps older than March 2026 hold broad scopes, newer ones granular ones",
)
WINDOW = Switch(
    "window",
    "fixed",
    ("fixed", "rolling"),
    "xero.md 2, Window: fixed in the documentation, rolling by several integrators",
)
HISTORY_DETAILS_LENGTH = Switch(
    "history_details_length",
    "2500",
    ("2500", "450", "250"),
    "xero.md 5, History: how long Details may be is not verified; the figures are guesses",
)
GROUP_MOVES_UPDATED = Switch(
    "group_moves_updated",
    "no",
    ("no", "yes"),
    "xero.md 5, ContactGroups: whether joining one moves a contact's UpdatedDateUTC is not stated",
)
WEBHOOK_BATCHES = Switch(
    "webhook_batches",
    "call",
    ("call", "waiting"),
    "xero.md 6, Envelope: which events share a payload is not stated",
)
BULK_CONSENT = Switch(
    "bulk_consent",
    "no",
    ("no", "yes"),
    "xero.md 1, /connections: several organisations in one consent are a paid feature from 2026",
)
SCOPE_REFUSAL = Switch(
    "authorise_scope_refusal",
    "page",
    ("page", "redirect"),
    "xero.md 1, Token errors: whether an app that lacks a scope hears of it is not stated",
)

SWITCHES = (
    NAME_FOLD,
    POST_MATCH_ORDER,
    PUT_EXISTING_NAME,
    PUT_EXISTING_NUMBER,
    ARCHIVED_NAME_MATCH,
    UNARCHIVE_ALLOWED,
    EMPTY_PERSONS_LIST,
    INCLUDE_IN_EMAILS,
    COUNTRY_CHARACTERS,
    RESULT_ORDER,
    SUMMARISED_400_KEEPS_SIBLINGS,
    IDEMPOTENCY_TTL_S,
    IDEMPOTENCY_SCOPE,
    CONCURRENT_RETRY_AFTER,
    APP_MINUTE_RETRY_AFTER,
    OVERSIZE_STATUS,
    DEFAULT_ORDER,
    SCOPE_MODEL,
    BULK_CONSENT,
    SCOPE_REFUSAL,
    WINDOW,
    HISTORY_DETAILS_LENGTH,
    GROUP_MOVES_UPDATED,
    WEBHOOK_BATCHES,
)
