//! A stage on a real local chain: contracts, a venue's book, an agreement with collateral.

use alloy_primitives::{Address, Bytes, B256, U256};
use alloy_sol_types::SolCall;
use zkmargin_chain::abi::MarginVault::{self, Action, MarginVaultErrors, Terms};
use zkmargin_chain::abi::SolvencyRegistry::{publishCall, Publication, Totals};
use zkmargin_chain::abi::TestToken;
use zkmargin_chain::anvil::Anvil;
use zkmargin_chain::artifact::Contracts;
use zkmargin_chain::binding::{agreement_id, scope, word, Intent};
use zkmargin_chain::deployment::Deployment;
use zkmargin_chain::node::{Node, Receipt};
use zkmargin_chain::revert::Revert;
use zkmargin_chain::trader::{Claim, Tools, Trader};
use zkmargin_desk::scene::{Scene, SIZE, START};
use zkmargin_engine::commitment::{Book, Inclusion};
use zkmargin_engine::market::Market;
use zkmargin_engine::Fr;

/// Number of the usual local chain.
pub const CHAIN_ID: u64 = 31_337;
/// Units of the token in a dollar.
pub const DOLLAR: u64 = 1_000_000;
/// 1e-8 USD in a dollar.
pub const MONEY: u128 = 100_000_000;
/// Dollars of collateral in the stage's agreement.
pub const STAKE: u64 = 50_000;
/// Dollars of it that leave by the lender's act alone.
pub const FLOOR: u64 = 20_000;
/// What every proof of the stage's agreement shows beyond the initial margin, 1e-8 USD.
pub const MARGIN: u128 = 10_000 * MONEY;
/// Seconds that a proof may take to get into a block.
pub const GRACE: u64 = 300;

/// The contracts, compiled; `None`, with the reason printed, where npm's packages are not
/// installed.
///
/// # Panics
/// When they are not installed and `CI` is set, or when the contracts do not compile.
pub fn contracts() -> Option<Contracts> {
    let contracts = Contracts::find(None);
    if contracts.installed() {
        contracts.build().expect("the contracts compile");
        return Some(contracts);
    }
    let reason =
        "contracts/node_modules is missing; hint: npm ci --prefix contracts --ignore-scripts";
    assert!(std::env::var_os("CI").is_none(), "{reason}");
    println!("skipped: {reason}");
    None
}

/// A chain on which the oracle has recorded the scene's market, the venue has published its book,
/// and trader and beneficiary have an agreement.
pub struct Stage {
    /// The chain.
    pub anvil: Anvil,
    /// The client.
    pub node: Node,
    /// Compiled contracts.
    pub contracts: Contracts,
    /// Markets and accounts.
    pub scene: Scene,
    /// The venue's book.
    pub book: Book,
    /// Where the trader's account stands in it.
    place: Inclusion,
    /// The deployed contracts.
    pub on: Deployment,
    /// The agreement's terms.
    pub terms: Terms,
    /// Its identity.
    pub id: B256,
}

impl Stage {
    /// Sets the stage; `None` where [`contracts`] has none.
    ///
    /// # Panics
    /// When anything fails.
    pub fn set(chain_id: u64) -> Option<Stage> {
        let contracts = contracts()?;
        let program = Anvil::find(None, contracts.folder()).expect("anvil is installed");
        let start = u64::from(START);
        let anvil = Anvil::start(&program, chain_id, start - 120).expect("anvil starts");
        let node = Node::connect(anvil.url()).expect("a client");
        node.set_next_time(start - 100).expect("a time");
        let on = Deployment::new(&node, &contracts, SIZE).expect("a deployment");
        let scene = Scene::new().expect("a scene");
        let book = scene.book();
        let nullifier = scene
            .secret
            .nullifier(scope(chain_id, on.vault), scene.account().number);
        let policy = word(scene.policy.digest());
        let mut terms = on.pledge(policy, word(nullifier), start);
        terms.floor = u128::from(FLOOR * DOLLAR);
        terms.margin = MARGIN;
        let stage = Stage {
            id: agreement_id(&terms),
            anvil,
            node,
            contracts,
            place: book.inclusion(scene.index),
            book,
            on,
            terms,
            scene,
        };
        stage.record(&stage.scene.market, 5);
        stage.publish(0);
        stage.open(&stage.terms);
        stage.fund(stage.on.vault, &stage.terms, STAKE);
        Some(stage)
    }

