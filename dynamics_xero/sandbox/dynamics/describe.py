"""Tables, columns, keys and relationships as metadata objects (dataverse.md section 9)."""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics.columns import (
    CHOICES,
    FRACTIONS,
    REFERENCES,
    TEXTS,
    Column,
    Kind,
    Option,
)
from dynamics_xero.sandbox.dynamics.schema import (
    AlternateKey,
    Relationship,
    TableSchema,
    metadata_id,
)
from dynamics_xero.sandbox.dynamics.schema_custom import OptionSet

_NAMESPACE = "#Microsoft.Dynamics.CRM."
_ENGLISH = 1033
_TYPE_NAMES = {Kind.CUSTOMER: "Lookup", Kind.OWNER: "Lookup", Kind.ID: ""}
ATTRIBUTE_TYPES = frozenset(
    f"{_NAMESPACE[1:]}{_name}AttributeMetadata"
    for _name in (*(kind.value for kind in Kind), "Uniqueidentifier", "EntityName", "Image", "File")
)
Object = dict[str, object]


def attribute_type(column: Column) -> str:
    """Return the name of a column's metadata type."""
    return f"{_TYPE_NAMES.get(column.kind, column.kind.value)}AttributeMetadata"


def label(text: str) -> Object:
    """Return a label in English."""
    one = {"Label": text, "LanguageCode": _ENGLISH, "IsManaged": False}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def table_id(table: TableSchema) -> str:
    """Return a table's MetadataId."""
    return metadata_id(table.name)


def column_id(table: TableSchema, column: Column) -> str:
    """Return a column's MetadataId."""
    return metadata_id(table.name, "column", column.name)


def table_object(table: TableSchema) -> Object:
    """Return EntityMetadata."""
    facts = table.facts
    return {
        "MetadataId": table_id(table),
        "LogicalName": facts.name,
        "SchemaName": facts.schema_name,
        "EntitySetName": facts.entity_set,
        "LogicalCollectionName": facts.entity_set,
        "PrimaryIdAttribute": table.primary_id,
        "PrimaryNameAttribute": facts.primary_name,
        "ObjectTypeCode": facts.object_type_code,
        "OwnershipType": "OrganizationOwned" if facts.organization_owned else "UserOwned",
        "IsCustomEntity": facts.custom,
        "IsManaged": not facts.custom,
        "IsActivity": False,
        "IsPrivate": False,
        "IsCustomizable": _managed("iscustomizable", value=True),
        "TableType": "Standard",
        "ChangeTrackingEnabled": table.tracks_changes,
        "CanChangeTrackingBeEnabled": _managed("canchangetrackingbeenabled", value=facts.trackable),
        "IsOptimisticConcurrencyEnabled": facts.writable,
        "DisplayName": label(facts.label),
        "DisplayCollectionName": label(facts.plural_label or f"{facts.label}s"),
        "HasNotes": False,
        "HasActivities": False,
    }


def option_set_id(name: str) -> str:
    """Return a choice's MetadataId."""
    return metadata_id("optionset", name)


def column_object(table: TableSchema, column: Column) -> Object:
    """Return AttributeMetadata of the column's own type, without its option set."""
    result: Object = {
        "@odata.type": f"{_NAMESPACE}{attribute_type(column)}",
        "MetadataId": column_id(table, column),
        "LogicalName": column.name,
        "SchemaName": column.schema,
        "EntityLogicalName": table.name,
        "AttributeType": column.kind.value,
        "AttributeOf": None,
        "AttributeTypeName": {"Value": f"{column.kind.value}Type"},
        "IsPrimaryId": column.name == table.primary_id,
        "IsPrimaryName": column.name == table.facts.primary_name,
        "IsCustomAttribute": column.custom,
        "IsValidForCreate": column.creatable,
        "IsValidForUpdate": column.updatable,
        "IsValidForRead": True,
        "DisplayName": label(column.label or column.schema),
        "RequiredLevel": _managed("canmodifyrequirementlevelsettings", value=column.required),
    }
    return result | _typed(column)


