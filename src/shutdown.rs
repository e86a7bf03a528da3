//! One signal that everything listens to when the service ends.

use tokio::sync::watch;

/// Tells whether the service is to end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown {
    asked: watch::Receiver<bool>,
}

/// Ends the service when told to, or when the last one is dropped.
#[derive(Debug, Clone)]
pub struct ShutdownHandle {
    ask: watch::Sender<bool>,
}

/// A connected pair.
pub fn shutdown() -> (ShutdownHandle, Shutdown) {
    let (ask, asked) = watch::channel(false);
    (ShutdownHandle { ask }, Shutdown { asked })
}

impl ShutdownHandle {
    /// Asks everything to end.
    pub fn request(&self) {
        self.ask.send_replace(true);
    }
}

impl Shutdown {
    /// The signal as a channel: true, or closed, when the end was asked for.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.asked.clone()
    }

    /// Returns when the end was asked for.
    pub async fn requested(&self) {
        let mut asked = self.asked.clone();
        // An error means that the handle is gone, which asks for the end too.
        let _ = asked.wait_for(|asked| *asked).await;
    }
}
