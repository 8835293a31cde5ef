//! Agreements of custody in the file of a venue's addresses.
//!
//! ```json
//! {"asset": "USDC-CUSTODY", "chain_id": 1, "block": 25000000, "vault": "0x…", "terms": { … },
//!  "credit": {"verifier": 0, "epoch": 41, "market": "0x…", "proof": "0x…"}}
//! ```
//!
//! `terms` are those of the agreement with all their fields, as for `zkmargin vault`; `credit` is the
//! margin proof by which the venue credited it.

use std::collections::{BTreeSet, HashMap};

use alloy_primitives::{hex, Bytes, B256, U256};
use serde::Deserialize;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_verifier::bundle::LONGEST_PROOF;

use super::super::custody::{is_custody, Credit, Custody, Place};
use super::{cut, Reading};
use crate::address::{parse_address, ADDRESS_HINT};
use crate::binding::agreement_id;
use crate::terms::TermsFile;
use zkmargin_prover::book::error::BookError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::reserves) struct CustodyFile {
    asset: String,
    chain_id: u64,
    block: u64,
    vault: String,
    terms: TermsFile,
    credit: CreditFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreditFile {
    verifier: u8,
    epoch: u64,
    market: String,
    proof: String,
}

/// The agreements of a file, none of them twice.
///
/// # Errors
/// For an asset that is not counted so, and a field out of form.
pub(in crate::reserves) fn agreements(
    read: &Reading<'_>,
    files: &[CustodyFile],
    of: (&Market, &Policy),
) -> Result<Vec<Custody>, BookError> {
    let mut all = Vec::with_capacity(files.len());
    let mut seen: HashMap<(Place, B256), String> = HashMap::new();
    for (n, file) in files.iter().enumerate() {
        let path = format!("custody[{n}]");
        let asset = read.asset(&path, &file.asset, of)?;
        let name = asset.name(of.1);
        if !is_custody(&name) {
            let problem = format!("{name} is counted by addresses, not by agreements");
            let hint = "list addresses under assets";
            return Err(read.wrong(&format!("{path}.asset"), problem, hint));
        }
        let (place, terms) = named(read, &path, file)?;
        let custody = Custody {
            asset,
            name,
            place,
            block: file.block,
            terms: Box::new(terms),
            credit: credit(read, &path, &file.credit)?,
            path,
        };
        if let Some(first) = seen.insert((place, custody.id()), custody.path.clone()) {
            let problem = format!("this agreement is in the list already, at {first}");
            let hint = "an agreement is credited to one account, once";
            return Err(read.wrong(&format!("{}.terms", custody.path), problem, hint));
        }
        all.push(custody);
    }
    Ok(all)
}

/// What names the agreements of another venue's file.
///
/// # Errors
/// For a field out of form.
pub(in crate::reserves) fn names(
    read: &Reading<'_>,
    files: &[CustodyFile],
) -> Result<BTreeSet<(Place, B256)>, BookError> {
    let named = files.iter().enumerate().map(|(n, file)| {
        let (place, terms) = named(read, &format!("custody[{n}]"), file)?;
        Ok((place, agreement_id(&terms)))
    });
    named.collect()
}

fn named(
    read: &Reading<'_>,
    path: &str,
    file: &CustodyFile,
) -> Result<(Place, crate::abi::MarginVault::Terms), BookError> {
    let vault = parse_address(&file.vault).map_err(|problem| {
        let problem = format!("{:?}: {problem}", cut(&file.vault));
        read.wrong(&format!("{path}.vault"), problem, ADDRESS_HINT)
    })?;
    let terms = file.terms.terms().map_err(|(field, problem)| {
        let hint = "terms as `zkmargin vault terms` reads them";
        let problem = problem.trim_start_matches([' ', '=', ':']).to_owned();
        read.wrong(&format!("{path}.terms.{field}"), problem, hint)
    })?;
    let chain = file.chain_id;
    Ok((Place { chain, vault }, terms))
}

fn credit(read: &Reading<'_>, path: &str, file: &CreditFile) -> Result<Credit, BookError> {
    let market: U256 = file.market.parse().map_err(|_| {
        let problem = format!("{:?}: no digest", cut(&file.market));
        let hint = "the digest of the market that the proof is at, 0x and hexadecimal digits";
        read.wrong(&format!("{path}.credit.market"), problem, hint)
    })?;
    // In the encoding of contracts a point takes two words and not one.
    let digits = Some(&file.proof).filter(|text| text.len() <= 4 * LONGEST_PROOF);
    let proof = digits.and_then(|text| hex::decode(text.strip_prefix("0x")?).ok());
    let proof = proof.ok_or_else(|| {
        let problem = "not 0x and hexadecimal digits, or too long".to_owned();
        let hint = "the proof as `zkmargin export calldata` shows it";
        read.wrong(&format!("{path}.credit.proof"), problem, hint)
    })?;
    Ok(Credit {
        verifier: file.verifier,
        epoch: file.epoch,
        market,
        proof: Bytes::from(proof),
    })
}
