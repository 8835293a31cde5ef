//! `zkmargin demo`

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;
use zkmargin_circuits::margin::witness::{fitting_size, Request};
use zkmargin_desk::generate::account::{account, AccountSpec, Generated, HolderSpec, Style};
use zkmargin_desk::generate::market::{market, MarketSpec, DEFAULT_TIME};
use zkmargin_desk::report::{EvaluationReport, Subject as ReportSubject};
use zkmargin_engine::account::Secret;
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk::evaluate;
use zkmargin_engine::size::Size;
use zkmargin_engine::Fr;
use zkmargin_keys::key::{key_shape, Key};
use zkmargin_keys::setup::Setup;
use zkmargin_keys::verify::DerivedKey;
use zkmargin_prover::error::ProverError;
use zkmargin_prover::keys::ProvingKey;
use zkmargin_prover::prove::{prove, Subject};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::command::{counted, verified_text, Timed};
use zkmargin_verifier::verdict::No;
use zkmargin_verifier::verify::{verify, Bound, Expectations};

use super::circuit_options::SetupOption;
use super::console;
use super::demo_chain;
use super::error::CliError;
use super::exit::Answer;
use super::files::PolicyOption;
use super::margin_bound::INITIAL;
use super::prove_report::Report;

/// Seeds of the bundled market and account.
const MARKET_SEED: u64 = 7;
const ACCOUNT_SEED: u64 = 9;
/// The secret of the bundled account, which is secret from nobody.
const SECRET: &str = include_str!("demo/identity.json");
/// Positions of the account, over three underlyings.
const POSITIONS: usize = 24;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    policy: PolicyOption,
    /// Print the report, the proof bundle and the figures as JSON; with --chain, every step
    #[arg(long)]
    json: bool,
    /// Collateral that moves on proofs: the contracts on a local chain, from opening to seizure
    #[arg(long, conflicts_with = "policy")]
    chain: bool,
    /// anvil, which runs the local chain; if left out, $ZKMARGIN_ANVIL, npm's in the folder of the
    /// contracts, the one on the path
    #[arg(long, value_name = "PATH", requires = "chain")]
    anvil: Option<PathBuf>,
    /// Folder of the contracts; if left out, `contracts` here or in a folder above
    #[arg(long, value_name = "DIR", requires = "chain")]
    contracts: Option<PathBuf>,
}

#[derive(Serialize)]
struct JsonReport {
    evaluation: EvaluationReport,
    bundle: serde_json::Value,
    proof: Report,
    verified: bool,
    verification_seconds: f64,
}

/// The bundled data.
struct Scene {
    policy: Policy,
    market: Market,
    account: Generated,
    secret: Secret,
    size: Size,
}

impl Scene {
    fn new(policy: Policy) -> Result<Scene, CliError> {
        let market = bundled_market(&policy, false)?;
        let spec = AccountSpec {
            insecure_seed: Some(ACCOUNT_SEED),
            positions: POSITIONS,
            style: Style::Mixed,
            ratio_bp: 14_000,
        };
        let secret = Secret::from_json(SECRET, "demo/identity.json")?;
        let of = HolderSpec {
            customer: "demo@example.com",
            identity: secret.identity(),
            number: 0,
        };
        let account = account(&spec, &of, &market, &policy)?;
        let size = fitting_size(&account.account, &market).map_err(ProverError::from)?;
        Ok(Scene {
            policy,
            market,
            account,
            secret,
            size,
        })
    }

    fn introduction(&self) -> String {
        let listed = self.market.instruments().len() as u64;
        format!(
            "1. Market, account, policy\n\n A generated market of {}; an account that \
             nobody but its owner sees; the risk model {}.\n\n",
            counted(listed, "instrument", "instruments"),
            self.policy.name(),
        )
    }
}

