"""What the twin says about a refused contact.

The first group is Xero's own wording (xero.md 4, verified message catalogue). Nobody has captured
the wording of the second group: these sentences are the twin's, only the refusal is documented.
"""

from __future__ import annotations

ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
BAD_EMAIL = "Email address must be valid."


def name_taken(name: str) -> str:
    """Say that an active contact holds the name."""
    return (
        f"The contact name {name} is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    )


def not_subscribed(currency: str) -> str:
    """Say that the organisation has not enabled a currency."""
    return f"Users Organisation is not subscribed to currency {currency}"


NAME_MISSING = "The contact name must be specified."
UNKNOWN_ID = "An existing Contact with the specified ContactID could not be found"
BAD_ID = "The ContactID must be a valid GUID."
TOO_MANY_PERSONS = "A contact cannot have more than 5 contact persons."
NO_PRIMARY_EMAIL = (
    "Contact persons can only be included in emails when the contact has an email address."
)
BAD_COUNTRY = "The Country field may only contain letters."
BAD_DAY = "The payment terms Day must be between 0 and 31."


def number_taken(number: str) -> str:
    """Say that another contact holds the ContactNumber."""
    return f"The contact number {number} is already assigned to another contact."


def too_long(field: str, limit: int) -> str:
    """Say that a text is longer than Xero keeps."""
    return f"The {field} field must not be longer than {limit} characters."


def not_one_of(field: str, value: str) -> str:
    """Say that a value is outside its closed set."""
    return f"'{value}' is not a valid value for {field}."