    /// The oracle records a market so many seconds after its time.
    ///
    /// # Panics
    /// When it refuses.
    pub fn record(&self, market: &Market, delay: u64) -> Receipt {
        let time = u64::from(market.time()) + delay;
        self.node.set_next_time(time).expect("a later time");
        self.on
            .record(&self.node, market)
            .expect("a recorded market")
    }

    /// The market after so many seconds.
    ///
    /// # Panics
    /// Never, unless generators change.
    pub fn market(&self, seconds: u32, crash: bool) -> Market {
        self.scene.market_after(seconds, crash).expect("a market")
    }

    /// The venue publishes the book's root as [`Stage::claim_root`] does.
    ///
    /// # Panics
    /// When the registry refuses.
    pub(crate) fn publish(&self, number: u64) -> Receipt {
        self.claim_root(number, self.book.root())
    }

    /// The venue claims a root as an epoch, cut in the latest block, without naming an oracle. No book is proven: the vault
    /// looks at root and time alone, and the registry checks nothing else.
    ///
    /// # Panics
    /// When the registry refuses.
    pub fn claim_root(&self, number: u64, root: Fr) -> Receipt {
        let Scene { market, policy, .. } = &self.scene;
        let totals = Totals {
            accounts: self.scene.accounts.len() as u64,
            failing: 0,
            equity: 0,
            shortfall: 0,
            deficit: 0,
        };
        let call = publishCall {
            number,
            publication: Publication {
                root: word(root),
                market: word(market.digest()),
                policy: word(policy.digest()),
                digest: B256::repeat_byte(1),
                oracle: Address::ZERO,
                cutOff: self.node.time().expect("the time"),
                ratio: 10_000,
                totals,
            },
            assets: Vec::new(),
        };
        self.node
            .send(self.on.cast.venue, self.on.registry, &call)
            .expect("an epoch")
    }

    /// Opens an agreement.
    ///
    /// # Panics
    /// When the vault refuses.
    pub fn open(&self, terms: &Terms) -> B256 {
        let call = MarginVault::openCall {
            terms: terms.clone(),
        };
        let receipt = self
            .node
            .send(self.on.cast.beneficiary, self.on.vault, &call);
        let opened = receipt
            .expect("an agreement")
            .events::<MarginVault::Opened>(self.on.vault);
        assert_eq!(opened.len(), 1);
        assert_eq!(opened[0].id, agreement_id(terms));
        opened[0].id
    }

    /// The trader deposits so many dollars into an agreement of a vault.
    ///
    /// # Panics
    /// When token or vault refuses.
    pub fn fund(&self, vault: Address, terms: &Terms, dollars: u64) {
        let (amount, cast) = (units(dollars), self.on.cast);
        let (to, spender, value) = (cast.trader, vault, amount);
        let mint = TestToken::mintCall { to, amount };
        self.node
            .send(cast.deployer, self.on.token, &mint)
            .expect("minted");
        let approve = TestToken::approveCall { spender, value };
        self.node
            .send(cast.trader, self.on.token, &approve)
            .expect("approved");
        let terms = terms.clone();
        let deposit = MarginVault::depositCall { terms, amount };
        self.node
            .send(cast.trader, vault, &deposit)
            .expect("deposited");
    }

    /// Dollars that somebody has.
    ///
    /// # Panics
    /// When they are no whole number.
    pub fn dollars(&self, account: Address) -> u64 {
        let balance = self
            .node
            .call(self.on.token, &TestToken::balanceOfCall { account });
        let (whole, part) = balance.expect("a balance").div_rem(U256::from(DOLLAR));
        assert!(part.is_zero());
        whole.saturating_to()
    }

    /// The agreement as the vault has it.
    ///
    /// # Panics
    /// When the node fails.
    pub fn agreement(&self, id: B256) -> MarginVault::Agreement {
        self.node
            .call(self.on.vault, &MarginVault::agreementCall { id })
            .expect("an agreement")
    }

