"""Every code that an integrator can be answered, by what it is about: each has a help page."""

from collections.abc import Mapping
from types import MappingProxyType

from ekino.ingest.model import FIX

# In the order in which a request meets them. Each code has a cause and a fix in three languages
# (`help.cause.<code>`, `help.fix.<code>`); outcomes have theirs in the pages of organisations.
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "signing": (
            "signature_missing", "signature_malformed", "digest_mismatch", "key_unknown",
            "key_revoked", "key_expired", "key_signs_no_requests", "source_suspended",
            "created_out_of_window", "signature_wrong", "key_address_not_allowed", "nonce_used",
            "source_key_needed",
            "source_only", "operator_only", "entry_of_another", "not_authenticated",
            "not_allowed",
        ),
        "keys": (
            "enrolment_code_wrong", "key_id_differs", "possession_not_proven",
            "key_replaced", "key_of_the_test_register", "source_unknown", "too_many_codes",
        ),
        "test": (
            "test_mode_off", "test_register_opens", "simulated_limit", "simulated_failure",
            "simulated_timeout", "simulation_unknown", "test_key_needed",
            "certification_limit", "certification_failure", "certification_away",
            "certification_refused", "certification_has_no_showing",
            "certification_not_found", "certification_is_over", "test_not_found",
        ),
        "file": (
            "file_unreadable", "file_too_large", "columns_missing", "column_unknown",
            "title_has_several_ids", "code_unknown", "upload_not_found", "source_not_found",
            "intake_key_missing", "file_quota_used",
        ),
        "body": (
            "content_type_unknown", "content_encoding_unknown", "body_too_large",
            "body_bytes_max", "body_is_malformed", "batch_is_malformed",
            "batch_has_too_many_events", "batch_events_max", "wrong_media_type",
            "malformed", "too_large", "refused",
        ),
        "event": tuple(outcome.value for outcome in FIX),
        "later": (
            "too_many_waiting", "answer_late", "too_many_signed_requests", "too_often",
            "too_many_attempts", "database_away", "database_busy", "try_again_later",
            "live_is_full", "broken",
        ),
        "address": (
            "not_found", "method_not_allowed", "address_malformed", "parameter_malformed",
            "dimension_unknown", "span_out_of_bounds", "not_public", "api_version_unknown",
        ),
        "report": ("report_is_malformed", "source_may_not_speak_for_venue"),
        "log": (
            "checkpoint_not_found", "tile_not_found", "position_not_found", "proof_not_yet",
        ),
        "ticket": (
            "ticket_unreadable", "claim_not_found", "claim_has_no_reason",
            "answer_is_malformed", "claim_state_does_not_allow_it", "claim_step_is_anothers",
            "seller_may_still_answer", "claim_words_missing",
        ),
        "operator": (
            "kind_unknown", "document_is_malformed", "document_refused",
            "document_too_large", "row_is_malformed", "row_given_twice", "identifier_taken",
            "regions_not_shipped", "currency_unknown", "timezone_unknown", "sources_refused",
            "key_taken", "key_id_taken", "key_name_malformed", "key_time_out_of_bounds",
            "public_key_malformed", "public_key_weak", "organisation_unknown",
            "people_refused", "person_not_found", "person_blocked",
        ),
    }
)  # fmt: skip
OUTCOMES = frozenset(GROUPS["event"])

# Codes of problems on pages for people: their help is the page itself, in its reader's words.
OF_PEOPLE = frozenset(
    {
        "alarm_not_found", "component_unknown", "correction_not_found", "correction_refused",
        "correction_state_does_not_allow_it", "correction_step_is_anothers",
        "correction_words_missing", "day_not_found", "email_malformed", "endpoint_not_found",
        "no_mail_server", "request_not_found",
        "evidence_not_found", "notice_kind_unknown", "too_many_endpoints",
        "too_many_notices_asked", "key_not_found", "networks_malformed",
        "webhook_address_refused", "webhook_version_unknown",
        "excuse_not_found", "excuse_quota_used", "excuse_refused", "figure_too_wide",
        "film_not_found", "file_not_found",
        "film_unknown", "form_malformed", "form_not_ours", "hashing_busy",
        "incident_not_found", "link_over", "not_permitted", "not_signed_in",
        "period_unknown", "provider_missing", "question_out_of_bounds",
        "region_not_found", "register_not_found", "sandbox_not_found",
        "saved_question_refused", "statement_not_found", "step_not_found",
        "table_not_found", "too_many_films", "too_many_rows", "venue_not_found",
    }
)  # fmt: skip
# Codes that the command line says to whoever runs the register, or that stop it at its start;
# those of them that reach HTTP at all are answered as `broken` or `database_away`.
OF_THE_MACHINE = frozenset(
    {
        # Of connectors: to whoever sets one up, and in the list of how they go.
        "account_missing", "address_not_found", "address_refused",
        "code_malformed", "code_taken", "connector_not_found", "connectors_max",
        "events_max", "events_missing",
        "name_malformed", "peer_answer_odd", "peer_answer_too_large", "peer_away",
        "peer_failed", "peer_has_enough", "peer_has_none", "peer_refused",
        "peer_too_slow", "secret_unreadable", "venues_differ",
        "cannot_split", "data_dir_unusable", "database_not_durable",
        "database_of_another_version", "database_rights_missing", "database_too_old",
        "database_unreachable", "error",
        "folder_closed", "key_unreadable", "log_disk", "log_head_moved", "log_origin_changed",
        "migration_edited", "migration_running", "not_an_extension",
        "operator_key_malformed", "own_key_malformed", "policy_malformed",
        "postgresql_missing", "program_closed", "register_is_live", "settings_malformed",
        "signer_away",
        "signer_is_running", "socket_folder_taken", "socket_path_too_long",
        "witnesses_away",
    }
)  # fmt: skip


def group_of(code: str) -> str | None:
    """Give the group in which a code has its help; None when it has none."""
    return next((name for name, codes in GROUPS.items() if code in codes), None)


def address_of(code: str) -> str:
    """Give the address of a code's help page: the `type` of every problem with the code."""
    return f"/problems/{code}"
