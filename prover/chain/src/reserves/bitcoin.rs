//! Addresses and messages of Bitcoin.
//!
//! | scheme | addresses | signature |
//! |---|---|---|
//! | BIP-137 | P2PKH, P2SH-P2WPKH, P2WPKH | 65 bytes: a header of 27 to 42, r, s |
//! | BIP-322, simple | P2WPKH, P2TR by its key, P2WSH by the script of a key or of m keys of n | the witness that would spend an output of the address |
//!
//! Without the feature `bitcoin` the program reads no such address.

#[cfg(not(feature = "bitcoin"))]
pub(super) use absent::{address, check};
#[cfg(feature = "bitcoin")]
pub(super) use present::{address, check, script};

#[cfg(not(feature = "bitcoin"))]
mod absent {
    use super::super::signature::{Scheme, Signed};

    const ABSENT: &str = "this program was built without Bitcoin";

    pub fn address(_: &str) -> Result<String, &'static str> {
        Err(ABSENT)
    }

    pub fn check(_: Scheme, _: &str, _: &str, _: &[u8]) -> Signed {
        Signed::Untold(ABSENT)
    }
}

#[cfg(feature = "bitcoin")]
mod present {
    use ::bitcoin::absolute::LockTime;
    use ::bitcoin::consensus::encode::deserialize;
    use ::bitcoin::hashes::{sha256, Hash, HashEngine};
    use ::bitcoin::key::{CompressedPublicKey, XOnlyPublicKey};
    use ::bitcoin::opcodes::all::OP_RETURN;
    use ::bitcoin::opcodes::OP_0;
    use ::bitcoin::script::Builder;
    use ::bitcoin::secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
    use ::bitcoin::secp256k1::{Message, Secp256k1};
    use ::bitcoin::sighash::{EcdsaSighashType, Prevouts, SighashCache, TapSighashType};
    use ::bitcoin::sign_message::{signed_msg_hash, MessageSignature};
    use ::bitcoin::transaction::Version;
    use ::bitcoin::{
        ecdsa, taproot, Address, AddressType, Amount, Network, OutPoint, ScriptBuf, Sequence,
        Transaction, TxIn, TxOut, Txid, Witness,
    };

    use super::super::bitcoin_script;
    use super::super::signature::{Scheme, SignatureFault, Signed};

    const KIND: &str = "a kind of address whose signatures this program does not check: it checks \
                        P2PKH, P2SH-P2WPKH, P2WPKH, P2WSH by BIP-322 and, by its key, P2TR";
    const SCRIPT: &str = "a witness that spends by a script, which this program does not run";

