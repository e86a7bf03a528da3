//! The ports over SQLite and PostgreSQL.
