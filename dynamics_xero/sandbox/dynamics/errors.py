"""What the twin refuses, in Dataverse's own codes and words (dataverse.md section 0)."""

from __future__ import annotations

PLAIN = "0x0"
BAD_PAYLOAD = "0x80048d19"
NOT_FOUND = "0x80040217"
DUPLICATE_KEY = "0x80040237"


class ODataError(Exception):
    """A refusal: HTTP status, Dataverse code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_request(message: str, code: str = PLAIN) -> ODataError:
    """Refuse a call that cannot be understood."""
    return ODataError(400, code, message)


def not_found(table: str, row_id: str, wording: str = "plain") -> ODataError:
    """Refuse a row nobody has; `wording` is the position of the switch `not_found_wording`."""
    name = f"Entity '{table}'" if wording == "entity" else table
    return ODataError(404, NOT_FOUND, f"{name} With Id = {row_id} Does Not Exist")


def not_found_bulk(table: str, row_id: str) -> ODataError:
    """Refuse a bulk target nobody has."""
    return ODataError(404, NOT_FOUND, f"{table.capitalize()} With Ids = {row_id} Do Not Exist")


def not_found_by_key(table: str) -> ODataError:
    """Refuse an alternate key nobody has."""
    return ODataError(
        404,
        "0x80060891",
        f"A record with the specified key values does not exist in {table} entity",
    )


def no_resource(segment: str) -> ODataError:
    """Refuse a path that names nothing."""
    return ODataError(404, "0x8006088a", f"Resource not found for the segment '{segment}'.")


def no_http_resource(url: str) -> ODataError:
    """Refuse a function or action called by the wrong verb (Microsoft: client errors, 404)."""
    return ODataError(404, "", f"No HTTP resource was found that matches the request URI '{url}'.")


def not_allowed(method: str) -> ODataError:
    """Refuse a verb the resource does not know (section 0: 405)."""
    return ODataError(
        405, "0x8006088a", f"The requested resource does not support http method '{method}'."
    )


def associated() -> ODataError:
    """Refuse to delete a row that others need (section 0: CannotDeleteDueToAssociation)."""
    return ODataError(
        405,
        "0x80040227",
        "The object you tried to delete is associated with another object and cannot be deleted.",
    )


def not_json(content_type: str) -> ODataError:
    """Refuse a body in another language than JSON (section 0)."""
    return ODataError(
        415,
        PLAIN,
        f"A supported MIME type could not be found that matches the content type of the request: "
        f"'{content_type}'.",
    )


def version_mismatch(code: str) -> ODataError:
    """Refuse a stale If-Match; `code` is the position of the switch `etag_mismatch_code`."""
    return ODataError(
        412,
        code,
        "The version of the existing record doesn't match the RowVersion property provided.",
    )


def already_exists(code: str) -> ODataError:
    """Refuse If-None-Match `*` on a row that is there."""
    return ODataError(412, code, "A record with matching key values already exists.")


def duplicate_primary_key() -> ODataError:
    """Refuse a second row with one primary key."""
    return ODataError(412, DUPLICATE_KEY, "Cannot insert duplicate key.")


def duplicate_alternate_key(
    key: str, columns: tuple[str, ...], table: str, holder: str
) -> ODataError:
    """Refuse a second row with the same alternate key; the text names the holder's id."""
    attributes = "".join(f"<{column} />" for column in columns)
    return ODataError(
        412,
        "0x80060892",
        f"Entity Key {key} violated. A record with the same value for {', '.join(columns)} "
        f"already exists. A duplicate record cannot be created. Select one or more unique values "
        f"and try again. <DuplicateAttributes>{attributes}</DuplicateAttributes>"
        f"<DuplicateEntity><LogicalName>{table}</LogicalName><Id>{holder}</Id></DuplicateEntity>",
    )


def too_long(table: str, column: str, limit: int) -> ODataError:
    """Refuse a text above its column's length."""
    return ODataError(
        400,
        "0x80044331",
        f"A validation error occurred.  The length of the '{column}' attribute of the '{table}' "
        f"entity exceeded the maximum allowed length of '{limit}'.",
    )


def out_of_range(table: str, column: str, value: object, accepted: str) -> ODataError:
    """Refuse a number or choice its column does not know."""
    return ODataError(
        400,
        "0x80044330",
        f"A validation error occurred. The value {value} of '{column}' on record of type "
        f"'{table}' is outside the valid range. Accepted Values: {accepted}",
    )


def wrong_status(table: str, status: object, state: str, row_id: str) -> ODataError:
    """Refuse a statuscode that does not belong to the statecode."""
    return ODataError(
        400,
        "0x80048408",
        f"{status} is not a valid status code for state code {table.capitalize()}State.{state} "
        f"on {table} with Id {row_id}.",
    )