    fn parsed(text: &str) -> Result<Address, &'static str> {
        let address: Address<_> = text.parse().map_err(|_| "not an address of Bitcoin")?;
        address
            .require_network(Network::Bitcoin)
            .map_err(|_| "an address of a test network")
    }

    /// An address of the main chain in the one spelling of its kind.
    pub fn address(text: &str) -> Result<String, &'static str> {
        Ok(parsed(text)?.to_string())
    }

    /// The script of an address as nodes write it.
    pub fn script(address: &str) -> Result<String, &'static str> {
        Ok(parsed(address)?.script_pubkey().to_hex_string())
    }

    /// Whether the key of an address signed a text.
    pub fn check(scheme: Scheme, address: &str, text: &str, signature: &[u8]) -> Signed {
        let Ok(address) = parsed(address) else {
            return Signed::No(SignatureFault::Form("not an address of Bitcoin"));
        };
        let result = match scheme {
            Scheme::Bip137 => recovered(&address, text, signature),
            _ => witnessed(&address, text, signature),
        };
        result.unwrap_or_else(Signed::No)
    }

    fn form<E>(what: &'static str) -> impl FnOnce(E) -> SignatureFault {
        move |_| SignatureFault::Form(what)
    }

    fn told(holds: bool) -> Signed {
        match holds {
            true => Signed::Yes,
            false => Signed::No(SignatureFault::Foreign),
        }
    }

    /// BIP-137. A header of 31 to 34 is of a compressed key, whose every kind of address many wallets
    /// sign for with it; 35 to 38 and 39 to 42 name P2SH-P2WPKH and P2WPKH.
    fn recovered(address: &Address, text: &str, bytes: &[u8]) -> Result<Signed, SignatureFault> {
        let (header, rs) = match bytes {
            [header @ 27..=42, rs @ ..] if rs.len() == 64 => (header - 27, rs),
            [_, rs @ ..] if rs.len() == 64 => {
                return Err(SignatureFault::Form(
                    "the first byte of a signature is 27 to 42",
                ))
            }
            other => return Err(SignatureFault::Length(other.len())),
        };
        let recovery =
            RecoveryId::from_i32(i32::from(header & 3)).map_err(form("no recovery id"))?;
        let signature =
            RecoverableSignature::from_compact(rs, recovery).map_err(|_| SignatureFault::Range)?;
        let signature = MessageSignature::new(signature, header >= 4);
        let key = signature
            .recover_pubkey(&Secp256k1::verification_only(), signed_msg_hash(text))
            .map_err(|_| SignatureFault::NoKey)?;
        let compressed = CompressedPublicKey(key.inner);
        let p2pkh = Address::p2pkh(key, Network::Bitcoin);
        let nested = Address::p2shwpkh(&compressed, Network::Bitcoin);
        let witness = Address::p2wpkh(&compressed, Network::Bitcoin);
        Ok(match (header / 4, address.address_type()) {
            (0 | 1, Some(AddressType::P2pkh)) => told(p2pkh == *address),
            (1 | 2, Some(AddressType::P2sh)) => told(nested == *address),
            (1 | 3, Some(AddressType::P2wpkh)) => told(witness == *address),
            (_, Some(AddressType::P2pkh | AddressType::P2sh | AddressType::P2wpkh)) => Signed::No(
                SignatureFault::Form("the first byte is of another kind of address"),
            ),
            _ => Signed::Untold(KIND),
        })
    }

    /// BIP-322, simple: the signature is the witness of a transaction that spends the one output of
    /// another, which commits to the text and pays to the address.
    fn witnessed(address: &Address, text: &str, bytes: &[u8]) -> Result<Signed, SignatureFault> {
        let witness: Witness =
            deserialize(bytes).map_err(form("not a witness, as BIP-322 writes it"))?;
        let spent = TxOut {
            value: Amount::ZERO,
            script_pubkey: address.script_pubkey(),
        };
        let to_sign = spending(&spent, text, &witness);
        let mut cache = SighashCache::new(&to_sign);
        match address.address_type() {
            Some(AddressType::P2wpkh) => by_key(address, &mut cache, &spent, &witness),
            Some(AddressType::P2tr) if witness.len() == 1 => {
                by_taproot_key(&mut cache, &spent, &witness)
            }
            Some(AddressType::P2wsh) => bitcoin_script::spent(&to_sign, &spent, &witness),
            Some(AddressType::P2tr) => Ok(Signed::Untold(SCRIPT)),
            _ => Ok(Signed::Untold(KIND)),
        }
    }

    /// A witness of a signature and a key, for an address of that key.
    fn by_key(
        address: &Address,
        cache: &mut SighashCache<&Transaction>,
        spent: &TxOut,
        witness: &Witness,
    ) -> Result<Signed, SignatureFault> {
        let secp = Secp256k1::verification_only();
        let [signature, key] = parts(witness)?;
        let key = CompressedPublicKey::from_slice(key)
            .map_err(form("the witness has no compressed key"))?;
        if Address::p2wpkh(&key, Network::Bitcoin) != *address {
            return Ok(told(false));
        }
        let signature = ecdsa::Signature::from_slice(signature)
            .map_err(form("the witness has no signature"))?;
        if signature.sighash_type != EcdsaSighashType::All {
            return Err(SignatureFault::Form("the signature is not over everything"));
        }
        let (script, all) = (&spent.script_pubkey, EcdsaSighashType::All);
        let hash = cache
            .p2wpkh_signature_hash(0, script, spent.value, all)
            .map_err(form("not the script of its address"))?;
        let message = Message::from_digest(hash.to_byte_array());
        let checked = secp.verify_ecdsa(&message, &signature.signature, &key.0);
        Ok(told(checked.is_ok()))
    }

    /// A witness of a signature, for an address that is a key.
    fn by_taproot_key(
        cache: &mut SighashCache<&Transaction>,
        spent: &TxOut,
        witness: &Witness,
    ) -> Result<Signed, SignatureFault> {
        let secp = Secp256k1::verification_only();
        let [signature] = parts(witness)?;
        let signature = taproot::Signature::from_slice(signature)
            .map_err(form("the witness has no signature"))?;
        let kind = signature.sighash_type;
        if !matches!(kind, TapSighashType::Default | TapSighashType::All) {
            return Err(SignatureFault::Form("the signature is not over everything"));
        }
        let hash = cache
            .taproot_key_spend_signature_hash(0, &Prevouts::All(&[spent]), kind)
            .map_err(form("not the script of its address"))?;
        // The script is OP_1, a length and the key.
        let key = XOnlyPublicKey::from_slice(&spent.script_pubkey.as_bytes()[2..])
            .map_err(|_| SignatureFault::NoKey)?;
        let message = Message::from_digest(hash.to_byte_array());
        let checked = secp.verify_schnorr(&signature.signature, &message, &key);
        Ok(told(checked.is_ok()))
    }

    fn parts<const N: usize>(witness: &Witness) -> Result<[&[u8]; N], SignatureFault> {
        let parts: Vec<&[u8]> = witness.iter().collect();
        parts.try_into().map_err(form(
            "the witness has more or fewer parts than its address needs",
        ))
    }

    /// The transaction of BIP-322 that spends the output of the one that commits to a text.
    fn spending(spent: &TxOut, text: &str, witness: &Witness) -> Transaction {
        let to_spend = Transaction {
            version: Version(0),
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::new(Txid::all_zeros(), u32::MAX),
                script_sig: Builder::new()
                    .push_opcode(OP_0)
                    .push_slice(message_hash(text))
                    .into_script(),
                sequence: Sequence::ZERO,
                witness: Witness::new(),
            }],
            output: vec![spent.clone()],
        };
        Transaction {
            version: Version(0),
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::new(to_spend.compute_txid(), 0),
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ZERO,
                witness: witness.clone(),
            }],
            output: vec![TxOut {
                value: Amount::ZERO,
                script_pubkey: Builder::new().push_opcode(OP_RETURN).into_script(),
            }],
        }
    }

    /// The tagged hash of a message (BIP-340, BIP-322).
    fn message_hash(text: &str) -> [u8; 32] {
        let tag = sha256::Hash::hash(b"BIP0322-signed-message");
        let mut engine = sha256::Hash::engine();
        engine.input(tag.as_byte_array());
        engine.input(tag.as_byte_array());
        engine.input(text.as_bytes());
        sha256::Hash::from_engine(engine).to_byte_array()
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use base64::prelude::{Engine as _, BASE64_STANDARD};

        fn checked(scheme: Scheme, address: &str, text: &str, signature: &str) -> Signed {
            check(
                scheme,
                address,
                text,
                &BASE64_STANDARD.decode(signature).unwrap(),
            )
        }

        /// From the text of BIP-322 and its reference tests.
        #[test]
        fn witnesses_of_the_standard() {
            let p2wpkh = "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l";
            let empty =
                "AkcwRAIgM2gBAQqvZX15ZiysmKmQpDrG83avLIT492QBzLnQIxYCIBaTpOaD20qRlEylyxFSeEA2\
                         ba9YOixpX8z46TSDtS40ASECx/EgAxlkQpQ9hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI=";
            let hello =
                "AkcwRAIgZRfIY3p7/DoVTty6YZbWS71bc5Vct9p9Fia83eRmw2QCICK/ENGfwLtptFluMGs2KsqoNSk8\
                         9pO7F29zJLUx9a/sASECx/EgAxlkQpQ9hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI=";
            let of = |address, text, signature| checked(Scheme::Bip322, address, text, signature);
            assert_eq!(of(p2wpkh, "", empty), Signed::Yes);
            assert_eq!(of(p2wpkh, "Hello World", hello), Signed::Yes);
            let foreign = Signed::No(SignatureFault::Foreign);
            assert_eq!(of(p2wpkh, "Hello World", empty), foreign);
            let taproot = "bc1ppv609nr0vr25u07u95waq5lucwfm6tde4nydujnu8npg4q75mr5sxq8lt3";
            let by_key =
                "AUHd69PrJQEv+oKTfZ8l+WROBHuy9HKrbFCJu7U1iK2iiEy1vMU5EfMtjc+VSHM7aU0SDbak5IUZRVno\
                          2P5mjSafAQ==";
            assert_eq!(of(taproot, "Hello World", by_key), Signed::Yes);
            assert_eq!(of(taproot, "Hello World.", by_key), foreign);
            // Another address, another kind, no witness.
            let other = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";
            assert_eq!(of(other, "Hello World", hello), foreign);
            assert!(matches!(
                of(taproot, "Hello World", hello),
                Signed::Untold(_)
            ));
            let out = of(p2wpkh, "Hello World", by_key);
            assert!(
                matches!(out, Signed::No(SignatureFault::Form(_))),
                "{out:?}"
            );
            let out = check(Scheme::Bip322, p2wpkh, "", &[3, 1]);
            assert!(
                matches!(out, Signed::No(SignatureFault::Form(_))),
                "{out:?}"
            );
        }

        /// From the documentation of bitcoinjs-message.
        #[test]
        fn a_message_of_another_program() {
            let address = "1F3sAm6ZtwLAUnj7d38pGFxtP3RVEvtsbV";
            let text = "This is an example of a signed message.";
            let signature =
                "H9L5yLFjti0QTHhPyFrZCT1V/MMnBtXKmoiKDZ78NDBjERki6ZTQZdSMCtkgoNmp17By9ItJr8o7ChX0XxY91nk=";
            let of = |address, text| checked(Scheme::Bip137, address, text, signature);
            assert_eq!(of(address, text), Signed::Yes);
            let foreign = Signed::No(SignatureFault::Foreign);
            assert_eq!(of(address, "This is another"), foreign);
            assert_eq!(of("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", text), foreign);
            let taproot = "bc1ppv609nr0vr25u07u95waq5lucwfm6tde4nydujnu8npg4q75mr5sxq8lt3";
            assert!(matches!(of(taproot, text), Signed::Untold(_)));
            for bytes in [&[31; 64][..], &[31; 66], &[], &[26; 65], &[43; 65]] {
                let out = check(Scheme::Bip137, address, text, bytes);
                assert!(matches!(out, Signed::No(_)), "{out:?}");
            }
        }

        #[test]
        fn addresses_of_the_main_chain_alone() {
            let upper = "BC1Q9VZA2E8X573NCZRLZMS0WVX3GSQJX7VAVGKX0L";
            assert_eq!(address(upper).unwrap(), upper.to_lowercase());
            for bad in [
                "tb1q9vza2e8x573nczrlzms0wvx3gsqjx7vahlpw6y",
                "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0m",
                "1F3sAm6ZtwLAUnj7d38pGFxtP3RVEvtsbW",
                "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
                "",
            ] {
                assert!(address(bad).is_err(), "{bad}");
            }
        }
    }
}
