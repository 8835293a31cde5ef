//! An agreement with a lender: opened, withdrawn from, called and answered.

use alloy_primitives::U256;
use zkmargin_chain::abi::MarginVault::{self, Action, Terms};
use zkmargin_chain::abi::TestToken;
use zkmargin_desk::report::grouped;
use zkmargin_desk::scene::START;
use zkmargin_engine::market::Market;

use super::super::super::error::CliError;
use super::amounts::{clock, dollars, short, usd};
use super::transactions::{answer_call, refusal, withdraw_call};
use super::{Made, Story, FIRST_CALL, FLOOR, MARGIN, SECOND_MARKET, STAKE, WITHDRAWN};

impl Story<'_> {
    pub(super) fn pledge(&mut self) -> Result<(), CliError> {
        self.out.step("A pledge to a lender")?;
        self.out.say(format!(
            "The trader pledges {} dollars. {} of them are the floor: it leaves by the lender's act \
             alone, and a loan is made against it. What is above it goes on a proof that the account \
             has {} dollars more than its initial margin, and secures nobody. On chain the trader is a \
             nullifier: a hash of his secret, of this vault's scope and of the number of his account. \
             He has {} minutes to answer a margin call.",
            grouped(STAKE.into(), 0, 0),
            grouped(FLOOR.into(), 0, 0),
            grouped(MARGIN.into(), 0, 0),
            self.terms.window / 60
        ))?;
        let terms = self.terms.clone();
        self.opened("beneficiary", &terms, STAKE)?;
        self.out.learned(
            "everyone",
            "terms, nullifier, collateral; not which account it is",
        )
    }

    /// Opens an agreement, and the trader deposits so many dollars.
    pub(super) fn opened(&mut self, who: &str, terms: &Terms, stake: u64) -> Result<(), CliError> {
        let (vault, cast, terms) = (self.on.vault, self.on.cast, terms.clone());
        let id = zkmargin_chain::binding::agreement_id(&terms);
        let open = MarginVault::openCall {
            terms: terms.clone(),
        };
        let receipt = self.node.send(terms.beneficiary, vault, &open)?;
        let what = format!("opens {}", short(id));
        self.out.done(who, what, receipt.gas)?;
        let amount = dollars(stake);
        let (to, spender, value) = (cast.trader, vault, amount);
        let mint = TestToken::mintCall { to, amount };
        self.node.send(cast.deployer, self.on.token, &mint)?;
        let approve = TestToken::approveCall { spender, value };
        let receipt = self.node.send(cast.trader, self.on.token, &approve)?;
        self.out.done("trader", "approves the vault", receipt.gas)?;
        let deposit = MarginVault::depositCall { terms, amount };
        let receipt = self.node.send(cast.trader, vault, &deposit)?;
        let what = format!("deposits {}, and accepts the terms with it", usd(stake));
        self.out.done("trader", what, receipt.gas)
    }

    pub(super) fn withdrawal(&mut self, market: &Market) -> Result<Made, CliError> {
        self.out.step("A withdrawal on a proof")?;
        self.out.say(format!(
            "The trader wants {} dollars back, from above the floor. They are in no venue's book, so he \
             shows that his account does without them. The proof names who is paid: whoever sends it \
             changes nothing.",
            grouped(WITHDRAWN.into(), 0, 0)
        ))?;
        let claim = self.claim(Action::Withdraw, dollars(WITHDRAWN))?;
        self.own_view(market, claim.buffer)?;
        let made = self.prove(market, claim)?;
        let withdraw = withdraw_call(&self.terms, &made);
        let (vault, cast) = (self.on.vault, self.on.cast);
        let mut stolen = withdraw.clone();
        stolen.to = cast.stranger;
        let refused = refusal(self.node.send(cast.stranger, vault, &stolen))?;
        self.refused(
            "stranger",
            "copies the transaction, with himself as recipient",
            &refused,
        )?;
        let receipt = self.node.send(cast.stranger, vault, &withdraw)?;
        self.out.done(
            "stranger",
            format!(
                "sends it as it is: the trader has {}; {} bytes of calldata",
                usd(WITHDRAWN),
                receipt.input_bytes
            ),
            receipt.gas,
        )?;
        self.out.learned(
            "everyone",
            format!(
                "an account in this book, with this nullifier, has at this market {} USD more than \
                 its initial margin",
                grouped(MARGIN.into(), 0, 0)
            ),
        )?;
        self.out.learned(
            "nobody",
            "its positions, equity, margin, leaf or place in the book",
        )?;
        Ok(made)
    }

    pub(super) fn replay(&mut self, made: &Made) -> Result<(), CliError> {
        self.out.step("The same proof again")?;
        let again = withdraw_call(&self.terms, made);
        let refused = refusal(self.node.send(self.on.cast.trader, self.on.vault, &again))?;
        self.refused(
            "trader",
            format!("withdraws {} once more", usd(WITHDRAWN)),
            &refused,
        )?;
        self.out.say(
            "By arithmetic it could pass. But the vault writes the statement itself, with nonce 1 \
             where the proof says 0, and the verifier says no.",
        )
    }

    pub(super) fn margin_call(&mut self) -> Result<Made, CliError> {
        self.out.step("A margin call, and an answer")?;
        self.node.set_next_time(u64::from(START + FIRST_CALL))?;
        self.call_margin()?;
        let market = self.scene.market_after(SECOND_MARKET, false)?;
        self.record(&market, 5)?;
        let claim = self.claim(Action::Answer, U256::ZERO)?;
        self.own_view(&market, claim.buffer)?;
        let made = self.prove(&market, claim)?;
        let answer = answer_call(&self.terms, &made);
        let receipt = self
            .node
            .send(self.on.cast.trader, self.on.vault, &answer)?;
        let at = clock(market.time().into());
        self.out.done(
            "trader",
            format!("answers at the market of {at}"),
            receipt.gas,
        )?;
        self.out.say(format!(
            "The lender cannot call again for {} minutes. Had he been shown enough off chain, a \
             signature of his would have ended the call at a tenth of the cost.",
            self.terms.cooldown / 60
        ))?;
        let known = "the account meets its margin at a market after the call; nothing else";
        self.out.learned("everyone", known)?;
        Ok(made)
    }
}
