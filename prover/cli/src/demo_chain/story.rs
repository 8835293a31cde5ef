//! The story, told as it happens.

mod amounts;
mod custody;
mod ends;
mod pledge;
mod publication;
mod reserves;
mod transactions;
mod wallets;

use alloy_primitives::{Bytes, B256};
use zkmargin_chain::abi::MarginVault::Terms;
use zkmargin_chain::abi::MarginVerifier;
use zkmargin_chain::artifact::Contracts;
use zkmargin_chain::binding::{agreement_id, scope, word};
use zkmargin_chain::deployment::Deployment;
use zkmargin_chain::node::Node;
use zkmargin_chain::trader::{Claim, Tools, Trader};
use zkmargin_chain::ChainError;
use zkmargin_desk::report::grouped;
use zkmargin_desk::scene::{Scene, SIZE, START};
use zkmargin_engine::account::Account;
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::market::Market;

use super::super::error::CliError;
use super::book::Venue;
use super::narrative::Narrative;
use amounts::{date, dollars, short};
use wallets::Wallet;

/// 1e-8 USD in one dollar.
const MONEY: u128 = 100_000_000;
/// Dollars pledged to the lender, those that he lends against, and those withdrawn.
const STAKE: u64 = 50_000;
const FLOOR: u64 = 30_000;
const WITHDRAWN: u64 = 10_000;
/// Dollars that the lender demands when prices have fallen, and the deposit that would do instead.
const DUE: u64 = 25_000;
const TOP_UP: u64 = 20_000;
/// Dollars of equity beyond the initial margin that every proof shows.
const MARGIN: u64 = 10_000;
/// Dollars in custody of the venue, and those that the trader takes back.
const CUSTODY: u64 = 8_000;
const TAKEN: u64 = 3_000;
/// Seconds from the start to what happens later. The second call is after the cooldown.
const FIRST_CALL: u32 = 300;
const SECOND_MARKET: u32 = 360;
const CRASH: u32 = 5_400;
/// Seconds that a proof may take to get into a block.
const GRACE: u64 = 120;

/// Everything that the acts share.
pub(crate) struct Story<'a> {
    node: &'a Node,
    url: &'a str,
    scene: &'a Scene,
    tools: &'a Tools,
    /// The trader's account and its place, once the venue has a book.
    counted: Option<(Account, Inclusion)>,
    out: &'a mut Narrative,
    on: Deployment,
    venue: Venue,
    wallets: Vec<Wallet>,
    /// What the trader has agreed with the lender.
    terms: Terms,
    id: B256,
    /// What he has agreed with the venue.
    custody: Terms,
    /// The proof by which the venue counts it.
    credit: Bytes,
    /// When it read its accounts for the next book.
    cut: Option<Cut>,
}

/// A moment, and the last block at or before it.
#[derive(Clone, Copy)]
struct Cut {
    time: u64,
    block: u64,
}

/// A proof with what it was made for.
struct Made {
    claim: Claim,
    proof: Bytes,
}

impl<'a> Story<'a> {
    /// Deploys the contracts, and sets the terms.
    pub fn new(
        (node, url): (&'a Node, &'a str),
        contracts: &Contracts,
        scene: &'a Scene,
        tools: &'a Tools,
        out: &'a mut Narrative,
    ) -> Result<Self, CliError> {
        let on = Deployment::new(node, contracts, SIZE)?;
        let scope = scope(on.chain_id, on.vault);
        let nullifier = scene.secret.nullifier(scope, scene.account().number);
        let (policy, nullifier) = (word(scene.policy.digest()), word(nullifier));
        let mut terms = on.pledge(policy, nullifier, START.into());
        terms.floor = dollars(FLOOR).saturating_to();
        terms.margin = u128::from(MARGIN) * MONEY;
        let custody = on.custody(policy, nullifier, START.into());
        let id = agreement_id(&terms);
        let wallets = wallets::filled(node, contracts, &on, scene)?;
        Ok(Story {
            node,
            url,
            scene,
            tools,
            counted: None,
            out,
            on,
            venue: Venue::new()?,
            wallets,
            terms,
            id,
            custody,
            credit: Bytes::new(),
            cut: None,
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
        self.pledge()?;
        let withdrawal = self.withdrawal(&market)?;
        self.replay(&withdrawal)?;
        self.custody(&market)?;
        let answer = self.margin_call()?;
        self.next_book()?;
        self.crash(&answer)?;
        self.seizure()?;
        self.conclusion()?;
        self.reserves()
    }

    /// When the venue read its accounts for the next book.
    fn cut(&self) -> Result<Cut, CliError> {
        let missing = || CliError::Demo("the venue has not read its accounts yet".to_owned());
        self.cut.ok_or_else(missing)
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
        let wallets: Vec<String> = self.wallets.iter().map(Wallet::text).collect();
        let what = format!("has {} on this chain", wallets.join(", "));
        self.out.off_chain("venue", what)?;
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
}
