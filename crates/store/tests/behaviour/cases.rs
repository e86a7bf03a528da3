//! The list of cases, once for each engine.

macro_rules! cases {
    ($($module:ident :: $case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                crate::$module::$case(&crate::database::Database::sqlite().await).await;
            })*
        }
        mod postgres {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn the_store_comes_back_after_its_connections_died() {
                let database = crate::database::Database::postgres().await;
                crate::concurrency::the_store_comes_back_after_its_connections_died(&database).await;
                database.drop().await;
            }

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let database = crate::database::Database::postgres().await;
                crate::$module::$case(&database).await;
                database.drop().await;
            })*
        }
    };
}

cases! {
    people::people_are_found_as_they_were_written,
    people::known_people_and_agencies_are_conflicts,
    people::what_is_referred_to_must_exist,
    people::lists_go_on_after_a_key,
    agencies::steps_and_agreements_are_found_as_they_were_written,
    agencies::one_step_is_open_at_a_time_and_a_phase_is_entered_once,
    agencies::assignments_keep_every_stage,
    agencies::assignments_are_found_by_agency_and_by_person,
    agencies::nobody_decides_for_themselves_whoever_asks,
    agencies::what_was_decided_is_final,
    agencies::things_are_known_wherever_they_are,
    agencies::employments_end_once,
    agencies::a_hand_out_is_kept_once,
    agencies::many_revocations_are_one_act,
    enrolments::an_application_passes_every_stage,
    enrolments::dossiers_hold_what_an_issuance_rests_on,
    enrolments::a_stale_write_changes_nothing,
    enrolments::another_agency_sees_nothing,
    enrolments::an_approval_collects_signatures_and_is_used_once,
    enrolments::an_excluded_person_cannot_sign,
    reserves::a_reserve_card_has_one_order_and_one_extension,
    reserves::a_reserve_card_takes_a_second_identification,
    reserves::the_latest_stock_and_the_latest_code_count,
    functions::an_order_passes_every_stage,
    functions::who_orders_or_answers_does_not_approve,
    functions::functions_in_want_are_found,
    certificates::a_card_is_bound_once,
    certificates::an_intent_becomes_a_certificate,
    certificates::a_serial_is_used_once,
    certificates::a_key_has_one_owner_and_one_purpose,
    certificates::a_name_is_one_persons_for_ever,
    certificates::only_an_open_intent_gets_a_certificate,
    certificates::certificates_are_found_by_whom_they_are_for,
    certificates::an_agencys_cards_and_certificates_are_listed_page_by_page,
    status::a_revocation_is_final,
    status::the_journal_keeps_the_order_of_acceptance,
    status::crl_numbers_only_rise,
    status::a_revocation_withdraws_the_good_answer,
    status::answers_that_contradict_the_journal_are_dropped,
    status::due_answers_are_listed_until_published,
    policies::policies_follow_those_that_they_replace,
    keys::a_key_moves_from_the_state_that_it_has,
    logins::a_registration_is_in_force_when_somebody_else_approved_it,
    logins::token_keys_are_listed_newest_first,
    logins::a_ticket_is_used_once,
    logins::a_session_dies_with_its_card,
    requests::a_request_is_done_once_under_its_key,
    audit::a_change_and_its_record_commit_together,
    audit::erasure_leaves_the_chain_valid,
    audit::the_log_survives_a_new_start,
    concurrency::one_conflict_does_not_touch_the_others,
    concurrency::the_chain_is_whole_after_many_writers,
    concurrency::two_stores_share_one_database,
    concurrency::a_failed_write_changes_nothing_at_any_point,
    concurrency::a_full_queue_is_busy_and_what_waits_shares_transactions,
    tables::the_tables_hold_the_four_eyes_rule,
    tables::journals_are_append_only,
    tables::recorded_stages_are_final,
    registry::a_new_number_is_the_same_persons,
    registry::what_a_register_said_is_kept,
    registry::work_waits_until_it_is_done_once,
    registry::the_policies_of_a_moment_are_known,
    sealed::a_dump_names_nobody,
    sealed::without_the_token_everything_but_personal_data_goes_on,
    sealed::a_value_that_was_moved_does_not_open,
}
