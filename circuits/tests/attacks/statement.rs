//! Every public input is bound: policy, market, book, nullifier, scope, message, ratio, buffer.

use ff::Field;
use zkmargin_circuits::margin::columns::{fixed, G2};
use zkmargin_engine::market::Market;
use zkmargin_engine::risk::evaluate;

use zkmargin_engine::statement::Row;
use zkmargin_engine::Fr;

use crate::support::attack::{only, Attack, Broken};

#[test]
fn other_row_of_the_statement() {
    let attack = Attack::mixed();
    let trace = attack.trace();
    let honest = attack.case.statement().rows();
    assert_eq!(Attack::claim(&trace), honest);
    for row in Row::ALL {
        for lie in [honest[row as usize] + Fr::ONE, Fr::ZERO, -Fr::ONE] {
            let mut rows = honest;
            rows[row as usize] = lie;
            if lie != honest[row as usize] {
                let broken = attack.check(&trace, &rows);
                let number = format!("MPUB{}", row as usize + 1);
                assert_eq!(broken, only(&number, 1), "{}", row.name());
            }
        }
        // The mock prover cannot print a failure in row 0, whose cell above is a blinding row; the
        // tests of real proofs change the policy too.
        if row == Row::Policy {
            continue;
        }
        let mut rows = honest;
        rows[row as usize] += Fr::ONE;
        let refused = attack.mock_prover_refuses_claim(trace.clone(), rows);
        assert!(refused, "{}", row.name());
    }
}

#[test]
fn other_market() {
    // Proven at a market in which the short perpetual gains, claimed at the true one.
    let mut attack = Attack::mixed();
    let honest = attack.case.statement().rows();
    let at = attack.case.market.by_name("BTC-PERPETUAL").expect("a row");
    let mut listed = attack.case.market.instruments().to_vec();
    listed[at].forward /= 2;
    attack.case.market = Market::new(attack.case.market.time(), listed).expect("a market");
    attack.witness = attack.case.witness();
    let trace = attack.trace();
    assert_eq!(attack.check(&trace, &honest), only("MPUB2", 1));
}

#[test]
fn other_time() {
    let mut attack = Attack::mixed();
    let honest = attack.case.statement().rows();
    attack.witness.time += 1;
    let trace = attack.trace();
    assert_eq!(attack.check(&trace, &honest), only("MPUB2", 1));
}

#[test]
fn other_counts() {
    for change in 0..2 {
        let mut attack = Attack::mixed();
        let honest = attack.case.statement().rows();
        let number = match change {
            0 => {
                attack.witness.market_count += 1;
                "MPUB2"
            }
            _ => {
                attack.witness.book_count += 1;
                "MPUB3"
            }
        };
        let trace = attack.trace();
        assert_eq!(attack.check(&trace, &honest), only(number, 1));
    }
}

#[test]
fn replayed_nullifier() {
    // The nullifier of one scope does not serve under another, and a scope has but one.
    let mut attack = Attack::mixed();
    let honest = attack.case.statement().rows();
    attack.witness.scope += Fr::ONE;
    let trace = attack.trace();
    let both = ["MPUB4", "MPUB5"].map(|number| (number.to_owned(), 1));
    assert_eq!(attack.check(&trace, &honest), Broken::from(both));
    let mut rows = honest;
    rows[Row::Scope as usize] = attack.witness.scope;
    assert_eq!(attack.check(&trace, &rows), only("MPUB4", 1));
    let account = attack.case.account.number;
    let fresh = attack.case.secret.nullifier(attack.witness.scope, account);
    rows[Row::Nullifier as usize] = fresh;
    assert!(attack.check(&trace, &rows).is_empty());
}

#[test]
fn terms_of_another_statement() {
    // Proven at a lower ratio and buffer, claimed at higher ones.
    let mut attack = Attack::mixed();
    attack.witness.ratio = 1;
    let trace = attack.trace();
    let honest = attack.case.statement().rows();
    assert_eq!(attack.check(&trace, &honest), only("MPUB7", 1));
}

#[test]
fn longer_instance_column() {
    // MARI1 adds the instance column to every row of the lane. Every verifier takes eight rows and no
    // more: a row further down would be a term of the prover's choice. Here it lifts the verdict of
    // an account that is one unit short.
    let mut attack = Attack::mixed();
    let account = &attack.case.account;
    let honest = evaluate(&attack.case.policy, &attack.case.market, &account.positions);
    let honest = honest.expect("an account that can be evaluated");
    attack.witness.buffer = (honest.equity - honest.initial_margin) as u128 + 1;
    let trace = attack.trace();
    let verdict = *trace
        .order
        .iter()
        .rfind(|c| c.column == G2 && trace.advice[G2][c.row] == -Fr::from(10_000))
        .expect("the verdict");
    attack.forge(verdict, Fr::ZERO);
    let trace = attack.trace();
    let rows = Attack::claim(&trace);
    assert_eq!(attack.check(&trace, &rows), only("MREQ31", 1));
    assert!(attack.mock_prover_refuses_claim(trace.clone(), rows));
    let mut longer = rows.to_vec();
    longer.resize(verdict.row + 1, Fr::ZERO);
    longer[verdict.row] = trace.fixed[fixed::ACTIVE][verdict.row] * Fr::from(10_000);
    assert!(attack.check(&trace, &longer).is_empty());
    assert!(!attack.mock_prover_refuses_claim(trace, longer));
}
