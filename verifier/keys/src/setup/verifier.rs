//! The part of a setup that a verifier needs: 128 bytes.

use std::path::Path;

use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, G2Affine};

use crate::error::KeysError;
use crate::setup::error::SetupError;
use crate::setup::format::check_size;
use crate::setup::points::{g1_generator, g2_be, g2_to_be, G2_BYTES};
use crate::setup::powers::assemble;
use crate::setup::{ignition, Origin};

/// \[τ\]_2 and a size. Nothing has to be loaded or computed for it.
#[derive(Clone, Debug)]
pub struct VerifierSetup {
    k: u32,
    params: ParamsKZG<Bn256>,
    origin: Origin,
}

impl VerifierSetup {
    /// Of the Ignition ceremony.
    ///
    /// # Errors
    ///
    /// When k is 0 or above [`MAX_K`](crate::setup::MAX_K).
    pub fn ignition(k: u32) -> Result<VerifierSetup, KeysError> {
        check_size(k)?;
        Ok(VerifierSetup::from_parts(
            k,
            ignition::tau_g2()?,
            Origin::Ignition,
        ))
    }

    /// From \[τ\]_2 (x.c0, x.c1, y.c0, y.c1 big-endian), as [`VerifierSetup::tau_g2`] gives it.
    /// `insecure` says that the secret was known to someone.
    ///
    /// # Security
    ///
    /// Whoever chooses \[τ\]_2 can forge proofs. Compare [`VerifierSetup::id`] with the setup that
    /// is trusted.
    ///
    /// # Errors
    ///
    /// When k is 0 or above [`MAX_K`](crate::setup::MAX_K), or the bytes are no point of the
    /// group.
    pub fn from_tau_g2(
        k: u32,
        tau_g2: &[u8; G2_BYTES],
        insecure: bool,
    ) -> Result<VerifierSetup, KeysError> {
        check_size(k)?;
        let point = g2_be(tau_g2).map_err(|fault| SetupError::Point {
            file: Path::new("[tau]_2").to_owned(),
            section: "the point",
            index: 0,
            offset: 0,
            fault,
        })?;
        let origin = Origin::of(&point, insecure);
        Ok(VerifierSetup::from_parts(k, point, origin))
    }

    pub(crate) fn from_parts(k: u32, tau_g2: G2Affine, origin: Origin) -> VerifierSetup {
        // halo2's verifier takes k, the generator and [τ]_2 from the parameters, nothing else.
        let params = assemble(k, vec![g1_generator()], vec![g1_generator()], tau_g2);
        VerifierSetup { k, params, origin }
    }

    /// Parameters for halo2's verifier.
    ///
    /// They have one power only: a prover or a key generator panics with them.
    pub fn params(&self) -> &ParamsKZG<Bn256> {
        &self.params
    }

    /// log2 of the number of rows of the circuits it serves.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// Where the setup comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The same name as that of the whole setup, see [`Setup::id`](crate::setup::Setup::id).
    pub fn id(&self) -> String {
        self.origin.id(&self.params.s_g2(), self.k)
    }

    /// \[τ\]_2: x.c0, x.c1, y.c0, y.c1, big-endian.
    pub fn tau_g2(&self) -> [u8; G2_BYTES] {
        g2_to_be(&self.params.s_g2())
    }
}
