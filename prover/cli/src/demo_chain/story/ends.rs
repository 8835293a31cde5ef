//! Prices fall, nobody answers, and what is due is taken.

use alloy_primitives::U256;
use zkmargin_chain::abi::MarginVault::{self, Action, CallLapsed, Collected, Seized};
use zkmargin_chain::abi::TestToken;
use zkmargin_prover::error::ProverError;

use super::super::super::error::CliError;
use super::amounts::{clock, in_dollars, whole};
use super::transactions::{answer_call, refusal};
use super::{Made, Story, CRASH};

/// The venue's last epoch.
const LAST_BOOK: u64 = 1;

impl Story<'_> {
    pub(super) fn crash(&mut self, earlier: &Made) -> Result<(), CliError> {
        self.out.step("The crash")?;
        self.out.say(
            "Spot falls by 30%, volatility rises, and the lender calls again. The venue has published \
             nothing for longer than its books are good for.",
        )?;
        let market = self.scene.market_after(CRASH, true)?;
        self.record(&market, 5)?;
        self.call_margin()?;
        // A market that is not before the call.
        let market = self.scene.market_after(CRASH + 60, true)?;
        self.record(&market, 5)?;
        let claim = self.claim(Action::Answer, U256::ZERO)?;
        self.own_view(&market, claim.buffer)?;
        match self.trader()?.prove(&market, &claim.request()) {
            Err(ProverError::Short { missing, .. }) => self.out.off_chain_refused(
                "prover",
                format!("makes no proof: {} USD are missing", whole(&missing)),
            )?,
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(CliError::Demo("a short account was proven".to_owned())),
        }
        self.out.say(
            "Silence of the venue takes nothing from a trader who can prove: the window waits for it, \
             and once its first length is over, the last book and the last market count for an answer, \
             whatever their age.",
        )?;
        let called = self.state()?.calledAt.to::<u64>();
        let waited = called + u64::from(self.terms.window) + 1;
        self.node.pass(waited - self.node.time()?)?;
        // His own deadline has passed, so the trader claims a later one.
        let mut stale = answer_call(&self.terms, earlier);
        stale.proof.deadline = waited + super::GRACE;
        stale.proof.epoch = LAST_BOOK;
        let refused = refusal(self.node.send(self.on.cast.trader, self.on.vault, &stale))?;
        self.refused("trader", "sends the proof of his first answer", &refused)?;
        self.out.learned(
            "the trader",
            "how much is missing, and under which scenario",
        )?;
        self.out
            .learned("everyone else", "nothing until the window has passed")
    }

    pub(super) fn seizure(&mut self) -> Result<(), CliError> {
        self.out.step("The window passes")?;
        let (vault, cast, terms) = (self.on.vault, self.on.cast, self.terms.clone());
        let lapse = MarginVault::recordLapseCall {
            terms: terms.clone(),
            epochs: vec![LAST_BOOK],
        };
        let refused = refusal(self.node.send(cast.beneficiary, vault, &lapse))?;
        self.refused("beneficiary", "wants a lapse on record at once", &refused)?;
        let windows = MarginVault::windowEndCall {
            terms: terms.clone(),
            epochs: vec![LAST_BOOK],
        };
        let end = self.node.call(vault, &windows)?;
        let now = self.node.pass(end + 1 - self.node.time()?)?;
        self.out.off_chain(
            "time",
            format!("passes to {}, beyond all patience", clock(now)),
        )?;
        let receipt = self.node.send(cast.stranger, vault, &lapse)?;
        if receipt.events::<CallLapsed>(vault).is_empty() {
            return Err(CliError::Demo("no lapse on record".to_owned()));
        }
        let what = "puts the lapse on record, as anyone may";
        self.out.done("stranger", what, receipt.gas)?;
        let to = cast.beneficiary;
        let seize = MarginVault::seizeCall {
            terms: terms.clone(),
            to,
        };
        let receipt = self.node.send(cast.beneficiary, vault, &seize)?;
        let seized = receipt.events::<Seized>(vault);
        let amount = seized.first().map_or(U256::ZERO, |event| event.amount);
        let what = format!("seizes the {} USD that are due", in_dollars(amount));
        self.out.done("beneficiary", what, receipt.gas)?;
        let to = cast.refund;
        let collect = MarginVault::collectCall { terms, to };
        let receipt = self.node.send(cast.refund, vault, &collect)?;
        let collected = receipt.events::<Collected>(vault);
        let amount = collected.first().map_or(U256::ZERO, |event| event.amount);
        let what = format!("collects the rest, {} USD", in_dollars(amount));
        self.out.done("refund", what, receipt.gas)?;
        let known = "that the trader did not answer; not by how much he was short";
        self.out.learned("everyone", known)
    }

    pub(super) fn conclusion(&mut self) -> Result<(), CliError> {
        self.out.step("Where the dollars are")?;
        let cast = self.on.cast;
        let holders = [
            ("trader", cast.trader),
            ("refund", cast.refund),
            ("beneficiary", cast.beneficiary),
            ("vault", self.on.vault),
        ];
        for (name, account) in holders {
            let balance = self
                .node
                .call(self.on.token, &TestToken::balanceOfCall { account })?;
            self.out
                .off_chain(name, format!("has {} USD", in_dollars(balance)))?;
        }
        Ok(())
    }
}
