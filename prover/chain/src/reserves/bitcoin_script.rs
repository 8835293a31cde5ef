//! Witnesses of P2WSH, for the two scripts that hold reserves: the key of one, and m keys of n.
//!
//! | script | witness before it |
//! |---|---|
//! | `key CHECKSIG` | a signature |
//! | `m key … key n CHECKMULTISIG` | nothing, then m signatures in the order of their keys |
//!
//! Any other script is not run: nobody can tell what it shows.

use ::bitcoin::hashes::Hash;
use ::bitcoin::opcodes::all::{OP_CHECKMULTISIG, OP_CHECKSIG};
use ::bitcoin::script::Instruction;
use ::bitcoin::secp256k1::{Message, PublicKey, Secp256k1};
use ::bitcoin::sighash::{EcdsaSighashType, SighashCache};
use ::bitcoin::{ecdsa, Script, ScriptBuf, Transaction, TxOut, Witness};

use super::signature::{SignatureFault, Signed};

const SCRIPT: &str =
    "a witness that spends by a script, which this program does not run: it checks the \
                      key of one, and m keys of n";
/// Keys that CHECKMULTISIG takes at most here, as a script names them by one opcode.
const MOST_KEYS: usize = 16;

/// Keys of a script, and how many of them must sign; the first of them that is none is an error.
struct Quorum {
    needed: usize,
    keys: Vec<PublicKey>,
}

/// Whether a witness signs for the script that an address of P2WSH commits to.
pub(super) fn spent(
    to_sign: &Transaction,
    spent: &TxOut,
    witness: &Witness,
) -> Result<Signed, SignatureFault> {
    let form = SignatureFault::Form;
    let parts: Vec<&[u8]> = witness.iter().collect();
    let (script, parts) = parts.split_last().ok_or(form("the witness is empty"))?;
    let script = Script::from_bytes(script);
    if ScriptBuf::new_p2wsh(&script.wscript_hash()) != spent.script_pubkey {
        return Ok(Signed::No(SignatureFault::Foreign));
    }
    let Some(words) = words(script) else {
        return Ok(Signed::Untold(SCRIPT));
    };
    let (quorum, signatures) = match (single(&words), several(&words)) {
        (Some(quorum), _) => (quorum?, parts),
        (_, Some(quorum)) => match parts {
            // CHECKMULTISIG takes one more than it needs, which has to be empty.
            [[], signatures @ ..] => (quorum?, signatures),
            _ => return Err(form("the witness of m keys of n begins with nothing")),
        },
        _ => return Ok(Signed::Untold(SCRIPT)),
    };
    if signatures.len() != quorum.needed {
        let problem = "the witness has more or fewer signatures than its script needs";
        return Err(form(problem));
    }
    let hash = SighashCache::new(to_sign)
        .p2wsh_signature_hash(0, script, spent.value, EcdsaSighashType::All)
        .map_err(|_| form("not the script of its address"))?;
    quorum.signed(signatures, &Message::from_digest(hash.to_byte_array()))
}

impl Quorum {
    /// Each signature is of a later key than the one before it.
    fn signed(&self, signatures: &[&[u8]], message: &Message) -> Result<Signed, SignatureFault> {
        let form = SignatureFault::Form;
        let secp = Secp256k1::verification_only();
        let mut keys = self.keys.iter();
        for bytes in signatures {
            let signature = ecdsa::Signature::from_slice(bytes)
                .map_err(|_| form("the witness has no signature"))?;
            if signature.sighash_type != EcdsaSighashType::All {
                return Err(form("the signature is not over everything"));
            }
            let by = |key: &PublicKey| secp.verify_ecdsa(message, &signature.signature, key);
            if !keys.any(|key| by(key).is_ok()) {
                return Ok(Signed::No(SignatureFault::Foreign));
            }
        }
        Ok(Signed::Yes)
    }
}