def undeclared_property(name: str, entity_set: str, wording: str) -> ODataError:
    """Refuse an annotation on a navigation property the table does not have.

    `wording` is the position of the switch `payload_errors`; Microsoft's page of client errors
    has the sentence inside another one.
    """
    text = (
        f"An undeclared property '{name}' which only has property annotations in the payload but "
        f"no property value was found in the payload. In OData, only declared navigation "
        f"properties and declared named streams can be represented as properties without values."
    )
    return bad_request(text) if wording == "plain" else _in_payload(text, entity_set)


def unknown_payload_property(name: str, table: str, entity_set: str, wording: str) -> ODataError:
    """Refuse a column the table does not have; Microsoft's page has the older words."""
    kind = f"Microsoft.Dynamics.CRM.{table}"
    if wording == "plain":
        return bad_request(
            "An error occurred while validating input parameters: Microsoft.Crm.CrmException: "
            f"Invalid property '{name}' was found in entity '{kind}'. ---> "
            "Microsoft.OData.ODataException: Does not support untyped value in non-open type."
        )
    return _in_payload(
        f"The property '{name}' does not exist on type '{kind}'. Make sure to only use property "
        f"names that are defined by the type.",
        entity_set,
    )


def _in_payload(text: str, entity_set: str) -> ODataError:
    return bad_request(
        f"Error identified in Payload provided by the user for Entity :'{entity_set}', For more "
        "information on this error please follow this help link "
        "https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : "
        f"Microsoft.OData.ODataException: {text}",
        BAD_PAYLOAD,
    )


def unknown_query_property(name: str, table: str) -> ODataError:
    """Refuse a column in $select, $filter, $orderby or $expand the table does not have."""
    return bad_request(
        f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'."
    )


def wrong_type(value: object, expected: str) -> ODataError:
    """Refuse a JSON value of another type than its column's."""
    return bad_request(
        f"Cannot convert the literal '{value}' to the expected type '{expected}'.", BAD_PAYLOAD
    )


def missing_privilege(user: str, privilege: str, code: int, table: str) -> ODataError:
    """Refuse a caller whose roles lack a privilege; `code` is the table's object type code."""
    return ODataError(
        403,
        "0x80040220",
        f"Principal user (Id={user}, type=8) is missing {privilege} on OTC={code} for entity "
        f"'{table}'.",
    )


def no_access(user: str, right: str, table: str, row_id: str) -> ODataError:
    """Refuse a row that a caller's privilege does not reach."""
    return ODataError(
        403,
        "0x80048306",
        f"Principal with id {user} does not have {right}Access right(s) for record with id "
        f"{row_id} of entity {table}",
    )


def cannot_act_for_another() -> ODataError:
    """Refuse impersonation (Microsoft: CannotActOnBehalfOfAnotherUser)."""
    return ODataError(
        403, "0x8004a110", "User does not have the privilege to act on behalf another user."
    )


def no_such_user(user: str) -> ODataError:
    """Refuse to act for somebody unknown or disabled; code and words are not verified."""
    return ODataError(
        403, "0x80072560", f"The user {user} is not a member of the organization or is disabled."
    )


def duplicate_found() -> ODataError:
    """Refuse a row that a published rule calls a duplicate (section 0)."""
    return ODataError(
        412,
        "0x80040333",
        "A record was not created or updated because a duplicate of the current record already "
        "exists.",
    )


def merge_identical() -> ODataError:
    """Refuse to merge a row into itself (Microsoft: MergeEntitiesIdenticalError)."""
    return ODataError(
        400,
        "0x80045305",
        "Merge cannot be performed on master and sub-entities that are identical.",
    )


def merge_not_active() -> ODataError:
    """Refuse to merge rows of which one is inactive (Microsoft: MergeEntityNotActiveError)."""
    return ODataError(400, "0x80045304", "Merge cannot be performed on entity that is inactive.")


def merge_cyclical() -> ODataError:
    """Refuse to merge a row into one below it (Microsoft: MergeCyclicalParentingError)."""
    return ODataError(400, "0x80045300", "Merge could create cyclical parenting.")


def merge_parents_differ(*, lost: bool) -> ODataError:
    """Refuse rows of different parents where the caller asked for that check.

    Microsoft: MergeLossOfParentingWarning and MergeDifferentlyParentedWarning.
    """
    if lost:
        return ODataError(400, "0x80045317", "Merge warning: sub-entity might lose parenting")
    return ODataError(400, "0x80045316", "Merge warning: sub-entity will be differently parented.")


def merged_row(table: str, row_id: str) -> ODataError:
    """Refuse to edit a row that was merged into another; code and words are this twin's own."""
    return bad_request(
        f"{table} With Id = {row_id} has been merged and cannot be updated.", "0x80040203"
    )


def unsupported(message: str) -> ODataError:
    """Refuse what Dataverse has but this twin does not."""
    return ODataError(501, PLAIN, message)
