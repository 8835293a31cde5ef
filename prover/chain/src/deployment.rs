//! Every contract on a chain, and who acts there.

use alloy_primitives::{keccak256, Address, Bytes, B256, U256};
use alloy_sol_types::{SolConstructor, SolStruct};
use zkmargin_engine::market::Market;
use zkmargin_engine::size::Size;
use zkmargin_engine::units::{BP, DAY};

use super::abi::MarginVault::{Form, Terms};
use super::abi::{MarketOracle, TestToken};
use super::artifact::{self, Contract, Contracts};
use super::binding::word;
use super::error::ChainError;
use super::node::{Node, Receipt};
use super::signer::{market_hash, vault_hash, Signer};

/// Age beyond which the oracle's market is of no use, seconds.
pub const MAX_AGE: u64 = 600;
/// Age of a book up to which the terms here take proofs under it, seconds.
const MAX_BOOK_AGE: u32 = 3_600;
/// Length of a slot, which takes one market, seconds.
pub(crate) const SPACING: u64 = 30;
/// Seconds that the next market has, at least, before the last one is too old.
const SLACK: u64 = 60;
/// Seconds before a new set of signers may take over, and during which it may.
const ROTATION_DELAY: u64 = 172_800;
const PROPOSAL_TERM: u64 = 432_000;
/// Seconds for which settled instruments stay listed.
const SETTLED_FOR: u64 = 30 * DAY as u64;
/// Signatures that a market needs, of the three signers.
pub(crate) const THRESHOLD: usize = 2;
const SIGNERS: u8 = 3;
/// Keys of the third and the fifth account of every local chain.
const INSECURE_VENUE: &str = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const INSECURE_BENEFICIARY: &str =
    "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";
/// Decimals of the token.
const DECIMALS: u8 = 6;

/// Who acts, each with an account that the node holds the key of.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// Deploys the contracts and owns the oracle.
    pub deployer: Address,
    /// Relays the signers' markets; anyone may.
    pub relayer: Address,
    /// Publishes books.
    pub venue: Address,
    /// Has an account at the venue and collateral in the vault.
    pub trader: Address,
    /// Holds the claim on the collateral.
    pub beneficiary: Address,
    /// Where released collateral goes.
    pub refund: Address,
    /// Has nothing to do with any of it.
    pub stranger: Address,
}

impl Cast {
    /// Casts the node's accounts.
    ///
    /// # Errors
    /// When it has fewer than seven.
    pub(crate) fn of(node: &Node) -> Result<Self, ChainError> {
        let accounts = node.accounts()?;
        let [deployer, relayer, venue, trader, beneficiary, refund, stranger, ..] = accounts[..]
        else {
            let few = format!("{} accounts, seven are needed", accounts.len());
            return Err(ChainError::answer("eth_accounts", few));
        };
        Ok(Cast {
            deployer,
            relayer,
            venue,
            trader,
            beneficiary,
            refund,
            stranger,
        })
    }
}

/// The contracts, with what their deployment cost.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Number of the chain.
    pub chain_id: u64,
    /// Who acts.
    pub cast: Cast,
    /// The dollar that is collateral.
    pub token: Address,
    /// The verifier of one size.
    pub verifier: Address,
    /// The oracle.
    pub oracle: Address,
    /// The registry.
    pub registry: Address,
    /// The vault.
    pub vault: Address,
    /// The oracle's signers, ascending by address.
    pub signers: Vec<Signer>,
    /// The key of the venue's account, which every local chain has.
    pub venue_key: Signer,
    /// That of the beneficiary's.
    pub beneficiary_key: Signer,
    /// Gas of each deployment, in order.
    pub gas: Vec<(&'static str, u64)>,
}

/// Puts a contract on a chain.
///
/// # Errors
/// When it is not compiled, or its constructor refuses.
pub fn deploy(
    node: &Node,
    contracts: &Contracts,
    from: Address,
    contract: &Contract,
    arguments: &[u8],
) -> Result<(Address, Receipt), ChainError> {
    let mut creation = contracts.creation(contract)?;
    creation.extend_from_slice(arguments);
    node.deploy(from, &creation)
}

/// Puts a token of six decimals on a chain, which `from` and anybody else can mint.
///
/// # Errors
/// When it is not compiled, or the node fails.
pub fn token(node: &Node, contracts: &Contracts, from: Address) -> Result<Address, ChainError> {
    let (token, _) = deploy(node, contracts, from, &artifact::TOKEN, &token_arguments())?;
    Ok(token)
}

fn token_arguments() -> Vec<u8> {
    let arguments = TestToken::constructorCall {
        decimals_: DECIMALS,
    };
    arguments.abi_encode()
}

