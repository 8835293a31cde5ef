//! The verdict on a margin proof.

use std::path::PathBuf;
use std::time::Instant;

use zkmargin_engine::file::read_bounded;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::size::Size;
use zkmargin_engine::units::{apart, format_element};
use zkmargin_engine::Fr;

use super::clock::{Age, AgeOptions};
use super::kind::{self, FileKind, LONGEST_INPUT};
use super::margin_report::{time_text, undecided_text, verified_text, Report, Timed};
use super::number;
use super::number::whole;
use super::options::wrong;
use super::{json, policy, Answer, Data, Outcome};
use crate::bundle::Bundle;
use crate::error::VerifyError;
use crate::key::ProofKey;
use crate::light::LightKey;
use crate::no::{usd, No};
use crate::verify::{verify, Bound, Expectations};

/// Options of the command.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyOptions {
    /// Proof bundle
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// Risk model that the proof must be about: `rm1`, `wide` or a TOML file; if left out, that of
    /// the key in --protocol, else rm1
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Key from `zkmargin export protocol`
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,
    /// Digest that the key in --protocol must have; without it the key is taken on trust
    #[arg(long, value_name = "HEX", requires = "protocol")]
    key_digest: Option<String>,
    /// Market file that the proof must be about
    #[arg(long, value_name = "FILE", conflicts_with = "market_digest")]
    market: Option<PathBuf>,
    /// Digest of the market that the proof must be about
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    market_digest: Option<String>,
    /// Book root that the account must be in
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    book: Option<String>,
    /// Nullifier that the proof must have
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    nullifier: Option<String>,
    /// Scope that the proof must have
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    scope: Option<String>,
    /// Message that the proof must be bound to
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    message: Option<String>,
    /// Ratio that the proof must be for, in basis points of the initial margin
    #[arg(long, value_name = "BP", conflicts_with = "min_ratio", value_parser = whole::<u16>)]
    ratio: Option<u16>,
    /// Least ratio that the proof may be for, in basis points of the initial margin
    #[arg(long, value_name = "BP", value_parser = whole::<u16>)]
    min_ratio: Option<u16>,
    /// Buffer that the proof must be for, in USD
    #[arg(
        long,
        value_name = "USD",
        allow_hyphen_values = true,
        conflicts_with = "min_buffer"
    )]
    buffer: Option<String>,
    /// Least buffer that the proof may be for, in USD
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    min_buffer: Option<String>,
    #[command(flatten)]
    age: AgeOptions,
    /// Say yes only if nothing is taken on trust: exit 2 otherwise, and under an insecure setup
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where keys are from that no protocol file brings.
pub trait KeySource {
    /// Why there is none.
    type Error: From<VerifyError>;

    /// The key of a policy and a size.
    ///
    /// # Errors
    /// When there is none.
    fn key(&self, policy: &Policy, size: Size) -> Result<Box<dyn ProofKey>, Self::Error>;
}

/// What the proof is to be held against.
enum Asked {
    /// A key from a file, and its policy where the program or the verifier knows it.
    Protocol(Box<LightKey>, Option<Policy>),
    /// The source's key of a policy.
    Policy(Policy),
}

impl Asked {
    fn policy(&self) -> Option<&Policy> {
        match self {
            Asked::Protocol(_, policy) => policy.as_ref(),
            Asked::Policy(policy) => Some(policy),
        }
    }

    /// Name and digest of the policy.
    fn named(&self) -> (String, Fr) {
        match self {
            Asked::Protocol(key, _) => {
                let facts = key.facts();
                (facts.policy_name.clone(), facts.policy)
            }
            Asked::Policy(policy) => (policy.name().to_owned(), policy.digest()),
        }
    }
}

/// Checks a proof as the options ask, under their protocol file or a key of the source.
///
/// # Errors
/// When nobody could tell: a file or an option cannot be used, or there is no key. A proof that
/// does not hold is an outcome.
pub fn verify_proof<S: KeySource>(
    options: &VerifyOptions,
    source: &S,
) -> Result<Outcome, S::Error> {
    let file = options.proof.display().to_string();
    let bundle = kind::read(&options.proof, FileKind::Bundle, Bundle::from_json)?;
    let asked = options.asked()?;
    refuse_other_policy(&bundle, file, asked.named())?;
    let (expected, age) = options.expected(asked.policy())?;
    let key: Box<dyn ProofKey> = match asked {
        Asked::Protocol(key, _) => key,
        Asked::Policy(policy) => source.key(&policy, bundle.size)?,
    };
    let started = Instant::now();
    let verdict = verify(key.as_ref(), &bundle, &expected);
    let seconds = started.elapsed().as_secs_f64();
    Ok(match verdict {
        Ok(verdict) => options.holds(&bundle, &Timed { verdict, seconds }, age),
        Err(no) => options.fails(&bundle, &no, age),
    })
}

/// A proof under another policy is not looked at: the question makes no sense.
fn refuse_other_policy(
    bundle: &Bundle,
    file: String,
    (policy, wanted): (String, Fr),
) -> Result<(), VerifyError> {
    let found = bundle.statement.policy;
    match found == wanted {
        true => Ok(()),
        false => Err(VerifyError::OtherPolicy {
            file,
            found: format_element(&found),
            policy,
            wanted: format_element(&wanted),
        }),
    }
}

