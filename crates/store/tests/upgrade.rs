//! Tables of an older program, brought to this version with what is in them.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

mod custody;

use domain::access::Role;
use domain::assignment::AnyAssignment;
use domain::onboarding::{Phase, Scope, Standing};
use domain::packages::Packages;
use domain::ports::Store;
use domain::rights::{Held, Rights};
use pki::time::UtcTime;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection as _, SqlSafeStr as _};

/// The migrations before agencies had phases and people had packages.
macro_rules! before_agencies {
    ($engine:literal) => {
        [
            (1, "spine", include_str!(concat!("../migrations/", $engine, "/0001_spine.sql"))),
            (2, "policies", include_str!(concat!("../migrations/", $engine, "/0002_policies.sql"))),
        ]
    };
}

/// An agency with an approver, as they were recorded then.
const CONTENT: &str = "INSERT INTO tenant VALUES ('a', 'Agency', '2021006883'); \
    INSERT INTO person VALUES ('anna', '189001019802', 'Anna', 'Test'); \
    INSERT INTO employment VALUES ('a', 'anna', 1000); \
    INSERT INTO role_grant VALUES ('a', 'anna', 'approver', 1000); \
    INSERT INTO approval VALUES ('a', 'p1', 'about 189001019802', 'approver', 1, 2000, NULL, 1);";
const STORED: &str = "SELECT p.identity_number || p.given_name || p.surname || a.operation FROM person p, approval a";
const CHANGE: &str = "UPDATE approval SET operation = 'x'";
const POLICY: &str = include_str!("../../../policies/access/packages.toml");

fn migrator(migrations: [(i64, &'static str, &'static str); 2]) -> Migrator {
    let made = migrations.map(|(version, name, text)| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(made.into())
}

/// What stood in clear is sealed, found as before, and as final as before.
async fn check_sealed(store: &dyn Store, clear: &str, change: Result<(), String>) {
    let anna = store.person_by_identity(&"189001019802".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((anna.id.as_str(), anna.display_name().as_str()), ("anna", "Anna Test"));
    let approval = store.approval(&"a".parse().unwrap(), &"p1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(approval.value.operation, "about 189001019802");
    assert!(!clear.contains("189001019802") && !clear.contains("Anna"), "{clear}");
    assert!(change.unwrap_err().contains("final: approval"), "the triggers are back");
}

/// Nobody loses a role and no agency its place; what was never on file is missing.
async fn check(store: &dyn Store) {
    let (tenant, anna) = ("a".parse().unwrap(), "anna".parse().unwrap());
    let assignments: Vec<AnyAssignment> =
        store.assignments_of(&anna).await.unwrap().into_iter().map(|row| row.value).collect();
    let trainings = store.trainings_of(&tenant, &anna).await.unwrap();
    let held = Held { assignments: &assignments, trainings: &trainings };
    let now = UtcTime::from_unix(2000);
    let rights = Rights::of(&Packages::from_toml(POLICY).unwrap(), &tenant, &held, now);
    assert_eq!(rights.roles(now), [Role::Approver].into());

    let agency = store.tenant(&tenant).await.unwrap().unwrap();
    let moves: Vec<_> = store.moves(&tenant).await.unwrap().into_iter().map(|row| row.value).collect();
    let standing = Standing::of(agency, &moves, &store.agreements(&tenant).await.unwrap(), (now, true));
    assert!(Scope::ALL.iter().all(|scope| standing.phase(*scope) == Some(Phase::Kora)));
    assert!(!standing.is_agreed(), "an agreement is to be put on file");
}

#[tokio::test]
async fn roles_become_packages_on_sqlite() {
    let folder = std::env::temp_dir().join(format!("sigill_store_upgrade_{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("store.db");
    std::fs::write(&file, []).unwrap();
    let url = format!("sqlite://{}", file.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    migrator(before_agencies!("sqlite")).run(&mut connection).await.unwrap();
    sqlx::raw_sql(CONTENT).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let store = store::open(&url, custody::local()).await.unwrap();
    check(&*store).await;
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let clear: String = sqlx::query_scalar(STORED).fetch_one(&mut connection).await.unwrap();
    let change = sqlx::query(CHANGE).execute(&mut connection).await;
    check_sealed(&*store, &clear, change.map(drop).map_err(|error| error.to_string())).await;
    drop((store, connection));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn roles_become_packages_on_postgres() {
    let admin = std::env::var("SIGILL_TEST_POSTGRES").expect("`cargo xtask test` starts a server and names it");
    let name = format!("sigill_store_upgrade_{}", std::process::id());
    let mut server = sqlx::PgConnection::connect(&admin).await.unwrap();
    let administer = |sql: String| sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
    administer(format!("CREATE DATABASE {name}")).execute(&mut server).await.unwrap();
    let url = format!("{}/{name}", admin.rsplit_once('/').unwrap().0);
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    migrator(before_agencies!("postgres")).run(&mut connection).await.unwrap();
    sqlx::raw_sql(CONTENT).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let store = store::open(&url, custody::local()).await.unwrap();
    check(&*store).await;
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let clear: String = sqlx::query_scalar(STORED).fetch_one(&mut connection).await.unwrap();
    let change = sqlx::query(CHANGE).execute(&mut connection).await;
    check_sealed(&*store, &clear, change.map(drop).map_err(|error| error.to_string())).await;
    drop((store, connection));
    administer(format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut server).await.unwrap();
}
