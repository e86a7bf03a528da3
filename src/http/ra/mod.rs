//! `/ra/v1`: the registration authority of an agency.

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod bulk;
pub mod card;
pub mod card_view;
pub mod decision;
pub mod delivery;
pub mod enrolment;
pub mod erasure;
pub mod export;
pub mod function;
pub mod function_view;
pub mod hr;
pub mod notice;
pub mod package;
pub mod package_view;
pub mod person;
pub mod record;
pub mod reserve;
pub mod view;
pub mod work;

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(enrolment::submit, enrolment::list))
        .routes(routes!(enrolment::read))
        .routes(routes!(enrolment::prepare_identification))
        .routes(routes!(enrolment::identify))
        .routes(routes!(enrolment::approve))
        .routes(routes!(delivery::issue))
        .routes(routes!(delivery::issue_tray))
        .routes(routes!(reserve::stock))
        .routes(routes!(reserve::extend))
        .routes(routes!(reserve::prepare_second))
        .routes(routes!(reserve::second))
        .routes(routes!(enrolment::terms))
        .routes(routes!(enrolment::prepare_activation))
        .routes(routes!(enrolment::activate))
        .routes(routes!(card::list))
        .routes(routes!(card::certificates))
        .routes(routes!(export::export))
        .routes(routes!(card::read))
        .routes(routes!(card::revoke))
        .routes(routes!(card::revoke_person))
        .routes(routes!(card::revoke_certificate))
        .routes(routes!(function::request, function::list))
        .routes(routes!(function::work_list))
        .routes(routes!(function::read))
        .routes(routes!(function::prepare_order))
        .routes(routes!(function::order))
        .routes(routes!(function::approve))
        .routes(routes!(function::issue))
        .routes(routes!(function::hand_over))
        .routes(routes!(function::revoke))
        .routes(routes!(bulk::try_out))
        .routes(routes!(bulk::request))
        .routes(routes!(bulk::clear))
        .routes(routes!(bulk::read))
        .routes(routes!(bulk::items))
        .routes(routes!(package::list))
        .routes(routes!(package::order, package::assignments))
        .routes(routes!(package::decide))
        .routes(routes!(package::end))
        .routes(routes!(package::train))
        .routes(routes!(notice::record_address))
        .routes(routes!(notice::list))
        .routes(routes!(notice::retry))
        .routes(routes!(record::export))
        .routes(routes!(record::audit))
        .routes(routes!(person::search))
        .routes(routes!(person::end_employment))
        .routes(routes!(hr::begin))
        .routes(routes!(hr::change))
        .routes(routes!(hr::end))
        .routes(routes!(decision::read))
        .routes(routes!(decision::protect))
        .routes(routes!(erasure::ask))
        .routes(routes!(erasure::decide))
        .routes(routes!(work::list))
        .routes(routes!(work::close))
}
