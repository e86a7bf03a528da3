//! The lives of CA keys.

use crate::database::Database;
use crate::world::{assert_stale, at, key_stage, write};
use domain::changes::Write;
use domain::key::KeyState;

pub(crate) async fn a_key_moves_from_the_state_that_it_has(database: &Database) {
    let store = &*database.store;
    assert!(store.key_lives().await.unwrap().is_empty());
    let generated = key_stage("ca", None, KeyState::Generated);
    write(store, [Write::KeyStage(generated.clone()), Write::KeyStage(key_stage("other", None, KeyState::Active))])
        .await
        .unwrap();
    let active = key_stage("ca", Some(KeyState::Generated), KeyState::Active);
    write(store, [Write::KeyStage(active.clone())]).await.unwrap();
    assert_stale(write(store, [Write::KeyStage(active)]).await);
    assert_stale(write(store, [Write::KeyStage(generated)]).await);

    let mut ended = key_stage("ca", Some(KeyState::Active), KeyState::StatusOnly);
    ended.compromised = true;
    write(store, [Write::KeyStage(ended)]).await.unwrap();
    let lives = store.key_lives().await.unwrap();
    assert_eq!(lives["ca"].state(), KeyState::StatusOnly);
    assert_eq!(lives["ca"].stages().len(), 3);
    assert_eq!((lives["ca"].compromised(), lives["other"].compromised()), (Some(at(90)), None));
    let mut unapproved = key_stage("ca", Some(KeyState::StatusOnly), KeyState::Retired);
    unapproved.approval = None;
    assert!(write(store, [Write::KeyStage(unapproved)]).await.is_err(), "only what a ceremony left has no approval");
}
