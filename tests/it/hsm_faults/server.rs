//! An HSM in a process of its own, reached through p11-kit: killed with its children, stopped, continued.

use super::trial::Trial;
use crate::support::{Installation, wait};
use hsm::Module;
use std::cell::RefCell;
use std::time::Duration;
use testkit::token::TokenServer;

/// The server dies, comes back, hangs, goes on, and dies while it hangs.
#[tokio::test(flavor = "multi_thread")]
async fn hsm_server_that_dies_or_hangs_is_survived_in_the_same_processes() {
    let mut installation = Installation::start("hsm-server");
    installation.stop();
    let socket = installation.folder().join("p11.sock");
    let tokens = vec![("SOFTHSM2_CONF", installation.data().join("softhsm2.conf").into())];
    let module = Module::Auto.locate().unwrap();
    // The server is used from one place at a time.
    let server = RefCell::new(TokenServer::start_at(socket.clone(), &module, tokens).unwrap());
    // The service's own token opens the data keys by ECDH, which p11-kit 0.24 does not carry to its server.
    super::load_signer_module(&installation, &TokenServer::client_module().unwrap());
    let address = format!("unix:path={}", socket.display());
    installation.set_environment(&[("P11_KIT_SERVER_ADDRESS", &address)]);
    installation.run();

    let mut trial = Trial::begin(installation, 4).await;
    let kill = async || server.borrow_mut().kill().unwrap();
    let stop = async || server.borrow().signal("STOP").unwrap();
    for name in ["killed", "killed again"] {
        let again = async || {
            wait(Duration::from_secs(1)).await;
            server.borrow_mut().start_again().unwrap();
        };
        trial.trouble(name, kill, again).await;
    }
    trial.trouble("stopped", stop, async || server.borrow().signal("CONT").unwrap()).await;
    let replace = async || {
        let mut server = server.borrow_mut();
        server.kill().unwrap();
        server.start_again().unwrap();
    };
    trial.trouble("stopped, then killed", stop, replace).await;
    trial.end().await;
}