impl Deployment {
    /// Deploys everything, with the verifier of one size.
    ///
    /// # Errors
    /// When a contract is not compiled, or the node fails.
    pub fn new(node: &Node, contracts: &Contracts, size: Size) -> Result<Self, ChainError> {
        let cast = Cast::of(node)?;
        let signers = insecure_signers()?;
        let oracle_arguments = MarketOracle::constructorCall {
            owner_: cast.deployer,
            signers_: signers.iter().map(Signer::address).collect(),
            threshold_: U256::from(THRESHOLD),
            timing_: MarketOracle::Timing {
                maxAge: MAX_AGE,
                spacing: SPACING,
                slack: SLACK,
                rotationDelay: ROTATION_DELAY,
                proposalTerm: PROPOSAL_TERM,
                settledFor: SETTLED_FOR,
            },
        };
        let mut gas = Vec::new();
        let mut put = |contract: Contract, arguments: &[u8]| {
            let (at, receipt) = deploy(node, contracts, cast.deployer, &contract, arguments)?;
            gas.push((contract.name, receipt.gas));
            Ok::<_, ChainError>(at)
        };
        let token = put(artifact::TOKEN, &token_arguments())?;
        let verifier = put(artifact::verifier(size)?, &[])?;
        let oracle = put(artifact::ORACLE, &oracle_arguments.abi_encode())?;
        let registry = put(artifact::REGISTRY, &[])?;
        let vault = put(artifact::VAULT, &[])?;
        Ok(Deployment {
            chain_id: node.chain_id(),
            cast,
            token,
            verifier,
            oracle,
            registry,
            vault,
            signers,
            venue_key: account_key(INSECURE_VENUE, cast.venue)?,
            beneficiary_key: account_key(INSECURE_BENEFICIARY, cast.beneficiary)?,
            gas,
        })
    }

    /// The name of a contract here.
    pub fn name_of(&self, address: Address) -> Option<&'static str> {
        let names = [
            (self.token, "the token"),
            (self.verifier, "the verifier"),
            (self.oracle, "MarketOracle"),
            (self.registry, "SolvencyRegistry"),
            (self.vault, "MarginVault"),
        ];
        names
            .into_iter()
            .find(|(at, _)| *at == address)
            .map(|(_, name)| name)
    }

    /// Signatures over a market by signers of these numbers, in this order.
    ///
    /// # Errors
    /// Practically never, see `sign`.
    pub fn signatures(&self, market: &Market, signers: &[usize]) -> Result<Vec<Bytes>, ChainError> {
        let time = u64::from(market.time());
        let hash = market_hash(self.chain_id, self.oracle, time, word(market.digest()));
        let by = signers
            .iter()
            .filter_map(|&number| self.signers.get(number));
        by.map(|signer| Ok(signer.sign(&hash)?.into())).collect()
    }

    /// What a party signs for the vault instead of sending it.
    ///
    /// # Errors
    /// Practically never, see `sign`.
    pub fn signed(&self, by: &Signer, what: &impl SolStruct) -> Result<Bytes, ChainError> {
        let hash = vault_hash(self.chain_id, self.vault, what);
        Ok(by.sign(&hash)?.into())
    }

    /// Two of three signers sign a market, and the relayer records it.
    ///
    /// # Errors
    /// When the oracle refuses.
    pub fn record(&self, node: &Node, market: &Market) -> Result<Receipt, ChainError> {
        let submission = MarketOracle::submitCall {
            time: u64::from(market.time()),
            digest: word(market.digest()),
            signatures: self.signatures(market, &[0, 1])?,
        };
        node.send(self.cast.relayer, self.oracle, &submission)
    }

    /// Terms of a pledge between the trader and the beneficiary, at the initial margin, with nothing
    /// above it and no floor, and with the shortest spans that the vault allows for books of an hour.
    /// It ends a year after `now`, Unix seconds.
    pub fn pledge(&self, policy: U256, nullifier: U256, now: u64) -> Terms {
        let window = MAX_BOOK_AGE + 2 * MAX_AGE as u32;
        Terms {
            form: Form::Pledge,
            trustsVenue: false,
            token: self.token,
            beneficiary: self.cast.beneficiary,
            refund: self.cast.refund,
            exitTo: self.cast.beneficiary,
            nullifier,
            verifiers: [self.verifier, Address::ZERO, Address::ZERO],
            policy,
            oracle: self.oracle,
            registry: self.registry,
            venue: self.cast.venue,
            ratio: BP as u16,
            floor: 0,
            margin: 0,
            maxBookAge: MAX_BOOK_AGE,
            grace: 600,
            window,
            patience: window,
            cooldown: window,
            notice: 0,
            exitAfter: 90 * DAY,
            end: now + 365 * u64::from(DAY),
            salt: B256::ZERO,
        }
    }

    /// Terms of a custody agreement with the venue, which stops counting what is announced within
    /// ten minutes.
    pub fn custody(&self, policy: U256, nullifier: U256, now: u64) -> Terms {
        Terms {
            form: Form::Custody,
            trustsVenue: true,
            beneficiary: self.cast.venue,
            exitTo: self.cast.refund,
            notice: 600,
            ..self.pledge(policy, nullifier, now)
        }
    }
}

/// The key of an account of a local chain, whose keys are public.
///
/// # Errors
/// When the node has other accounts.
fn account_key(key: &str, account: Address) -> Result<Signer, ChainError> {
    let secret = key.parse().map_err(|_| ChainError::SecretKey)?;
    let signer = Signer::new(&secret)?;
    if signer.address() != account {
        let other = format!("{account} is not an account of the usual mnemonic");
        return Err(ChainError::answer("eth_accounts", other));
    }
    Ok(signer)
}

/// The same three signers every time: their keys are public, so they are for local chains only.
fn insecure_signers() -> Result<Vec<Signer>, ChainError> {
    let secret =
        |number: u8| keccak256([b"insecure oracle signer ".as_slice(), &[number]].concat());
    let made = (1..=SIGNERS).map(|number| Signer::new(&secret(number)));
    let mut signers = made.collect::<Result<Vec<_>, _>>()?;
    signers.sort_by_key(Signer::address);
    Ok(signers)
}
