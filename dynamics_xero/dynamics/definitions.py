"""Columns, tables and lookups in the form Dataverse's metadata takes (dataverse.md section 9)."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.mapping.columns.column import Column, ColumnType

METADATA_TYPES: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "String",
    ColumnType.MEMO: "Memo",
    ColumnType.WHOLE: "Integer",
    ColumnType.DECIMAL: "Decimal",
    ColumnType.MONEY: "Money",
    ColumnType.BOOLEAN: "Boolean",
    ColumnType.CHOICE: "Picklist",
    ColumnType.DATETIME: "DateTime",
    ColumnType.LOOKUP: "Lookup",
}
"""Our word for what a column holds -> AttributeType."""

_DEFAULT_LENGTHS = {ColumnType.TEXT: 100, ColumnType.MEMO: 2000}
_LINKS = frozenset({"xero_url"})
_WITH_ITS_RECORD = {
    "Assign": "NoCascade",
    "Delete": "Cascade",
    "Merge": "NoCascade",
    "Reparent": "NoCascade",
    "Share": "NoCascade",
    "Unshare": "NoCascade",
}


def column_definition(column: Column, *, language: int) -> dict[str, object]:
    """Return the body that creates a column, labelled in the environment's base language."""
    kind = METADATA_TYPES[column.type]
    return {
        "@odata.type": f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata",
        "SchemaName": column.name,
        "DisplayName": _label(column.label, language),
        "RequiredLevel": {"Value": "None"},
        **_details(column, language),
    }


def table_definition(name: str, label: str, *, primary: Column, language: int) -> dict[str, object]:
    """Return the body that creates a table with its primary name and no other column.

    The rows belong to the organization: who sees an account sees how it stands.
    """
    return {
        "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata",
        "SchemaName": name,
        "DisplayName": _label(label, language),
        "DisplayCollectionName": _label(f"{label}s", language),
        "OwnershipType": "OrganizationOwned",
        "HasActivities": False,
        "HasNotes": False,
        "Attributes": [{**column_definition(primary, language=language), "IsPrimaryName": True}],
    }


def lookup_definition(table: str, column: Column, *, language: int) -> dict[str, object]:
    """Return the body that creates a lookup: the relationship that it carries.

    Rows go with the record they point at, and stay with it when it is merged.
    """
    return {
        "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "SchemaName": f"{table}_{column.target}",
        "ReferencedEntity": column.target,
        "ReferencingEntity": table,
        "CascadeConfiguration": _WITH_ITS_RECORD,
        "Lookup": column_definition(column, language=language),
    }


def _details(column: Column, language: int) -> dict[str, object]:
    if column.type in _DEFAULT_LENGTHS:
        length = column.max_length or _DEFAULT_LENGTHS[column.type]
        if column.type is ColumnType.MEMO:
            return {"MaxLength": length, "Format": "TextArea"}
        form = "Url" if column.name in _LINKS else "Text"
        return {"MaxLength": length, "FormatName": {"Value": form}}
    if column.type is ColumnType.DATETIME:
        return {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}}
    if column.type is ColumnType.MONEY:
        return {"PrecisionSource": 2}
    if column.type is ColumnType.BOOLEAN:
        return {"DefaultValue": False, "OptionSet": _boolean_options(language)}
    if column.type is ColumnType.CHOICE:
        return {"OptionSet": _choice_options(column, language)}
    return {}


def _boolean_options(language: int) -> dict[str, object]:
    return {
        "OptionSetType": "Boolean",
        "TrueOption": {"Value": 1, "Label": _label("Yes", language)},
        "FalseOption": {"Value": 0, "Label": _label("No", language)},
    }


def _choice_options(column: Column, language: int) -> dict[str, object]:
    options = (column.options or {}).items()
    return {
        "@odata.type": "Microsoft.Dynamics.CRM.OptionSetMetadata",
        "IsGlobal": False,
        "OptionSetType": "Picklist",
        "Options": [{"Value": value, "Label": _label(text, language)} for value, text in options],
    }


def _label(text: str, language: int) -> dict[str, object]:
    return {
        "@odata.type": "Microsoft.Dynamics.CRM.Label",
        "LocalizedLabels": [
            {
                "@odata.type": "Microsoft.Dynamics.CRM.LocalizedLabel",
                "Label": text,
                "LanguageCode": language,
            }
        ],
    }
