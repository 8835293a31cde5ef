//! The story, told as it happens.

mod amounts;
mod publication;
mod transactions;

use alloy_primitives::{Bytes, B256, U256};
use zkmargin_chain::abi::MarginVault::{self, Action, Terms};
use zkmargin_chain::abi::{MarginVerifier, TestToken};
use zkmargin_chain::artifact::Contracts;
use zkmargin_chain::binding::{agreement_id, scope, word};
use zkmargin_chain::deployment::{Deployment, MAX_AGE};
use zkmargin_chain::node::Node;
use zkmargin_chain::trader::{Claim, Tools, Trader};
use zkmargin_chain::ChainError;
use zkmargin_desk::report::{grouped, grouped_size};
use zkmargin_desk::scene::{Scene, SIZE, START};
use zkmargin_engine::account::Account;
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::market::Market;
use zkmargin_prover::error::ProverError;

use super::super::error::CliError;
use super::narrative::Narrative;
use amounts::{clock, date, dollars, in_dollars, short, usd, whole};
use transactions::{answer_call, refusal, withdraw_call};

/// 1e-8 USD in one dollar.
const MONEY: u128 = 100_000_000;
/// Dollars deposited and dollars withdrawn.
const STAKE: u64 = 50_000;
const WITHDRAWN: u64 = 10_000;
/// Dollars that the withdrawal's proof shows beyond the margin: more than it needs, so that a
/// replay is not stopped by arithmetic already.
const SHOWN: u64 = 25_000;
/// Seconds from the start to what happens later.
const FIRST_CALL: u32 = 300;
const SECOND_MARKET: u32 = 360;
const CRASH: u32 = 2_400;
/// Seconds that a proof may take to get into a block.
const GRACE: u64 = 120;

/// Everything that the acts share.
pub(crate) struct Story<'a> {
    node: &'a Node,
    scene: &'a Scene,
    tools: &'a Tools,
    /// The trader's account and its place, once the venue has a book.
    counted: Option<(Account, Inclusion)>,
    out: &'a mut Narrative,
    on: Deployment,
    terms: Terms,
    id: B256,
}

/// A proof with what it was made for.
struct Made {
    claim: Claim,
    proof: Bytes,
}

impl<'a> Story<'a> {
    /// Deploys the contracts, and sets the terms.
    pub fn new(
        node: &'a Node,
        contracts: &Contracts,
        scene: &'a Scene,
        tools: &'a Tools,
        out: &'a mut Narrative,
    ) -> Result<Self, CliError> {
        let on = Deployment::new(node, contracts, SIZE)?;
        let scope = scope(on.chain_id, on.vault);
        let nullifier = scene.secret.nullifier(scope, scene.account().number);
        let terms = on.terms(word(scene.policy.digest()), word(nullifier));
        let id = agreement_id(&terms);
        Ok(Story {
            node,
            scene,
            tools,
            counted: None,
            out,
            on,
            terms,
            id,
        })
    }

