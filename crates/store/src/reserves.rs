//! Reserve cards: their orders, and those that wait in envelopes.

use crate::Database;
use crate::engine::sql::insert;
use crate::engine::{Columns, Sql, Value};
use crate::enrolments;
use crate::writer::{Refusal, Statement};
use async_trait::async_trait;
use domain::changes::Stored;
use domain::enrolment::AnyEnrolment;
use domain::evidence::Signed;
use domain::ports::{Conflict, Reserves, StoreError};
use domain::reserve::StockedCard;
use domain::{CardNumber, PersonId, TenantId};

#[async_trait]
impl Reserves for Database {
    async fn stocked(&self, number: &CardNumber) -> Result<Option<(TenantId, Signed)>, StoreError> {
        let row = self.pool.fetch_optional(STOCKED, vec![Value::text(number)]).await?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of(&row, "reserve card");
        let (tenant, id): (TenantId, String) = (columns.parse()?, columns.take()?);
        let delivery = self.find_delivery(&tenant, &id).await?.ok_or(columns.corrupt())?;
        Ok(Some((tenant, delivery)))
    }

    async fn reserve_orders(
        &self,
        tenant: &TenantId,
        number: &CardNumber,
    ) -> Result<Vec<Stored<AnyEnrolment>>, StoreError> {
        let rows = self.pool.fetch(enrolments::RESERVE_ORDERS, vec![Value::text(tenant), Value::text(number)]).await?;
        rows.iter().map(|row| enrolments::enrolment(row, &self.keys)).collect()
    }

    async fn reserve_cards_of(&self, tenant: &TenantId, person: &PersonId) -> Result<Vec<CardNumber>, StoreError> {
        let rows = self.pool.fetch(CARDS_OF, vec![Value::text(tenant), Value::text(person)]).await?;
        rows.iter().map(|row| Columns::of(row, "reserve card").parse()).collect()
    }
}

/// The row of a card in its envelope.
pub(crate) fn stock_row(card: &StockedCard) -> Vec<Value> {
    vec![Value::text(&card.number), card.delivery.as_str().into(), Value::text(&card.tenant), card.at.into()]
}

/// The row of an order; none of an ordinary card's.
pub(crate) fn order_row(enrolment: &AnyEnrolment) -> Option<Vec<Value>> {
    let bare = enrolment.bare();
    let order = bare.reserve?;
    Some(vec![
        Value::text(&bare.tenant),
        Value::text(&bare.card),
        order.turn().into(),
        Value::text(&bare.id),
        Value::text(&bare.applicant),
        Value::text(&order.ordinary),
    ])
}

/// The same statement brought twice stays as it is.
pub(crate) static STOCK: Statement = Statement {
    point: "reserve-stock",
    batch: insert!(
        "reserve_stock",
        (1 number text, 2 delivery text, 3 tenant text, 4 at bigint),
        "ON CONFLICT (number, delivery) DO NOTHING"
    ),
    exists: Refusal::Conflict(Conflict::Exists("reserve card")),
    refers_to: "delivery",
    idle: None,
};

pub(crate) static ORDER: Statement = Statement {
    point: "reserve-order",
    batch: insert!(
        "reserve_order",
        (1 tenant text, 2 card text, 3 turn bigint, 4 enrolment text, 5 holder text, 6 ordinary text)
    ),
    exists: Refusal::Conflict(Conflict::Exists("reserve order")),
    refers_to: "enrolment or card",
    idle: None,
};

const STOCKED: Sql =
    Sql::both("SELECT tenant, delivery FROM reserve_stock WHERE number = $1 ORDER BY at DESC, delivery LIMIT 1");
const CARDS_OF: Sql =
    Sql::both("SELECT card FROM reserve_order WHERE tenant = $1 AND holder = $2 AND turn = 0 ORDER BY card");