impl VerifyOptions {
    fn asked(&self) -> Result<Asked, VerifyError> {
        let named = self.policy.as_deref();
        let Some(path) = &self.protocol else {
            return Ok(Asked::Policy(policy::load(named.unwrap_or("rm1"))?));
        };
        let digest = number::digest("key-digest", self.key_digest.as_ref())?;
        let bytes = read_bounded(path, LONGEST_INPUT)?;
        let file = path.display().to_string();
        let key = LightKey::from_bytes(&bytes, &file, digest);
        let refused = |error| FileKind::Protocol.mistaken(&file, &bytes).unwrap_or(error);
        let key = key.map_err(refused)?;
        let of_key = key.facts().policy;
        let policy = match named {
            None => policy::bundled(of_key).cloned(),
            Some(named) => {
                let policy = policy::load(named)?;
                if policy.digest() != of_key {
                    let problem = format!(
                        "the key in --protocol is of another policy, {}",
                        format_element(&of_key)
                    );
                    let hint = "name the policy of the key, or the key of the policy";
                    return Err(wrong("policy", named, problem, hint));
                }
                Some(policy)
            }
        };
        Ok(Asked::Protocol(Box::new(key), policy))
    }

    /// What the options say about the statement, and the market's age where it is known.
    fn expected(
        &self,
        policy: Option<&Policy>,
    ) -> Result<(Expectations, Option<Age>), VerifyError> {
        let market = match (&self.market, policy) {
            (None, _) => None,
            (Some(path), Some(policy)) => Some(kind::read_market(path, policy)?),
            (Some(path), None) => {
                let problem = "cannot be read without the policy of the key";
                let hint = "name the policy with --policy";
                return Err(wrong("market", path.display(), problem, hint));
            }
        };
        let age = market.as_ref().map(|m| self.age.of(m.time())).transpose()?;
        let most = self.age.most()?;
        if let (Some(_), Some(text), None) = (most, &self.age.max_age, age) {
            let problem = "the age of a market that is not at hand is not known";
            return Err(wrong(
                "max-age",
                text,
                problem,
                "name the market's file with --market",
            ));
        }
        let exact = self.ratio.map(Bound::Exactly);
        let ratio = exact.or(self.min_ratio.map(Bound::AtLeast));
        let buffer = |option, text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| number::buffer(option, text)).transpose()
        };
        let exact = buffer("buffer", &self.buffer)?.map(Bound::Exactly);
        let least = buffer("min-buffer", &self.min_buffer)?;
        let digest = number::optional("market-digest", self.market_digest.as_ref())?;
        let expected = Expectations {
            market: market.map(|m| m.digest()).or(digest),
            book: number::optional("book", self.book.as_ref())?,
            nullifier: number::optional("nullifier", self.nullifier.as_ref())?,
            scope: number::optional("scope", self.scope.as_ref())?,
            message: number::optional("message", self.message.as_ref())?,
            ratio,
            buffer: exact.or(least.map(Bound::AtLeast)),
            age: age.zip(most).map(|(age, most)| (age.age, most)),
        };
        Ok((expected, age))
    }

    /// The answer to a proof that holds.
    fn holds(&self, bundle: &Bundle, timed: &Timed, age: Option<Age>) -> Outcome {
        let verdict = &timed.verdict;
        let on_trust = verdict.on_trust();
        let insecure = verdict.key.insecure;
        let untold = self.strict && (insecure || !on_trust.is_empty());
        let answer = if untold { Answer::Untold } else { Answer::Yes };
        let reason = untold.then(|| match on_trust.is_empty() {
            true => "the setup is insecure".to_owned(),
            false => format!("taken on trust: {}", on_trust.join(", ")),
        });
        let data = match self.json {
            true => Data::Json(json(&Report {
                verified: answer == Answer::Yes && !insecure,
                answer: answer.under(insecure),
                reason,
                key_digest: verdict.key.digest.map(|d| format!("0x{}", hex::encode(d))),
                key_origin: Some(verdict.key.origin.name()),
                checked: verdict.checked.iter().map(|row| row.name()).collect(),
                trusted: on_trust,
                insecure,
                seconds: Some(timed.seconds),
                ..Report::of(bundle, age)
            })),
            false => {
                let time = time_text(age);
                Data::Words(match reason {
                    Some(reason) => undecided_text(&reason, timed, &time),
                    None => verified_text(timed, &time),
                })
            }
        };
        Outcome {
            answer,
            data,
            note: None,
        }
    }

    /// The answer to a proof that does not.
    fn fails(&self, bundle: &Bundle, no: &No, age: Option<Age>) -> Outcome {
        let statement = &bundle.statement;
        let text = no.to_string();
        let (problem, hint) = text.split_at(text.find("\nhint: ").unwrap_or(text.len()));
        let note = format!(
            "NOT VERIFIED: {problem}\nthe bundle says: ratio {} bp, buffer {} USD; market: {}{hint}",
            statement.ratio,
            apart(&usd(statement.buffer), 2),
            time_text(age)
        );
        let report = || Report {
            reason: Some(no.reason()),
            ..Report::of(bundle, age)
        };
        Outcome {
            answer: Answer::No,
            data: match self.json {
                true => Data::Json(json(&report())),
                false => Data::Words(String::new()),
            },
            note: Some(note),
        }
    }
}
