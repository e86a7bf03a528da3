//! Processes that are killed under load: at random moments, and at every named point of a write.

mod points;
mod random;
