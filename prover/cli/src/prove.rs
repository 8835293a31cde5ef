//! `zkmargin prove`

use std::path::{Path, PathBuf};

use zkmargin_circuits::margin::witness::{fitting_size, Request, WitnessError};
use zkmargin_desk::report::Subject as ReportSubject;
use zkmargin_engine::account::{Account, Entries, Secret};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::file::Output;
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::Policy;
use zkmargin_engine::risk::evaluate;
use zkmargin_engine::size::Size;
use zkmargin_engine::units::format_element;
use zkmargin_engine::Fr;
use zkmargin_keys::key::key_shape;
use zkmargin_keys::setup::Setup;
use zkmargin_prover::error::ProverError;
use zkmargin_prover::keys::ProvingKey;
use zkmargin_prover::prove::{prove, Subject};
use zkmargin_verifier::bundle::Bundle;
use zkmargin_verifier::command::{number, read_file, whole, FileKind};
use zkmargin_verifier::error::FieldError;
use zkmargin_verifier::packet::{Packet, Placed, Published};

use super::circuit_options::{SetupOption, SizeChoice};
use super::console;
use super::error::CliError;
use super::exit::Answer;
use super::files::{self, deliver, OutOption, PolicyOption};
use super::identity;
use super::margin_bound::BoundOptions;
use super::next::Next;
use super::prove_report::{describe, shortage, Report};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Market file
    #[arg(long, value_name = "FILE")]
    market: PathBuf,
    /// Account file
    #[arg(long, value_name = "FILE", required_unless_present = "packet")]
    account: Option<PathBuf>,
    /// The packet that a venue gave you: account and its place in the venue's book
    #[arg(long, value_name = "FILE", conflicts_with_all = ["account", "book"])]
    packet: Option<PathBuf>,
    /// Number of the account, where the packet has several
    #[arg(long, value_name = "N", requires = "packet", conflicts_with = "account", value_parser = whole::<u32>)]
    number: Option<u32>,
    /// File of your secret, whose identity the account was opened with
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// Leaves of the venue's book, one in hexadecimal a line, in the order of its tree; the account
    /// stands alone if left out
    #[arg(long, value_name = "FILE")]
    book: Option<PathBuf>,
    #[command(flatten)]
    bound: BoundOptions,
    /// Application that the proof is for, chosen by the verifier: a number
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "0",
        allow_negative_numbers = true
    )]
    scope: String,
    /// Message bound to the proof: a number
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "0",
        allow_negative_numbers = true
    )]
    message: String,
    /// Circuit size: auto, small, standard or large
    #[arg(long, value_name = "SIZE", default_value = "auto")]
    size: SizeChoice,
    #[command(flatten)]
    out: OutOption,
    /// Print a report in JSON, if the bundle goes to a file
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    policy: PolicyOption,
    #[command(flatten)]
    setup: SetupOption,
}

/// Everything that is needed, read and checked, before any work is done.
struct Plan {
    policy: Policy,
    market: Market,
    account: Account,
    secret: Secret,
    /// Where the account stands in its book.
    place: Inclusion,
    /// The market that the packet's book was built at, where a venue gave one.
    packet_market: Option<Fr>,
    request: Request,
    size: Size,
    /// Where the bundle goes.
    output: Output,
}

impl Plan {
    fn new(args: &Args) -> Result<Plan, CliError> {
        let request = Request {
            scope: number("scope", &args.scope)?,
            message: number("message", &args.message)?,
            ratio: args.bound.ratio(),
            buffer: args.bound.buffer()?,
        };
        let mut inputs = vec![args.market.as_path(), args.policy.file()];
        inputs.extend(
            [&args.account, &args.packet, &args.book]
                .into_iter()
                .flatten()
                .map(PathBuf::as_path),
        );
        inputs.push(&args.identity);
        inputs.extend(args.setup.file());
        let output = args.out.place(&inputs)?;
        let policy = args.policy.load()?;
        let market = files::market(&args.market, &policy)?;
        let packet = args.packet.as_deref().map(packet).transpose()?;
        let secret = identity::secret(&args.identity)?;
        let placed = match (&args.packet, &packet) {
            (Some(path), Some(packet)) => {
                Some(placed(path, packet, (args.number, secret.identity()))?)
            }
            _ => None,
        };
        let account = match (&args.account, placed) {
            (Some(path), _) => files::account(path, &market, &policy)?,
            (None, Some(placed)) => placed.account.clone(),
            // The parser of the command line demands one of the two.
            (None, None) => return Err(CliError::option("account", "", "missing", "name it")),
        };
        let of = args.account.as_ref().or(args.packet.as_ref());
        let of = of.unwrap_or(&args.identity);
        identity::fits(&secret, &args.identity, &account, of)?;
        let size = size(args.size, &account, &market)?;
        let place = match (&args.book, placed) {
            (Some(path), _) => files::inclusion(path, account.leaf())?,
            (None, Some(placed)) => placed.place.clone(),
            (None, None) => Inclusion::lone(account.leaf()),
        };
        Ok(Plan {
            policy,
            market,
            account,
            secret,
            place,
            packet_market: packet.map(|packet| packet.market),
            request,
            size,
            output,
        })
    }
}

