"""The Dataverse behaviours nobody could verify live, on which a connector may depend."""

from __future__ import annotations

from dynamics_xero.sandbox.switches import Switch

SWITCHES = (
    Switch(
        "bulk_messages",
        "on",
        ("on", "off"),
        "dataverse.md section 3: not every table supports CreateMultiple and its siblings",
    ),
    Switch(
        "delta_token_minted",
        "start",
        ("start", "end"),
        "dataverse.md section 4: which moment a first read's delta token stands for",
    ),
    Switch(
        "delta_expired_code",
        "400",
        ("400", "404", "410"),
        "dataverse.md section 4: the answer to an expired delta token",
    ),
    Switch(
        "untracked_table",
        "error",
        ("error", "ignored"),
        "dataverse.md section 4: odata.track-changes on a table without change tracking",
    ),
    Switch(
        "key_index_delay_s",
        "0",
        ("0", "5", "60"),
        "dataverse.md section 9: an alternate key works once its index is Active",
    ),
    Switch(
        "etag_mismatch_code",
        "0x80060882",
        ("0x80060882", ""),
        "dataverse.md section 0: the documentation prints an empty code",
    ),
    Switch(
        "if_none_match_code",
        "0x80040237",
        ("0x80040237", ""),
        "dataverse.md section 0: the documentation prints an empty code",
    ),
    Switch(
        "payload_errors",
        "wrapped",
        ("wrapped", "plain"),
        "dataverse.md section 0, Microsoft's page of client errors: two wordings of unknown names",
    ),
    Switch(
        "not_found_wording",
        "plain",
        ("plain", "entity"),
        "dataverse.md section 0: newer answers may start with Entity 'account'",
    ),
    Switch(
        "account_delete_contacts",
        "remove_link",
        ("remove_link", "cascade"),
        "not in dataverse.md: whether a deleted account takes its contacts along",
    ),
    Switch(
        "merge_blanks",
        "filled",
        ("filled", "kept"),
        "Microsoft's page on Merge: what the target lacks is filled; which columns is not verified",
    ),
    Switch(
        "merged_row_edit",
        "refused",
        ("refused", "allowed"),
        "not in dataverse.md: whether a merged row can be edited; the refusal's words are ours",
    ),
    Switch(
        "batch_headers",
        "parts",
        ("parts", "inherited"),
        "not in dataverse.md: whether impersonation and MSCRM headers of a $batch reach its parts",
    ),
    Switch(
        "bypass_reaches_webhooks",
        "yes",
        ("yes", "no"),
        "dataverse.md section 7: whether webhook steps honour bypass headers is not verified",
    ),
    Switch(
        "tag_in_webhooks",
        "yes",
        ("yes", "no"),
        "dataverse.md section 7: whether a call's tag survives into an asynchronous webhook",
    ),
    Switch(
        "metadata_lag_s",
        "0",
        ("0", "5", "30"),
        "dataverse.md sections 2, 9: how long row calls do not see a new column; Strong sees it",
    ),
)
