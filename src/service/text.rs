//! Words that people write down, such as reasons and references.

use crate::service::ServiceError;

/// Accepts a line of 1 to `most` characters.
///
/// # Errors
/// [`ServiceError::Invalid`] for an empty or long one, or one with control characters.
pub(super) fn one_line(field: &'static str, text: &str, most: usize) -> Result<(), ServiceError> {
    let fits = (1..=most).contains(&text.chars().count());
    if !fits || text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(ServiceError::Invalid { field, problem: format!("1 to {most} characters, no line breaks") });
    }
    Ok(())
}

/// Longest reason or reference, in characters.
pub(super) const MAX_REASON: usize = 200;
