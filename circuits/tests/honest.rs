//! Honest accounts satisfy the circuit, in sizes that share columns and in one that does not.

mod support;

use halo2_proofs::dev::MockProver;
use support::checker::Checker;
use support::fixture::{secret, shipped, Case, EXPIRIES, MIXED, STATES, TIME};
use zkmargin_circuits::margin::witness::fitting_size;
use zkmargin_circuits::margin::witness::WitnessError;
use zkmargin_circuits::margin::{MarginCircuit, MarginWitness, Size};
use zkmargin_engine::commitment::Inclusion;
use zkmargin_engine::risk::evaluate;
use zkmargin_engine::Fr;

fn satisfies(size: Size) {
    let mut case = Case::mixed();
    case.size = size;
    satisfied(&case);
}

fn satisfied(case: &Case) {
    let circuit = MarginCircuit::new(&case.policy, case.size, &case.witness());
    let rows = case.statement().rows();
    let checker = Checker::new(circuit.shape(), circuit.k(), circuit.trace());
    let broken = checker.broken(circuit.trace(), &rows);
    assert!(broken.is_empty(), "{broken:?}");
    let prover = MockProver::run(circuit.k(), &circuit, vec![rows.to_vec()]).expect("a layout");
    prover.assert_satisfied();
}

#[test]
fn honest_mixed_account_satisfies_every_constraint() {
    satisfies(Size::Small);
}

#[test]
fn honest_mixed_account_in_a_larger_circuit() {
    satisfies(Size::Standard);
}

/// Positions of every kind, in one of three underlyings nothing but what expires: a second before its
/// expiry they need a size of three underlyings, from that second on one of two.
#[test]
fn an_account_goes_through_an_expiry() {
    for (time, size) in [
        (EXPIRIES[0] - 1, Size::Standard),
        (EXPIRIES[0], Size::Small),
        (EXPIRIES[0] + 1, Size::Small),
        (EXPIRIES[0] + 40 * 86_400, Size::Small),
    ] {
        let mut case = Case::at(time, &STATES);
        case.size = fitting_size(&case.account, &case.market).expect("a size");
        assert_eq!(case.size, size, "{time}");
        satisfied(&case);
    }
}

/// Under format 2 the circuit proves the engine's requirement to the last unit: equity covers it at a buffer of
/// what is left over, and not at one unit more.
#[test]
fn the_circuit_of_format_2_requires_what_the_engine_does() {
    let accounts: [(u32, &[(&str, &str)]); 5] = [
        (TIME, &MIXED),
        (EXPIRIES[0], &STATES),
        (EXPIRIES[0] - 1, &STATES[..11]),
        (TIME, &[("USD", "100")]),
        (
            TIME,
            &[
                ("USD", "90000000"),
                ("BTC-PERPETUAL", "-100"),
                ("ETH-PERPETUAL", "1800"),
            ],
        ),
    ];
    for name in ["rm2", "rm2-compact", "spanlike", "deribit"] {
        for (time, positions) in accounts {
            let mut case = Case::under(shipped(name), time, positions);
            case.size = fitting_size(&case.account, &case.market).expect("a size");
            let found = evaluate(&case.policy, &case.market, &case.account.positions);
            let found = found.expect("an account to evaluate");
            let room = found.equity - found.initial_margin;
            let Ok(room) = u128::try_from(room) else {
                panic!("{name}, {time}: {room}");
            };
            for (more, number) in [(0, None), (1, Some("MREQ31"))] {
                case.request.buffer = room + more;
                let circuit = MarginCircuit::new(&case.policy, case.size, &case.witness());
                let checker = Checker::new(circuit.shape(), circuit.k(), circuit.trace());
                let broken = checker.broken(circuit.trace(), &case.statement().rows());
                let broken: Vec<_> = broken.keys().map(String::as_str).collect();
                assert_eq!(
                    broken,
                    Vec::from_iter(number),
                    "{name}, {time}, {positions:?}"
                );
            }
        }
    }
}

#[test]
fn a_witness_takes_the_secret_behind_the_identity() {
    let mut case = Case::mixed();
    let refused = |case: &Case, seed: u64| {
        let place = Inclusion::lone(case.account.leaf());
        let other = secret(seed);
        let (market, account) = (&case.market, &case.account);
        let made = MarginWitness::new(case.size, market, account, &other, &place, &case.request);
        made.err()
    };
    assert_eq!(refused(&case, 12), None);
    let error = refused(&case, 13).expect("the secret of another identity");
    assert_eq!(error, WitnessError::OtherIdentity);
    let said = error.to_string();
    assert!(said.contains("not the one behind the account's identity"));
    assert!(said.contains("\nhint: ") && !said.contains("0x"), "{said}");
    // Nobody can prove with an account of no identity.
    case.account.identity = Fr::zero();
    let error = refused(&case, 12).expect("no identity");
    assert_eq!(error, WitnessError::NoIdentity);
    assert!(error.to_string().contains("\nhint: "));
}