impl Plan {
    /// A book is of one market; under another one the account's place in it still holds, and whoever
    /// reads the proof may expect that of the book.
    fn warn_of_other_market(&self) {
        let found = self.market.digest();
        if let Some(books) = self.packet_market.filter(|market| *market != found) {
            console::note(format_args!(
                "warning: the packet's book is of another market, {}; this proof is about the prices \
                 of the market that you named, {}: a verifier who compares the market with the book's \
                 refuses it",
                format_element(&books),
                format_element(&found)
            ));
        }
    }

    /// The setup that the circuit needs; a size that nobody named is explained.
    fn setup(&self, args: &Args) -> Result<Setup, CliError> {
        use zkmargin_circuits::margin::witness::shape;
        let what = match args.size {
            SizeChoice::Fixed(size) => format!("--size {size}"),
            SizeChoice::Auto => {
                let (positions, cash, underlyings) = shape(&self.account, &self.market);
                format!(
                    "an account of {positions} positions and {cash} cash over {underlyings} \
                     underlyings takes size {}, which",
                    self.size
                )
            }
        };
        args.setup
            .powers(key_shape(&self.policy, self.size).k, what)
    }
}

/// How a verifier checks what was proven.
fn verification(args: &Args, out: &Path, bundle: &Bundle) -> Next {
    let next = Next::new("verify").option("proof", out.display());
    let next = next.option("market", args.market.display());
    let next = next.option("scope", &args.scope);
    let next = next.option("message", &args.message);
    let next = next.option("min-ratio", bundle.statement.ratio);
    args.setup.after(args.policy.after(next))
}

/// Reads a packet whose accounts stand at their places.
fn packet(path: &Path) -> Result<Packet, CliError> {
    let file = files::name(path);
    let packet = read_file(path, FileKind::Packet, Packet::from_json)?;
    packet
        // Ids are proven; what the venue calls them has no part in it.
        .check(&Published::default(), None)
        .map_err(|problem| FieldError {
            file,
            field: "path".to_owned(),
            problem: problem.to_string(),
            hint: "ask the venue for a new packet; `zkmargin book check` says more",
        })?;
    Ok(packet)
}

/// The account of a packet that is meant.
fn placed<'a>(
    path: &Path,
    packet: &'a Packet,
    (number, own): (Option<u32>, Fr),
) -> Result<&'a Placed, CliError> {
    let found = packet.account(number, own);
    found.map_err(|problem| {
        let hint =
            "name one of its numbers with --number, and as --identity the file of the secret \
                    that this venue has the identity of; a proof is about one account";
        FieldError::new(&files::name(path), "accounts", problem, hint).into()
    })
}

/// The circuit size for an account at a market.
pub(crate) fn size(
    choice: SizeChoice,
    account: &Account,
    market: &Market,
) -> Result<Size, CliError> {
    use zkmargin_circuits::margin::witness::shape;
    let size = match choice {
        SizeChoice::Auto => fitting_size(account, market).map_err(ProverError::from)?,
        SizeChoice::Fixed(size) => size,
    };
    let (positions, cash, underlyings) = shape(account, market);
    if size.holds(positions, cash, underlyings) {
        return Ok(size);
    }
    Err(ProverError::from(WitnessError::TooLarge {
        positions,
        cash,
        underlyings,
        size,
    })
    .into())
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let plan = Plan::new(args)?;
    let evaluation = evaluate(&plan.policy, &plan.market, &plan.account.positions)?;
    let short = shortage(&ReportSubject {
        policy: &plan.policy,
        market: &plan.market,
        positions: &plan.account.positions,
        entries: &Entries::new(),
        evaluation: &evaluation,
        ratio_bp: plan.request.ratio,
        buffer: plan.request.buffer,
    });
    if let Some(short) = short {
        console::note(short.text(plan.packet_market.is_some()));
        if args.json {
            console::json(&short)?;
        }
        return Ok(Answer::No);
    }
    let setup = plan.setup(args)?;
    let (key, _) = console::working("Loading the keys", || {
        ProvingKey::cached(&plan.policy, plan.size, &setup)
    })?;
    let subject = Subject {
        policy: &plan.policy,
        market: &plan.market,
        account: &plan.account,
        secret: &plan.secret,
        place: &plan.place,
    };
    let (bundle, timing) =
        console::working("Proving", || prove(&key, &setup, &subject, &plan.request))?;
    deliver(&plan.output, &bundle.to_json())?;
    plan.warn_of_other_market();
    let report = Report::new(&bundle, &timing, setup.info().insecure);
    match plan.output.file() {
        Some(out) => {
            console::note(format_args!("wrote {}", out.display()));
            match args.json {
                true => console::json(&report)?,
                false => {
                    console::words(&(describe(&bundle) + &report.text()))?;
                    verification(args, out, &bundle).tell();
                }
            }
        }
        None => console::note(report.text().trim_end()),
    }
    Ok(Answer::Yes)
}
