//! A wrong PIN is tried once.

use std::process::Command;

use hsm::{KeyRole, Pool, TokenState};
use pki::{KeyId, KeyKind, SignError};
use testkit::token::TokenFolder;

use crate::{config, config_through, usable, with_token};

#[test]
fn wrong_pin_is_tried_once_in_the_whole_process() {
    with_token("pins::wrong_pin_is_tried_once_in_the_whole_process", |folder| {
        let mut wrong = config_through(folder.fault_module().unwrap());
        wrong.pin = "0000000000".into();
        let pools = [Pool::open(wrong.clone()).unwrap(), Pool::open(wrong).unwrap()];
        for pool in &pools {
            let TokenState::Unusable { why } = pool.state() else { panic!("{:?}", pool.state()) };
            assert!(why.starts_with("PIN refused"), "{why}");
            let refused = crate::sign(pool, &KeyId::new("any"));
            assert!(matches!(refused, Err(SignError::Unavailable { .. })), "{refused:?}");
        }
        assert_eq!(folder.calls_of("C_Login").unwrap(), 1);
    });
}

/// A PIN that stopped being right while the pool ran is not hammered either.
#[test]
fn pin_that_became_wrong_is_tried_once_more() {
    with_token("pins::pin_that_became_wrong_is_tried_once_more", |folder| {
        let pool = usable(config_through(folder.fault_module().unwrap()));
        let key = KeyId::new("k");
        pool.generate(&key, KeyKind::EcP256, KeyRole::Holder).unwrap();
        folder.set_faults("C_Login rv 0xA0\nC_GetSessionInfo rv 0xB3\nC_SignInit rv 0xB3\n").unwrap();
        let before = folder.calls_of("C_Login").unwrap();
        assert!(crate::sign(&pool, &key).is_err());
        testkit::token::wait_until(
            "the PIN is refused",
            crate::RECOVERY,
            || matches!(pool.state(), TokenState::Unusable { why } if why.starts_with("PIN refused")),
        );
        folder.set_faults("").unwrap();
        let late = Pool::open(config_through(folder.fault_module().unwrap())).unwrap();
        assert!(matches!(late.state(), TokenState::Unusable { .. }));
        assert!(crate::sign(&pool, &key).is_err());
        assert_eq!(folder.calls_of("C_Login").unwrap(), before + 1);
    });
}

/// A login is shared by the process; another pool's PIN must not open the token for a wrong one.
#[test]
fn another_pools_login_opens_nothing_for_a_wrong_pin() {
    with_token("pins::another_pools_login_opens_nothing_for_a_wrong_pin", |_| {
        let right = usable(config());
        let mut wrong = config();
        wrong.pin = "0000000000".into();
        let wrong = Pool::open(wrong).unwrap();
        assert!(matches!(wrong.state(), TokenState::Unusable { .. }));
        right.probe().unwrap();
        assert!(wrong.probe().is_err());
    });
}

#[test]
fn two_pools_share_a_module_and_a_token() {
    let prepare = |folder: &TokenFolder, _: &mut Command| {
        folder.init(crate::TOKEN, crate::SO_PIN, crate::PIN)?;
        folder.init("second", crate::SO_PIN, "2222222222")
    };
    testkit::token::in_child("pins::two_pools_share_a_module_and_a_token", prepare, |_| {
        let one = usable(config());
        let same_token = usable(config());
        let mut other = config();
        other.token_label = "second".into();
        other.pin = "2222222222".into();
        let other = usable(other);

        let key = KeyId::new("k");
        let public = one.generate(&key, KeyKind::EcP256, KeyRole::OcspSigner).unwrap();
        assert_eq!(same_token.public_key(&key).unwrap(), public);
        assert!(matches!(crate::sign(&other, &key), Err(SignError::NoSuchKey { .. })));
        drop(one);
        crate::sign(&same_token, &key).unwrap();
        other.probe().unwrap();
    });
}