fn key(bytes: &[u8]) -> Result<PublicKey, SignatureFault> {
    let compressed = Some(bytes).filter(|bytes| bytes.len() == 33);
    let key = compressed.and_then(|bytes| PublicKey::from_slice(bytes).ok());
    key.ok_or(SignatureFault::Form("the script has no compressed key"))
}

fn words(script: &Script) -> Option<Vec<Instruction<'_>>> {
    script.instructions_minimal().collect::<Result<_, _>>().ok()
}

/// `key CHECKSIG`.
fn single(script: &[Instruction<'_>]) -> Option<Result<Quorum, SignatureFault>> {
    match script {
        [Instruction::PushBytes(bytes), Instruction::Op(OP_CHECKSIG)] => {
            let keys = key(bytes.as_bytes()).map(|key| vec![key]);
            Some(keys.map(|keys| Quorum { needed: 1, keys }))
        }
        _ => None,
    }
}

/// `m key … key n CHECKMULTISIG`.
fn several(script: &[Instruction<'_>]) -> Option<Result<Quorum, SignatureFault>> {
    let [needed, keys @ .., count, Instruction::Op(OP_CHECKMULTISIG)] = script else {
        return None;
    };
    let (needed, count) = (number(needed)?, number(count)?);
    if !(1..=count).contains(&needed) || count > MOST_KEYS || keys.len() != count {
        return None;
    }
    let mut bytes = Vec::with_capacity(count);
    for part in keys {
        match part {
            Instruction::PushBytes(part) => bytes.push(part.as_bytes()),
            Instruction::Op(_) => return None,
        }
    }
    let keys: Result<Vec<PublicKey>, _> = bytes.into_iter().map(key).collect();
    Some(keys.map(|keys| Quorum { needed, keys }))
}

/// A number of 1 to 16 that an opcode stands for.
fn number(part: &Instruction<'_>) -> Option<usize> {
    part.script_num()
        .and_then(|number| usize::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use base64::prelude::{Engine as _, BASE64_STANDARD};

    use super::super::bitcoin::check;
    use super::super::signature::Scheme;
    use super::*;

    fn checked(address: &str, text: &str, signature: &str) -> Signed {
        let signature = BASE64_STANDARD.decode(signature).unwrap();
        check(Scheme::Bip322, address, text, &signature)
    }

    /// 2 keys of 3; from `tests/bip322_p2wsh.py`, which has neither this library nor another one.
    const TWO: &str = "bc1qwwd0j92zhmm0dhttwvny0kprr5uj8wuv82yuvwmznnt7e07de7yss89cqt";
    const SCRIPT: &str =
        "aVIhAsiGh2UeL0MPZSEuV0P9ccf/uM2HyQpLGdga6gP65stOIQJ9NpK3h8aAZ5tUQON0B9Pw9UP6SLjp\
                          tB1iiTeZzt+0EyEC3tOXEPJRl/E7RzhjvVkUoY6aDIPVXgtRKf+1YYPLFRRTrg==";
    const BY: [&str; 3] = [
        "SDBFAiEA2Mq8z/xemxn05HuWmVgkHDHcTddq/PAGk9f1ikMHj9UCICulQh20uyxw7hcd0aSRgwUSyf2qe5RJNLwJsh45ii86AQ==",
        "SDBFAiEAvqD/hNEU98GKvW1Uml4Yo0JnjP5xY4LqpC3QsQaXpd4CIGZG7lDbMsQQbucDvGjHZddmyQeZaQIdnXmoBevF9OcwAQ==",
        "RzBEAiB6FTAmH+q6k4fhXy0I2H+B2Bb7E9enhxp/+j24WtcaAgIgGBNSmjz/nxBVfXS7l1XgKu2TDMLNHddkxMvIOYuxLjgB",
    ];

    /// A witness of so many parts: what begins it, signatures, the script.
    fn witness(first: &[u8], by: &[usize]) -> String {
        let decoded = |text: &str| BASE64_STANDARD.decode(text).unwrap();
        let mut bytes = vec![by.len() as u8 + 2];
        bytes.extend(first);
        for n in by {
            bytes.extend(decoded(BY[*n]));
        }
        bytes.extend(decoded(SCRIPT));
        BASE64_STANDARD.encode(bytes)
    }

    #[test]
    fn witnesses_of_scripts() {
        let foreign = Signed::No(SignatureFault::Foreign);
        let of = |text, by: &[usize]| checked(TWO, text, &witness(&[0], by));
        for by in [[0, 1], [0, 2], [1, 2]] {
            assert_eq!(of("Hello World", &by), Signed::Yes, "{by:?}");
            assert_eq!(of("Hello World.", &by), foreign);
        }
        // In another order, one key twice.
        for by in [[1, 0], [2, 0], [0, 0]] {
            assert_eq!(of("Hello World", &by), foreign, "{by:?}");
        }
        // One of two, three, none; something where nothing has to be.
        for by in [&[0][..], &[0, 1, 2], &[]] {
            let out = of("Hello World", by);
            assert!(
                matches!(out, Signed::No(SignatureFault::Form(_))),
                "{out:?}"
            );
        }
        let out = checked(TWO, "Hello World", &witness(&[1, 1], &[0, 1]));
        assert!(
            matches!(out, Signed::No(SignatureFault::Form(_))),
            "{out:?}"
        );
        let one = "bc1qnwpxg0vlmkwcsgs5kk6qg2h7uuqegaan07scre6ygeg7fnf53k7s090hsw";
        let by = "AkgwRQIhALYqA3v7EUXixtNvcwyUMn4JNePe2pUtH4b/VStvfdm4AiAwJrjg13nGjGYxTh4+6KARx/hWgm+MoJe33\
                  /KTyheFDwEjIQLIhodlHi9DD2UhLldD/XHH/7jNh8kKSxnYGuoD+ubLTqw=";
        assert_eq!(checked(one, "Hello World", by), Signed::Yes);
        assert_eq!(checked(one, "Hello", by), foreign);
        // The script of another address.
        assert_eq!(checked(TWO, "Hello World", by), foreign);
        assert_eq!(
            checked(one, "Hello World", &witness(&[0], &[0, 1])),
            foreign
        );
        // A script that asks nobody for anything is not run.
        let anyone = "bc1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsq2gp3gp";
        let out = checked(anyone, "Hello World", "AQFR");
        assert!(matches!(out, Signed::Untold(_)), "{out:?}");
        let out = checked(TWO, "Hello World", "AA==");
        assert!(
            matches!(out, Signed::No(SignatureFault::Form(_))),
            "{out:?}"
        );
    }

    /// Scripts that are nearly of the two forms.
    #[test]
    fn other_scripts_are_not_run() {
        let key = BASE64_STANDARD.decode(SCRIPT).unwrap()[3..36].to_vec();
        let push = [&[33][..], &key].concat();
        let scripts: [Vec<u8>; 6] = [
            // 0 of 1, 2 of 1, 1 of 2 with one key, 17 keys.
            [&[0][..], &push, &[0x51, 0xae]].concat(),
            [&[0x52][..], &push, &[0x51, 0xae]].concat(),
            [&[0x51][..], &push, &[0x52, 0xae]].concat(),
            [&[0x51][..], &push.repeat(17), &[1, 17, 0xae]].concat(),
            // Verified, and then whatever comes.
            [&push[..], &[0xad, 0x51]].concat(),
            [&[0x51][..], &push, &[0x51, 0xaf, 0x51]].concat(),
        ];
        for bytes in scripts {
            let words = words(Script::from_bytes(&bytes)).unwrap();
            assert!(
                single(&words).is_none() && several(&words).is_none(),
                "{bytes:?}"
            );
        }
        // A key that is none.
        let bytes = [&[33, 5][..], &key[1..], &[0xac]].concat();
        let words = words(Script::from_bytes(&bytes)).unwrap();
        assert!(matches!(single(&words), Some(Err(_))));
    }
}
