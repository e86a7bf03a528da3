//! PINs of tokens: in a file, or split among the custodians.

use super::{Ceremony, Error};
use crate::ceremony::files;
use crate::ceremony::step::Step;
use crate::ceremony::tokens::{self, NewPin};
use crate::signer::unlock::shared_pin::SharedPin;
use secrecy::SecretString;
use std::path::PathBuf;

impl Ceremony<'_> {
    /// The PIN of a token; drawn if there is none. One that is split is on no disk: after an interruption the custodians
    /// open it with their codes.
    pub(super) fn pin_of(&mut self, token: &str) -> Result<NewPin, Error> {
        let file = self.pin_file(token);
        if !self.script.is_split(token) {
            return tokens::pin_in_file(&file, token, &self.entropy);
        }
        if file.exists() {
            return Ok(NewPin { pin: self.regain(&SharedPin::read(&file)?)?, begun: true });
        }
        let pin = tokens::random_pin(&self.entropy);
        let custodians = self.script.custodians().filter_map(|one| Some((one.id.as_str(), one.share_key.as_ref()?)));
        let custodians: Vec<_> = custodians.collect();
        let shared = SharedPin::split(&pin, token, &custodians, self.script.custodians_needed, &self.entropy)?;
        files::private(&file, shared.to_json())?;
        Ok(NewPin { pin, begun: false })
    }

    /// Brings the PIN of a token from an earlier ceremony here, in the form in which it was kept there.
    pub(super) fn bring_pin(&self, token: &str) -> Result<(), Error> {
        let Some(earlier) = &self.earlier else { return Ok(()) };
        let file = self.pin_file(token);
        let name = file.strip_prefix(self.layout.data()).unwrap_or(&file);
        Ok(files::private(&file, files::read(&earlier.layout.data().join(name))?)?)
    }

    /// Where a token's PIN is, or the custodians' shares of it.
    fn pin_file(&self, token: &str) -> PathBuf {
        let of_signer = [&self.script.tokens.root, &self.script.tokens.authorities].iter().any(|own| *own == token);
        match (self.script.is_split(token), of_signer) {
            (true, _) => self.layout.signer_shares(token),
            (false, true) => self.layout.signer_pin(token),
            (false, false) => self.layout.pin(token),
        }
    }

    fn regain(&mut self, split: &SharedPin) -> Result<SecretString, Error> {
        let (token, needed) = (&split.token, usize::from(split.needed));
        self.desk.say(&format!("\nToken {token} is there already; {needed} custodians open it again.\n"))?;
        let mut shares = Vec::new();
        for custodian in self.script.custodians() {
            if shares.len() == needed {
                break;
            }
            if let Some(code) = self.desk.ask(custodian, Step::Keys)? {
                let share = split.open_share(&custodian.id, &code.share_opener());
                shares.push(share.map_err(|_| Error::WrongCode { participant: custodian.id.clone() })?);
            }
        }
        if shares.len() < needed {
            let missing = format!("{} of {needed} custodians opened the token {token}", shares.len());
            return Err(Error::Unconfirmed { step: Step::Keys, missing });
        }
        Ok(split.join(shares.iter())?)
    }
}
