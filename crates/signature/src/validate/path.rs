//! Chains from the certificate to an anchor, the most promising first.

use super::budget::{Budget, Exhausted};
use super::candidate::{Candidate, Place};
use super::request::Request;
use std::collections::HashMap;

/// A search in depth, one chain at a time. Where there is a choice, the signature decides it.
pub(super) struct Paths<'a> {
    all: &'a [Candidate<'a>],
    /// For each certificate of the chain in the making.
    untried: Vec<Untried>,
    chain: Vec<usize>,
    signed: HashMap<(usize, usize), bool>,
    most_intermediates: Option<u32>,
    started: bool,
}

/// Issuers that were not tried yet.
struct Untried {
    issuers: Vec<usize>,
    /// There was one from the beginning. It is taken at its word, since the signatures of the whole chain are verified in
    /// the end.
    sole: bool,
}

impl<'a> Paths<'a> {
    pub(super) fn new(all: &'a [Candidate<'a>], request: &Request) -> Self {
        let (untried, chain, signed) = (Vec::new(), Vec::new(), HashMap::new());
        Self { all, untried, chain, signed, most_intermediates: request.max_depth, started: false }
    }

    /// The next chain that ends in an anchor, the leaf first; none if there is no other.
    ///
    /// # Errors
    /// [`Exhausted`] if looking for it costs more than is left.
    pub(super) fn next(&mut self, budget: &mut Budget) -> Result<Option<Vec<&'a Candidate<'a>>>, Exhausted> {
        if !self.started {
            self.started = true;
            if let Some(anchor) = self.leaf_as_anchor() {
                return Ok(Some(vec![anchor]));
            }
            self.chain.push(LEAF);
            self.untried.push(self.issuers(LEAF));
        }
        while let Some(untried) = self.untried.last_mut() {
            let sole = untried.sole;
            let Some(issuer) = untried.issuers.pop() else {
                self.untried.pop();
                self.chain.pop();
                continue;
            };
            budget.spend_step()?;
            let subject = *self.chain.last().expect("as long as the stack of untried issuers");
            if self.chain.len() >= budget.depth() || !(sole || self.is_signed(issuer, subject, budget)?) {
                continue;
            }
            if self.all[issuer].place == Place::Anchor {
                budget.spend_chain()?;
                let chain = self.chain.iter().chain([&issuer]);
                return Ok(Some(chain.map(|index| &self.all[*index]).collect()));
            }
            if self.may_go_through(issuer) {
                self.chain.push(issuer);
                self.untried.push(self.issuers(issuer));
            }
        }
        Ok(None)
    }

    /// A certificate that is itself trusted needs no issuer.
    fn leaf_as_anchor(&self) -> Option<&'a Candidate<'a>> {
        let same = |other: &&Candidate| other.place == Place::Anchor && other.der == self.all[LEAF].der;
        self.all.iter().find(same)
    }

    /// Who may have issued a certificate; popped from the end, so anchors stand last.
    fn issuers(&self, subject: usize) -> Untried {
        let may = |index: &usize| *index != subject && self.all[*index].may_have_issued(&self.all[subject]);
        let (anchors, others): (Vec<usize>, Vec<usize>) =
            (LEAF + 1..self.all.len()).filter(may).partition(|index| self.all[*index].place == Place::Anchor);
        let issuers: Vec<usize> = others.into_iter().rev().chain(anchors.into_iter().rev()).collect();
        Untried { sole: issuers.len() == 1, issuers }
    }

    fn is_signed(&mut self, issuer: usize, subject: usize, budget: &mut Budget) -> Result<bool, Exhausted> {
        if let Some(known) = self.signed.get(&(issuer, subject)) {
            return Ok(*known);
        }
        budget.spend_signature()?;
        let signed = self.all[issuer].signed(&self.all[subject]);
        self.signed.insert((issuer, subject), signed);
        Ok(signed)
    }

    /// Whether the chain may go on through this certificate: not one that it went through (RFC 4158 clause 5.2: name and
    /// key), nor one too many.
    fn may_go_through(&self, issuer: usize) -> bool {
        let new = &self.all[issuer].parsed.tbs_certificate;
        let again = self.chain.iter().any(|index| {
            let old = &self.all[*index].parsed.tbs_certificate;
            old.subject.as_raw() == new.subject.as_raw() && old.subject_pki.raw == new.subject_pki.raw
        });
        let intermediates = self.chain.iter().skip(1).chain([&issuer]);
        let counted = intermediates.filter(|index| !self.all[**index].is_self_issued()).count();
        !again && self.most_intermediates.is_none_or(|most| counted <= most as usize)
    }
}

const LEAF: usize = 0;