    /// What an honest trader would claim now: `dollars` for himself, or an answer to the open call.
    ///
    /// # Panics
    /// When the node fails.
    pub fn claim(&self, terms: &Terms, action: Action, dollars: u64) -> Claim {
        let id = agreement_id(terms);
        let deal = self.agreement(id);
        let answers = action == Action::Answer;
        Claim {
            chain_id: self.on.chain_id,
            vault: self.on.vault,
            intent: Intent {
                id,
                action,
                amount: units(dollars),
                nonce: deal.nonce,
                deadline: self.node.time().expect("the time") + GRACE,
                recipient: match answers {
                    true => Address::ZERO,
                    false => self.on.cast.trader,
                },
                number: match answers {
                    true => deal.call,
                    false => 0,
                },
            },
            ratio: terms.ratio,
            buffer: terms.margin,
        }
    }

    /// The transaction of a withdrawal under the first epoch.
    pub fn withdrawal(&self, claim: &Claim, proof: &Bytes) -> MarginVault::withdrawCall {
        withdrawal(&self.terms, claim, proof)
    }

    /// The transaction of a call that demands so many dollars, or one dollar more of collateral.
    pub fn margin_call(&self, due: u64) -> MarginVault::marginCallCall {
        MarginVault::marginCallCall {
            terms: self.terms.clone(),
            due: u128::from(due * DOLLAR),
            topUp: u128::from(DOLLAR),
        }
    }

    /// The transaction of an answer under the first epoch.
    pub fn answer(&self, claim: &Claim, proof: &Bytes) -> MarginVault::answerCall {
        MarginVault::answerCall {
            terms: self.terms.clone(),
            proof: claim.proof(0, 0, proof.clone()),
        }
    }

    /// The trader.
    pub fn trader<'a>(&'a self, tools: &'a Tools) -> Trader<'a> {
        Trader {
            tools,
            account: self.scene.account(),
            secret: &self.scene.secret,
            place: &self.place,
        }
    }

    /// The trader's proof that an agreement is his.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn credit(&self, tools: &Tools, terms: &Terms) -> Bytes {
        let claim = Claim {
            chain_id: CHAIN_ID,
            vault: self.on.vault,
            intent: Intent::credit(agreement_id(terms)),
            ratio: terms.ratio,
            buffer: terms.margin,
        };
        let made = self
            .trader(tools)
            .prove(&self.scene.market, &claim.request());
        made.expect("a proof").0
    }

    /// Sends a transaction that must be refused on chain, and says why it was.
    ///
    /// # Panics
    /// When it goes through.
    pub fn refusal<C: SolCall>(&self, from: Address, to: Address, call: &C) -> Revert {
        match self.node.send(from, to, call) {
            Ok(_) => panic!("{} went through", C::SIGNATURE),
            Err(error) => match error.reverted() {
                Some(refused) => refused.revert.clone(),
                None => panic!("{}: {error}", C::SIGNATURE),
            },
        }
    }

    /// The same for a transaction of the trader to the vault.
    ///
    /// # Panics
    /// As [`Stage::refusal`].
    pub fn refused<C: SolCall>(&self, call: &C) -> Revert {
        self.refusal(self.on.cast.trader, self.on.vault, call)
    }
}

/// Units of the token.
pub fn units(dollars: u64) -> U256 {
    U256::from(dollars * DOLLAR)
}

/// The transaction of a withdrawal under the first epoch.
pub fn withdrawal(terms: &Terms, claim: &Claim, proof: &Bytes) -> MarginVault::withdrawCall {
    MarginVault::withdrawCall {
        terms: terms.clone(),
        amount: claim.intent.amount,
        to: claim.intent.recipient,
        proof: claim.proof(0, 0, proof.clone()),
    }
}

/// The vault's refusal of a proof that its verifier does not accept, with the message that the
/// vault demanded: that of this claim.
pub fn proof_refused(demanded: &Claim) -> Revert {
    let message = demanded.intent.message(demanded.chain_id, demanded.vault);
    vault_error(MarginVaultErrors::ProofRefused(MarginVault::ProofRefused {
        id: demanded.intent.id,
        message: word(message),
    }))
}

/// An error of the vault.
pub fn vault_error(error: MarginVaultErrors) -> Revert {
    Revert::from(error)
}
