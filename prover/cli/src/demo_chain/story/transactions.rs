//! What is done again and again in the story, with the line that tells it.

use alloy_primitives::{Address, Bytes, U256};
use zkmargin_chain::abi::MarginVault::{self, Action, Agreement, Terms};
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
use super::amounts::{clock, dollars, short, usd};
use super::{Made, Story, DUE, GRACE, TOP_UP};

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
        let call = MarginVault::marginCallCall {
            terms: self.terms.clone(),
            due: dollars(DUE).saturating_to(),
            topUp: dollars(TOP_UP).saturating_to(),
        };
        let receipt = self
            .node
            .send(self.on.cast.beneficiary, self.on.vault, &call)?;
        let called = receipt.events::<MarginVault::MarginCalled>(self.on.vault);
        let end = called.first().map_or(0, |event| event.windowEnd);
        let (now, end) = (clock(receipt.time), clock(end));
        let what = format!(
            "calls margin at {now}: {} are due, or a deposit of {}; an answer by {end}",
            usd(DUE),
            usd(TOP_UP)
        );
        self.out.done("beneficiary", what, receipt.gas)
    }

    /// The pledge as the vault has it.
    pub(super) fn state(&self) -> Result<Agreement, CliError> {
        let call = MarginVault::agreementCall { id: self.id };
        Ok(self.node.call(self.on.vault, &call)?)
    }

    /// What the trader is about to prove under the pledge: a withdrawal of his, or an answer.
    pub(super) fn claim(&self, action: Action, amount: U256) -> Result<Claim, CliError> {
        let deal = self.state()?;
        let (recipient, number) = match action {
            Action::Answer => (Address::ZERO, deal.call),
            _ => (self.on.cast.trader, 0),
        };
        Ok(Claim {
            chain_id: self.on.chain_id,
            vault: self.on.vault,
            intent: Intent {
                id: self.id,
                action,
                amount,
                nonce: deal.nonce,
                deadline: self.node.time()? + GRACE,
                recipient,
                number,
            },
            ratio: self.terms.ratio,
            buffer: self.terms.margin,
        })
    }

    /// The line that only the trader sees.
    pub(super) fn own_view(&mut self, market: &Market, buffer: u128) -> Result<(), CliError> {
        let counted = self.counted.as_ref().map(|(account, _)| account);
        let positions = &counted.unwrap_or(self.scene.account()).positions;
        let policy = &self.scene.policy;
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
            "proves it in {:.1} s: {} bytes, bound to agreement, action, amount, recipient, nonce {}, \
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

pub(super) fn withdraw_call(terms: &Terms, made: &Made) -> MarginVault::withdrawCall {
    let intent = &made.claim.intent;
    MarginVault::withdrawCall {
        terms: terms.clone(),
        amount: intent.amount,
        to: intent.recipient,
        proof: made.claim.proof(0, 0, made.proof.clone()),
    }
}

pub(super) fn answer_call(terms: &Terms, made: &Made) -> MarginVault::answerCall {
    MarginVault::answerCall {
        terms: terms.clone(),
        proof: made.claim.proof(0, 0, made.proof.clone()),
    }
}
