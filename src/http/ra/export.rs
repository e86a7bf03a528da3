//! `/ra/v1/exports`: whole lists as CSV or JSON, streamed.

use crate::app::App;
use crate::http::permit::{Path, Query};
use crate::http::problem::Problem;
use crate::service::export::{self, Export, List, Row};
use crate::service::permit::ExportLists;
use crate::service::{Permit, ServiceError};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream::try_unfold;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// What can be exported.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ListName {
    /// Applications.
    Enrolments,
    /// Cards.
    Cards,
    /// Certificates.
    Certificates,
    /// Who was given or ordered which package.
    Assignments,
}

impl From<ListName> for List {
    fn from(name: ListName) -> Self {
        match name {
            ListName::Enrolments => Self::Enrolments,
            ListName::Cards => Self::Cards,
            ListName::Certificates => Self::Certificates,
            ListName::Assignments => Self::Assignments,
        }
    }
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// UTF-8 with a byte order mark, semicolons between values, as spreadsheets in Sweden read it; a value that a
    /// spreadsheet would take for a formula begins with an apostrophe.
    #[default]
    Csv,
    /// A list of objects.
    Json,
}

/// How to export.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportForm {
    /// `csv` unless it is said.
    #[param(inline)]
    format: Option<Format>,
}

/// Exports a list of the agency, all of it. The export is recorded. An answer that breaks off is not complete.
#[utoipa::path(get, operation_id = "exportList", tag = "ra", path = "/ra/v1/exports/{list}",
    params(("list" = inline(ListName), Path,), ExportForm),
    responses((status = 200, headers(("Content-Disposition" = String, description = "Names the file.")), content(
        (String = "text/csv", example = "number;holder_id;state;bound_at\r\nSGL-2026-000123;0b6d5f6e2c1f4a0f8d9e3a7b5c4d2e1f;active;2026-11-20T12:00:00Z\r\n"),
        (Vec<BTreeMap<String, Option<String>>> = "application/json", example = json!([{"number": "SGL-2026-000123", "state": "active"}])),
    )), (status = "default", body = Problem)))]
pub async fn export(
    permit: Permit<ExportLists>,
    State(app): State<App>,
    Path(list): Path<ListName>,
    Query(form): Query<ExportForm>,
) -> Result<Response, Problem> {
    let (list, format) = (List::from(list), form.format.unwrap_or_default());
    let export = export::begin(&app, &permit, list).await?;
    let file = format!("attachment; filename=\"{}.{}\"", list.as_str(), format.extension());
    let mut response = Body::from_stream(pages(export, Writer { list, format, rows: 0 })).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers
        .insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&file).expect("a list's name is a word of letters"));
    Ok(response)
}

/// The text, a page of rows at a time: head, rows, end.
fn pages(export: Export, writer: Writer) -> impl futures::Stream<Item = Result<Bytes, ServiceError>> {
    try_unfold(Some((export, writer)), |state| async move {
        let Some((mut export, mut writer)) = state else { return Ok(None) };
        let rows = export.next().await.inspect_err(|error| tracing::error!(%error, "an export broke off"))?;
        let text = writer.text(&rows);
        let more = !rows.is_empty();
        Ok(Some((Bytes::from(text), more.then_some((export, writer)))))
    })
}

/// Writes rows as text.
struct Writer {
    list: List,
    format: Format,
    /// How many were written.
    rows: usize,
}

impl Writer {
    /// The rows, with the head before the first and the end after the last, which is no rows.
    fn text(&mut self, rows: &[Row]) -> String {
        let mut text = match (self.rows, self.format) {
            (0, Format::Csv) => format!("{BYTE_ORDER_MARK}{}", line(self.list.columns().iter().copied())),
            (0, Format::Json) => "[".to_owned(),
            _ => String::new(),
        };
        for row in rows {
            match self.format {
                Format::Csv => text.push_str(&line(row.iter().map(|value| value.as_deref().unwrap_or_default()))),
                Format::Json => {
                    text.push_str(if self.rows == 0 { "\n" } else { ",\n" });
                    text.push_str(&object(self.list.columns(), row).to_string());
                }
            }
            self.rows += 1;
        }
        if rows.is_empty() && self.format == Format::Json {
            text.push_str("\n]\n");
        }
        text
    }
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

fn object(columns: &[&str], row: &Row) -> Value {
    let pairs = columns.iter().zip(row).map(|(column, value)| ((*column).to_owned(), Value::from(value.clone())));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// A line of CSV (RFC 4180, but for its separator).
fn line<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let values: Vec<String> = values.map(harmless).collect();
    writer.write_record(&values).expect("a vector takes every record");
    let line = writer.into_inner().expect("a vector takes every record");
    String::from_utf8(line).expect("text stays text")
}

/// The value as no spreadsheet takes it for a formula.
fn harmless(value: &str) -> String {
    let begins_a_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if begins_a_formula { format!("'{value}") } else { value.to_owned() }
}

/// Without it Excel takes UTF-8 for something else.
const BYTE_ORDER_MARK: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: [Option<&str>; 4]) -> Row {
        values.map(|value| value.map(str::to_owned)).to_vec()
    }

    #[test]
    fn a_spreadsheet_finds_no_formula() {
        for (value, shown) in [
            ("=1+1", "'=1+1"),
            ("+46", "'+46"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("a;b", "\"a;b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=a;b", "\"'=a;b\""),
            ("Åsa", "Åsa"),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(line([value, "x"].into_iter()), format!("{shown};x\r\n"));
        }
    }

    #[test]
    fn a_list_has_a_head_and_an_end_once() {
        let rows = [row([Some("c1"), Some("p1"), Some("active"), None]), row([Some("c2"), Some("p2"), None, None])];
        let text = |format, pages: &[&[Row]]| {
            let mut writer = Writer { list: List::Cards, format, rows: 0 };
            pages.iter().map(|page| writer.text(page)).collect::<String>()
        };
        assert_eq!(
            text(Format::Csv, &[&rows[..1], &rows[1..], &[]]),
            "\u{feff}number;holder_id;state;bound_at\r\nc1;p1;active;\r\nc2;p2;;\r\n"
        );
        let json = text(Format::Json, &[&rows[..1], &rows[1..], &[]]);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json[1], serde_json::json!({"number": "c2", "holder_id": "p2", "state": null, "bound_at": null}));
        assert_eq!(text(Format::Csv, &[&[]]), "\u{feff}number;holder_id;state;bound_at\r\n");
        assert_eq!(text(Format::Json, &[&[]]), "[\n]\n");
    }
}