    /// The trader, who proves from the venue's book.
    fn trader(&self) -> Result<Trader<'_>, CliError> {
        let counted = self.counted.as_ref();
        let (account, place) = counted.ok_or_else(|| {
            CliError::Demo("a proof is wanted before the venue has a book".to_owned())
        })?;
        Ok(Trader {
            tools: self.tools,
            account,
            secret: &self.scene.secret,
            place,
        })
    }

    /// All acts.
    pub(crate) fn tell(&mut self) -> Result<(), CliError> {
        self.contracts()?;
        let market = self.first_market()?;
        self.publication()?;
        self.agreement()?;
        let withdrawal = self.withdrawal(&market)?;
        self.replay(&withdrawal)?;
        let answer = self.margin_call()?;
        self.crash(&answer)?;
        self.seizure()?;
        self.conclusion()
    }

    fn contracts(&mut self) -> Result<(), CliError> {
        self.out.step("A local chain and five contracts")?;
        let (version, id) = (self.node.version()?, self.on.chain_id);
        self.out.say(format!(
            "{version}, chain {id}, started for this demo and stopped after it. Time on it is what \
             the blocks say; it begins on {}.",
            date(self.node.time()?)
        ))?;
        for (name, gas) in self.on.gas.clone() {
            self.out.done("deployer", format!("deploys {name}"), gas)?;
        }
        let found = self
            .node
            .call(self.on.verifier, &MarginVerifier::keyDigestCall {})?;
        let wanted = self.tools.digest();
        if found != wanted {
            let (found, wanted) = (found.to_string(), wanted.to_string());
            return Err(ChainError::OtherKey { found, wanted }.into());
        }
        self.out.off_chain(
            "both sides",
            format!(
                "see keyDigest() {}, that of {}, the key which each derives from the circuit; it is \
                 the contract's own word, so where money is at stake they compare its code",
                short(found),
                self.tools.key_id()
            ),
        )?;
        let known = "code and terms of every contract; nothing about any account";
        self.out.learned("everyone", known)
    }

    fn first_market(&mut self) -> Result<Market, CliError> {
        self.out.step("A market, signed by two of three")?;
        self.out.say(format!(
            "The signers look at {} instruments, and sign time and digest. The prices themselves \
             stay off chain, where everyone can recompute the digest.",
            grouped(self.scene.market.instruments().len() as i128, 0, 0)
        ))?;
        let market = self.scene.market.clone();
        self.record(&market, 5)?;
        self.out
            .learned("everyone", "which market counts; the vault takes no other")?;
        Ok(market)
    }

    fn agreement(&mut self) -> Result<(), CliError> {
        self.out.step("An agreement, and collateral")?;
        self.out.say(format!(
            "The trader owes the beneficiary, and puts up {} dollars. On chain he is a nullifier: a \
             hash of his secret, of this vault's scope and of the number of his account. Terms: this verifier, oracle, registry \
             and venue; equity of {} basis points of the initial margin; {} minutes to answer a margin \
             call.",
            grouped(STAKE.into(), 0, 0),
            grouped(self.terms.ratio.into(), 0, 0),
            self.terms.window / 60
        ))?;
        let (vault, cast) = (self.on.vault, self.on.cast);
        let open = MarginVault::openCall {
            terms: self.terms.clone(),
        };
        let receipt = self.node.send(cast.beneficiary, vault, &open)?;
        self.out.done(
            "beneficiary",
            format!("opens {}", short(self.id)),
            receipt.gas,
        )?;
        let amount = dollars(STAKE);
        let (to, spender, value) = (cast.trader, vault, amount);
        self.node.send(
            cast.deployer,
            self.on.token,
            &TestToken::mintCall { to, amount },
        )?;
        let approve = TestToken::approveCall { spender, value };
        let receipt = self.node.send(cast.trader, self.on.token, &approve)?;
        self.out.done("trader", "approves the vault", receipt.gas)?;
        let deposit = MarginVault::depositCall {
            id: self.id,
            amount,
        };
        let receipt = self.node.send(cast.trader, vault, &deposit)?;
        self.out.done(
            "trader",
            format!("deposits {}, and accepts the terms with it", usd(STAKE)),
            receipt.gas,
        )?;
        self.out.learned(
            "everyone",
            "terms, nullifier, collateral; not which account it is",
        )
    }

    fn withdrawal(&mut self, market: &Market) -> Result<Made, CliError> {
        self.out.step("A withdrawal on a proof")?;
        self.out.say(format!(
            "The trader wants {} dollars back. They are not part of his account at the venue; while \
             they lie in the vault they stand behind it. So he must show that the account does \
             without them: that its equity exceeds the initial margin by that much and more. The \
             vault adds up what he takes out until the venue's next book, and demands the sum.",
            grouped(WITHDRAWN.into(), 0, 0)
        ))?;
        let amount = dollars(WITHDRAWN);
        let required = self.required(amount)?;
        let claim = self.claim(Action::Withdraw, amount, u128::from(SHOWN) * MONEY)?;
        self.own_view(market, claim.buffer)?;
        let made = self.prove(market, claim)?;
        let withdraw = withdraw_call(&made);
        let (vault, cast) = (self.on.vault, self.on.cast);
        let refused = refusal(self.node.send(cast.stranger, vault, &withdraw))?;
        self.refused(
            "stranger",
            "copies the transaction and sends it first",
            &refused,
        )?;
        let receipt = self.node.send(cast.trader, vault, &withdraw)?;
        self.out.done(
            "trader",
            format!(
                "withdraws {}; the vault wanted {} shown and got {}; {} bytes of calldata",
                usd(WITHDRAWN),
                grouped_size(required, 8, 0),
                grouped_size(made.claim.buffer, 8, 0),
                receipt.input_bytes
            ),
            receipt.gas,
        )?;
        self.out.learned(
            "everyone",
            format!(
                "an account in this book, with this nullifier, has at this market {} USD more than \
                 its initial margin",
                grouped_size(made.claim.buffer, 8, 0)
            ),
        )?;
        self.out.learned(
            "nobody",
            "its positions, equity, margin, leaf or place in the book",
        )?;
        Ok(made)
    }

    fn replay(&mut self, made: &Made) -> Result<(), CliError> {
        self.out.step("The same proof again")?;
        let (vault, cast) = (self.on.vault, self.on.cast);
        let again = withdraw_call(made);
        let refused = refusal(self.node.send(cast.trader, vault, &again))?;
        self.refused(
            "trader",
            format!("withdraws {} once more", usd(WITHDRAWN)),
            &refused,
        )?;
        self.out.say(format!(
            "By arithmetic it could pass: it shows {} and two withdrawals need {}. But the vault \
             writes the statement itself, with nonce 1 where the proof says 0, and the verifier \
             says no.",
            grouped(SHOWN.into(), 0, 0),
            grouped((2 * WITHDRAWN).into(), 0, 0)
        ))
    }

    fn margin_call(&mut self) -> Result<Made, CliError> {
        self.out.step("A margin call, and an answer")?;
        self.node.set_next_time(u64::from(START + FIRST_CALL))?;
        self.call_margin()?;
        let market = self.scene.market_after(SECOND_MARKET, false)?;
        self.record(&market, 5)?;
        let buffer = self.required(U256::ZERO)?;
        let claim = self.claim(Action::Answer, U256::ZERO, buffer)?;
        self.own_view(&market, buffer)?;
        let made = self.prove(&market, claim)?;
        let answer = answer_call(&made);
        let receipt = self
            .node
            .send(self.on.cast.trader, self.on.vault, &answer)?;
        self.out.done(
            "trader",
            format!(
                "answers at the market of {}; the {} already taken out still count",
                clock(market.time().into()),
                grouped_size(buffer, 8, 0)
            ),
            receipt.gas,
        )?;
        let known = "the account meets its margin at a market after the call; nothing else";
        self.out.learned("everyone", known)?;
        Ok(made)
    }

    fn crash(&mut self, earlier: &Made) -> Result<(), CliError> {
        self.out.step("The crash")?;
        self.out
            .say("Spot falls by 30%, volatility rises, and the beneficiary calls again.")?;
        let market = self.scene.market_after(CRASH, true)?;
        self.record(&market, 5)?;
        self.call_margin()?;
        // A market that is not before the call.
        let market = self.scene.market_after(CRASH + 60, true)?;
        self.record(&market, 5)?;
        let buffer = self.required(U256::ZERO)?;
        let claim = self.claim(Action::Answer, U256::ZERO, buffer)?;
        self.own_view(&market, buffer)?;
        match self.trader()?.prove(&market, &claim.request()) {
            Err(ProverError::Short { missing, .. }) => self.out.off_chain_refused(
                "prover",
                format!("makes no proof: {} USD are missing", whole(&missing)),
            )?,
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(CliError::Demo("a short account was proven".to_owned())),
        }
        // His own deadline has passed, so the trader claims a later one.
        let mut stale = answer_call(earlier);
        stale.deadline = self.node.time()? + GRACE;
        let refused = refusal(self.node.send(self.on.cast.trader, self.on.vault, &stale))?;
        self.refused("trader", "sends the proof of his first answer", &refused)?;
        self.out.learned(
            "the trader",
            "how much is missing, and under which scenario",
        )?;
        self.out
            .learned("everyone else", "nothing until the window has passed")
    }

    fn seizure(&mut self) -> Result<(), CliError> {
        self.out.step("The window passes")?;
        let (vault, cast) = (self.on.vault, self.on.cast);
        let seize = MarginVault::seizeCall { id: self.id };
        let refused = refusal(self.node.send(cast.beneficiary, vault, &seize))?;
        self.refused("beneficiary", "tries to seize at once", &refused)?;
        self.out.say(
            "The window counts only while the oracle is alive, so the signers go on signing; had \
             they fallen silent, the trader could have answered at their last market.",
        )?;
        let end = self
            .node
            .call(vault, &MarginVault::windowEndCall { id: self.id })?;
        let mut seconds = CRASH + 60;
        while u64::from(START + seconds) + MAX_AGE <= end {
            seconds += MAX_AGE as u32 - 60;
            let market = self.scene.market_after(seconds, true)?;
            self.record(&market, 5)?;
        }
        let now = self.node.pass(end + 1 - self.node.time()?)?;
        self.out.off_chain(
            "time",
            format!("passes to {}, a second too late", clock(now)),
        )?;
        let receipt = self.node.send(cast.beneficiary, vault, &seize)?;
        let seized = receipt.events::<MarginVault::Seized>(vault);
        let amount = seized.first().map_or(U256::ZERO, |event| event.amount);
        self.out.done(
            "beneficiary",
            format!(
                "seizes {} USD, and the agreement is closed",
                in_dollars(amount)
            ),
            receipt.gas,
        )?;
        let known = "that the trader did not answer; not by how much he was short";
        self.out.learned("everyone", known)
    }

    fn conclusion(&mut self) -> Result<(), CliError> {
        self.out.step("Where the dollars are")?;
        let cast = self.on.cast;
        let holders = [
            ("trader", cast.trader),
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
