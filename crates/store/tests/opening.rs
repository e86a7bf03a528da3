//! Opening a database: what is refused, and who may read the file.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

mod custody;

use sqlx::Connection as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use store::OpenError;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("sigill_store_{name}_{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    folder
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_files_and_servers_are_databases() {
    for url in ["", "mysql://host/db", "/tmp/file.db"] {
        assert!(matches!(store::open(url, custody::local()).await.err(), Some(OpenError::Scheme)), "{url}");
    }
    for url in ["sqlite::memory:", "sqlite:file?mode=memory"] {
        assert!(matches!(store::open(url, custody::local()).await.err(), Some(OpenError::NotAFile)), "{url}");
    }
    let absent = store::open("sqlite:///nonexistent/folder/file.db", custody::local()).await.err();
    assert!(matches!(absent, Some(OpenError::File { .. })));
}

#[tokio::test]
async fn the_file_is_its_owners_alone() {
    let folder = folder("mode");
    let file = folder.join("store.db");
    std::fs::write(&file, []).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let store = store::open(&format!("sqlite://{}", file.display()), custody::local()).await.unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&folder.join("store.db-wal")), 0o600);
    drop(store);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn tables_of_an_edited_migration_are_refused() {
    let folder = folder("edited");
    let url = format!("sqlite://{}", folder.join("store.db").display());
    drop(store::open(&url, custody::local()).await.unwrap());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(&mut connection).await.unwrap();
    assert!(matches!(store::open(&url, custody::local()).await.err(), Some(OpenError::Migrate(_))));
    std::fs::remove_dir_all(folder).unwrap();
}
