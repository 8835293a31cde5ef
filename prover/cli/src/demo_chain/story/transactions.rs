//! What is done again and again in the story, with the line that tells it.

use alloy_primitives::{Address, Bytes, U256};
use zkmargin_chain::abi::MarginVault::{self, Action};
use zkmargin_chain::abi::MarketOracle;
use zkmargin_chain::binding::Intent;
use zkmargin_chain::node::Receipt;
use zkmargin_chain::revert::Reverted;
use zkmargin_chain::trader::Claim;
use zkmargin_chain::ChainError;
use zkmargin_desk::report::{grouped, grouped_size, Subject};
use zkmargin_engine::account::Entries;
use zkmargin_engine::market::Market;
use zkmargin_engine::risk::evaluate;
use zkmargin_prover::prove::Timing;

use super::super::super::console;
use super::super::super::error::CliError;
use super::amounts::{clock, short};
use super::{Made, Story, GRACE};

impl Story<'_> {
    /// Two signers sign, the relayer records: so many seconds after the market's time.
    pub(super) fn record(&mut self, market: &Market, delay: u64) -> Result<(), CliError> {
        self.node.set_next_time(u64::from(market.time()) + delay)?;
        let receipt = self.on.record(self.node, market)?;
        let recorded = receipt.events::<MarketOracle::MarketRecorded>(self.on.oracle);
        let digest = recorded.first().map_or(U256::ZERO, |event| event.digest);
        self.out.done(
            "relayer",
            format!(
                "records the market of {}: {}",
                clock(market.time().into()),
                short(digest.into())
            ),
            receipt.gas,
        )
    }

    pub(super) fn call_margin(&mut self) -> Result<(), CliError> {
        let call = MarginVault::marginCallCall { id: self.id };
        let receipt = self
            .node
            .send(self.on.cast.beneficiary, self.on.vault, &call)?;
        let called = receipt.events::<MarginVault::MarginCalled>(self.on.vault);
        let end = called.first().map_or(0, |event| event.windowEnd);
        let (now, end) = (clock(receipt.time), clock(end));
        let what = format!("calls margin at {now}; an answer is due by {end}");
        self.out.done("beneficiary", what, receipt.gas)
    }

    pub(super) fn required(&self, amount: U256) -> Result<u128, CliError> {
        let call = MarginVault::requiredBufferCall {
            id: self.id,
            amount,
        };
        Ok(self.node.call(self.on.vault, &call)?.saturating_to())
    }

    /// What the trader is about to prove.
    pub(super) fn claim(
        &self,
        action: Action,
        amount: U256,
        buffer: u128,
    ) -> Result<Claim, CliError> {
        let vault = self.on.vault;
        let deal = self
            .node
            .call(vault, &MarginVault::agreementCall { id: self.id })?;
        Ok(Claim {
            chain_id: self.on.chain_id,
            vault,
            intent: Intent {
                caller: self.on.cast.trader,
                id: self.id,
                action,
                amount,
                nonce: deal.nonce,
                deadline: self.node.time()? + GRACE,
            },
            ratio: self.terms.ratio,
            buffer,
        })
    }

    /// The line that only the trader sees.
    pub(super) fn own_view(&mut self, market: &Market, buffer: u128) -> Result<(), CliError> {
        let (policy, positions) = (&self.scene.policy, &self.scene.account().positions);
        let evaluation = evaluate(policy, market, positions)?;
        let ratio_bp = self.terms.ratio;
        let subject = Subject {
            policy,
            market,
            positions,
            entries: &Entries::new(),
            evaluation: &evaluation,
            ratio_bp,
            buffer,
        };
        let left = match subject.deficit() {
            Some(_) => "too little",
            None => "enough",
        };
        self.out.off_chain(
            "trader",
            format!(
                "sees for himself: equity {}, initial margin {}, worst {}; {left} for {} more",
                grouped(evaluation.equity, 8, 0),
                grouped(evaluation.initial_margin, 8, 0),
                subject.worst(),
                grouped_size(buffer, 8, 0)
            ),
        )
    }

    pub(super) fn prove(&mut self, market: &Market, claim: Claim) -> Result<Made, CliError> {
        let request = claim.request();
        let trader = self.trader()?;
        let work = || trader.prove(market, &request);
        let (proof, timing): (Bytes, Timing) = console::working("Proving", work)?;
        let what = format!(
            "proves it in {:.1} s: {} bytes, bound to caller, agreement, action, amount, nonce {}, \
             deadline {}",
            (timing.witness + timing.proof).as_secs_f64(),
            proof.len(),
            claim.intent.nonce,
            clock(claim.intent.deadline)
        );
        self.out.off_chain("prover", what)?;
        Ok(Made { claim, proof })
    }

    pub(super) fn refused(
        &mut self,
        who: &str,
        what: impl Into<String>,
        refused: &Reverted,
    ) -> Result<(), CliError> {
        let by = self.name(refused.by);
        let what = format!("{}: {by} refuses, {}", what.into(), refused.revert.name());
        self.out.refused(who, what, refused.gas)
    }

    pub(super) fn name(&self, address: Address) -> String {
        let known = self.on.name_of(address).map(str::to_owned);
        known.unwrap_or_else(|| address.to_string())
    }
}

/// The refusal that was expected.
pub(super) fn refusal(sent: Result<Receipt, ChainError>) -> Result<Reverted, CliError> {
    match sent {
        Err(ChainError::Reverted(refused)) => Ok(*refused),
        Err(error) => Err(error.into()),
        Ok(_) => Err(CliError::Demo(
            "the vault took what it must refuse".to_owned(),
        )),
    }
}

pub(super) fn withdraw_call(made: &Made) -> MarginVault::withdrawCall {
    let intent = &made.claim.intent;
    MarginVault::withdrawCall {
        id: intent.id,
        amount: intent.amount,
        buffer: made.claim.buffer_word(),
        deadline: intent.deadline,
        proof: made.proof.clone(),
    }
}

pub(super) fn answer_call(made: &Made) -> MarginVault::answerCall {
    let intent = &made.claim.intent;
    MarginVault::answerCall {
        id: intent.id,
        buffer: made.claim.buffer_word(),
        deadline: intent.deadline,
        proof: made.proof.clone(),
    }
}