/// The market of a calm day, or the same chains after a crash.
fn bundled_market(policy: &Policy, crash: bool) -> Result<Market, CliError> {
    let spec = MarketSpec {
        seed: MARKET_SEED,
        time: DEFAULT_TIME,
        crash,
    };
    Ok(market(&spec, policy)?)
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    if args.chain {
        return demo_chain::run(args.json, args.anvil.as_deref(), args.contracts.as_deref());
    }
    let say = |text: String| match args.json {
        true => Ok(()),
        false => console::words(&text),
    };
    let scene = Scene::new(args.policy.load()?)?;
    let request = request();
    let evaluation = evaluate(
        &scene.policy,
        &scene.market,
        &scene.account.account.positions,
    )?;
    let report = ReportSubject {
        policy: &scene.policy,
        market: &scene.market,
        positions: &scene.account.account.positions,
        entries: &scene.account.entries,
        evaluation: &evaluation,
        ratio_bp: request.ratio,
        buffer: request.buffer,
    };
    say(scene.introduction())?;
    say(format!(
        "2. Evaluation: the owner's view\n\n{}\n",
        report.table(console::screen())
    ))?;

    let (setup, key) = keys(&scene, say)?;
    let account = &scene.account.account;
    let place = Inclusion::lone(account.leaf());
    let subject = Subject {
        policy: &scene.policy,
        market: &scene.market,
        account,
        secret: &scene.secret,
        place: &place,
    };
    let (bundle, timing) = console::working("Proving", || prove(&key, &setup, &subject, &request))?;
    let proof = Report::new(&bundle, &timing, setup.info().insecure);
    say(format!("4. Proof: the owner's work\n\n {}\n", proof.text()))?;
    let seconds = verification(&key.key, &setup, &bundle, &subject, say)?;
    crash(&report, say)?;
    if args.json {
        console::json(&JsonReport {
            evaluation: report.report(),
            bundle: serde_json::from_str(&bundle.to_json()).expect("a bundle is JSON"),
            proof,
            verified: true,
            verification_seconds: seconds,
        })?;
    }
    Ok(Answer::Yes)
}

/// What a verifier asks for.
fn request() -> Request {
    Request {
        scope: Fr::from(1),
        message: Fr::from(0x5eed),
        ratio: INITIAL,
        buffer: 0,
    }
}

/// Setup and keys for the account.
fn keys(
    scene: &Scene,
    say: impl Fn(String) -> Result<(), CliError>,
) -> Result<(Setup, ProvingKey), CliError> {
    let k = key_shape(&scene.policy, scene.size).k;
    let setup = SetupOption::default().load(&scene.policy, scene.size)?;
    let started = Instant::now();
    let (key, cached) = console::working("Deriving the keys", || {
        ProvingKey::cached(&scene.policy, scene.size, &setup)
    })?;
    say(format!(
        "3. Setup and keys\n\n setup {} of a public ceremony, checked; circuit `{}` of 2^{k} rows\n \
         key   {} ({} in {:.1} s)\n\n",
        setup.id(),
        scene.size,
        key.key.id,
        if cached { "read from the cache" } else { "derived, and cached" },
        started.elapsed().as_secs_f64(),
    ))?;
    Ok((setup, key))
}

/// What becomes of the account when the market falls.
fn crash(
    calm: &ReportSubject<'_>,
    say: impl Fn(String) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let market = bundled_market(calm.policy, true)?;
    let evaluation = evaluate(calm.policy, &market, calm.positions)?;
    let after = ReportSubject {
        market: &market,
        evaluation: &evaluation,
        ..*calm
    };
    let outcome = match after.deficit() {
        Some(_) => "No proof exists, and `zkmargin prove` says so.",
        None => "It can still be proven.",
    };
    say(format!(
        "\n6. The same account after a crash: spot down 30%, volatility up\n\n{} {outcome}\n",
        after.verdict()
    ))
}

/// The verifier's view, and what becomes of a lie. Returns the time of the verification.
fn verification(
    key: &Key,
    setup: &Setup,
    bundle: &Bundle,
    subject: &Subject<'_>,
    say: impl Fn(String) -> Result<(), CliError>,
) -> Result<f64, CliError> {
    let statement = &bundle.statement;
    let expected = Expectations {
        market: Some(subject.market.digest()),
        book: subject.place.root(subject.account.leaf()),
        scope: Some(statement.scope),
        message: Some(statement.message),
        ratio: Some(Bound::Exactly(statement.ratio)),
        buffer: Some(Bound::Exactly(statement.buffer)),
        ..Expectations::default()
    };
    let key = DerivedKey::new(key.clone(), setup.verifier());
    let started = Instant::now();
    let verdict = verify(&key, bundle, &expected)?;
    let seconds = started.elapsed().as_secs_f64();
    let time = format!("time {}, generated", subject.market.time());
    say(format!(
        "5. Verification: all that the verifier sees\n\n{}  {:<10} {}\n\n",
        verified_text(&Timed { verdict, seconds }, &time),
        "proof",
        counted(bundle.proof.len() as u64, "byte", "bytes")
    ))?;
    let mut lie = bundle.clone();
    lie.statement.ratio += 1;
    let answer = match verify(&key, &lie, &Expectations::default()) {
        Err(No::Rejected) => "refused",
        Err(other) => return Err(other.into()),
        Ok(_) => "ACCEPTED, which is a fault of this program",
    };
    say(format!(
        " The same proof for a ratio one basis point higher: {answer}.\n"
    ))?;
    Ok(seconds)
}
