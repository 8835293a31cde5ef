//! A trader: an account in a venue's book, and the means to prove from it.

use alloy_primitives::{Address, Bytes, B256};
use zkmargin_circuits::margin::witness::Request;
use zkmargin_engine::account::{Account, Secret};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_keys::key::key_shape;
use zkmargin_keys::setup::Setup;
use zkmargin_verifier::protocol::plan::Plan;
use zkmargin_verifier::verdict::No;

use super::abi::MarginVault::Proof;
use super::binding::{scope, Intent};
use zkmargin_prover::error::ProverError;
use zkmargin_prover::keys::ProvingKey;
use zkmargin_prover::prove::{prove, Subject, Timing};

/// What a trader proves with: setup and keys of one policy and size.
pub struct Tools {
    /// The risk model.
    pub policy: Policy,
    setup: Setup,
    key: ProvingKey,
    plan: Plan,
    digest: B256,
}

impl Tools {
    /// Loads the ceremony's powers in the program, and the keys from the cache or anew.
    ///
    /// # Errors
    /// As for loading keys.
    pub fn load(policy: Policy, size: Size) -> Result<Self, ProverError> {
        let setup = Setup::embedded(key_shape(&policy, size).k)?;
        let (key, _) = ProvingKey::cached(&policy, size, &setup)?;
        let protocol = key.key.protocol(&setup.verifier())?;
        Ok(Tools {
            digest: protocol.digest().into(),
            plan: Plan::new(&protocol),
            policy,
            setup,
            key,
        })
    }

    /// Digest of the key, which a verifier contract of it says of itself as `keyDigest`.
    pub fn digest(&self) -> B256 {
        self.digest
    }

    /// Name of the key.
    pub fn key_id(&self) -> &str {
        &self.key.key.id
    }
}

/// What the account shows, to which vault.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Number of the chain.
    pub chain_id: u64,
    /// The vault.
    pub vault: Address,
    /// What the proof is for.
    pub intent: Intent,
    /// Basis points of the initial margin.
    pub ratio: u16,
    /// Equity beyond it, 1e-8 USD: the margin of the terms.
    pub buffer: u128,
}

impl Claim {
    /// The statement's rows that the verifier chooses.
    pub fn request(&self) -> Request {
        Request {
            scope: scope(self.chain_id, self.vault),
            message: self.intent.message(self.chain_id, self.vault),
            ratio: self.ratio,
            buffer: self.buffer,
        }
    }

    /// The proof as the vault takes it: by the verifier at a place in the terms, under an epoch.
    pub fn proof(&self, verifier: u8, epoch: u64, data: Bytes) -> Proof {
        Proof {
            verifier,
            epoch,
            deadline: self.intent.deadline,
            data,
        }
    }
}

/// A trader with an account in a book.
pub struct Trader<'a> {
    /// Keys and setup.
    pub tools: &'a Tools,
    /// The private account.
    pub account: &'a Account,
    /// The secret behind its identity.
    pub secret: &'a Secret,
    /// Where it stands in the venue's book.
    pub place: &'a Inclusion,
}

impl Trader<'_> {
    /// A proof of a request at a market, in the encoding that contracts read.
    ///
    /// # Errors
    /// [`ProverError::Short`] when the account does not meet the bound.
    pub fn prove(
        &self,
        market: &Market,
        request: &Request,
    ) -> Result<(Bytes, Timing), ProverError> {
        let subject = Subject {
            policy: &self.tools.policy,
            market,
            account: self.account,
            secret: self.secret,
            place: self.place,
        };
        let (bundle, timing) = prove(&self.tools.key, &self.tools.setup, &subject, request)?;
        let proof = self.tools.plan.to_chain(&bundle.proof);
        Ok((proof.ok_or(No::Rejected)?.into(), timing))
    }
}

#[cfg(test)]
mod tests {
    use zkmargin_circuits::margin::witness::fitting_size;
    use zkmargin_desk::scene::{Scene, SIZE};

    #[test]
    fn the_scene_s_trader_fits_its_circuit() {
        let scene = Scene::new().unwrap();
        assert_eq!(fitting_size(scene.account(), &scene.market), Ok(SIZE));
    }
}