def option_set(column: Column) -> Object:
    """Return the OptionSet a choice or yes-or-no column expands to."""
    if column.kind is Kind.BOOLEAN:
        yes, no = (
            next((o for o in column.options if o.value == value), Option(value, text))
            for value, text in ((1, "Yes"), (0, "No"))
        )
        return {"TrueOption": _option(yes), "FalseOption": _option(no)}
    return {
        "MetadataId": option_set_id(column.global_set or column.name),
        "Name": column.global_set or column.name,
        "IsGlobal": bool(column.global_set),
        "OptionSetType": column.kind.value,
        "Options": [_option(option) for option in column.options],
    }


def has_options(column: Column) -> bool:
    """Tell whether a column has an OptionSet to expand."""
    return column.kind in CHOICES or column.kind is Kind.BOOLEAN


def key_object(key: AlternateKey, status: str) -> Object:
    """Return EntityKeyMetadata."""
    return {
        "MetadataId": key.id,
        "LogicalName": key.name,
        "SchemaName": key.schema_name,
        "EntityLogicalName": key.table,
        "KeyAttributes": list(key.columns),
        "EntityKeyIndexStatus": status,
        "DisplayName": label(key.label or key.schema_name),
        "IsManaged": False,
    }


def relationship_id(relationship: Relationship) -> str:
    """Return a relationship's MetadataId."""
    return metadata_id("relationship", relationship.schema_name)


def global_option_set(option_set: OptionSet) -> Object:
    """Return OptionSetMetadata of a global choice."""
    return {
        "@odata.type": f"{_NAMESPACE}OptionSetMetadata",
        "MetadataId": option_set.id,
        "Name": option_set.name,
        "IsGlobal": True,
        "IsCustomOptionSet": True,
        "IsManaged": False,
        "OptionSetType": Kind.PICKLIST.value,
        "DisplayName": label(option_set.label or option_set.name),
        "Options": [_option(option) for option in option_set.options],
    }


def relationship_object(relationship: Relationship) -> Object:
    """Return OneToManyRelationshipMetadata."""
    name = relationship.schema_name
    declared = relationship.declared
    return {
        "@odata.type": f"{_NAMESPACE}OneToManyRelationshipMetadata",
        "MetadataId": relationship_id(relationship),
        "SchemaName": name,
        "RelationshipType": "OneToManyRelationship",
        "IsCustomRelationship": declared is not None,
        "IsManaged": declared is None,
        "ReferencedEntity": relationship.referenced,
        "ReferencedAttribute": f"{relationship.referenced}id",
        "ReferencedEntityNavigationPropertyName": name,
        "ReferencingEntity": relationship.referencing,
        "ReferencingAttribute": relationship.column.name,
        "ReferencingEntityNavigationPropertyName": relationship.navigation,
        "CascadeConfiguration": dict(declared.cascades) if declared else {"Delete": "RemoveLink"},
    }


def _managed(name: str, *, value: object) -> Object:
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def _option(option: Option) -> Object:
    result: Object = {"Value": option.value, "Label": label(option.label)}
    if option.state is not None:
        result["State"] = option.state
    return result


def _typed(column: Column) -> Object:
    if column.kind in TEXTS:
        format_name = "TextArea" if column.kind is Kind.MEMO else column.format_name
        return {
            "MaxLength": column.max_length,
            "Format": format_name,
            "FormatName": {"Value": format_name},
        }
    if column.kind in FRACTIONS:
        extra = {"PrecisionSource": 2} if column.kind is Kind.MONEY else {}
        return _bounds(column) | {"Precision": column.precision} | extra
    if column.kind is Kind.INTEGER:
        return _bounds(column) | {"Format": "None"}
    if column.kind is Kind.DATETIME:
        behavior = "DateOnly" if column.date_only else "UserLocal"
        return {
            "Format": "DateOnly" if column.date_only else "DateAndTime",
            "DateTimeBehavior": {"Value": behavior},
        }
    if column.kind in REFERENCES:
        return {"Targets": list(column.targets)}
    if column.kind is Kind.BOOLEAN:
        return {"DefaultValue": bool(column.default)}
    if column.kind in CHOICES:
        return {"DefaultFormValue": -1 if column.default is None else column.default}
    return {}


def _bounds(column: Column) -> Object:
    return {"MinValue": column.minimum, "MaxValue": column.maximum}
