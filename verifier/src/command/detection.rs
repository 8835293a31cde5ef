//! How likely it is that a customer notices when accounts are left out of a book.
//!
//! No proof shows that a book is complete. A customer who checks his packet notices that he was left
//! out; if every customer checks with chance c, independently of who is left out, then of d who are
//! left out at least one does with chance 1 − (1 − c)^d.

use serde::Serialize;

/// One in units of a chance.
const ONE: u128 = 1_000_000_000_000_000_000;
/// Units of a chance in a hundredth of a percent.
const SHOWN: u128 = ONE / 10_000;
/// Shares of customers who check, in basis points.
const CHECK: [u32; 4] = [10, 100, 500, 2_000];
/// Accounts that are left out.
const LEFT_OUT: [u32; 4] = [1, 10, 100, 1_000];

/// The chance that somebody notices, for one share of customers who check.
#[derive(Serialize)]
pub(super) struct Detection {
    /// Share of customers who check, in percent.
    checking_percent: String,
    chances: Vec<Chance>,
}

#[derive(Serialize)]
struct Chance {
    accounts_left_out: u32,
    /// Rounded down, in percent.
    percent: String,
}

/// A few shares and numbers of accounts.
pub(super) fn table() -> Vec<Detection> {
    let row = |check: u32| Detection {
        checking_percent: percent(u128::from(check) * SHOWN),
        chances: LEFT_OUT
            .into_iter()
            .map(|accounts_left_out| Chance {
                accounts_left_out,
                percent: percent(noticed(check, accounts_left_out)),
            })
            .collect(),
    };
    CHECK.into_iter().map(row).collect()
}

/// 1 − (1 − c)^d, rounded down; c in basis points.
fn noticed(check: u32, left_out: u32) -> u128 {
    let silent = ONE - u128::from(check) * SHOWN;
    // Each product is rounded up: what is left is never more than the chance.
    let none = (0..left_out).fold(ONE, |none, _| (none * silent).div_ceil(ONE));
    ONE - none
}

/// A chance in percent with two decimals, rounded down.
fn percent(chance: u128) -> String {
    let hundredths = chance / SHOWN;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The table for people.
pub(super) fn text(table: &[Detection]) -> String {
    let mut out = String::from(
        " that no account was left out shows only when customers check; the chance that one of those \
         left out does, if each checks with the chance at the left, is\n",
    );
    let heads =
        LEFT_OUT.map(|n| format!("{:>10}", zkmargin_engine::units::apart(&n.to_string(), 0)));
    out.push_str(&format!("  {:>10}{}  left out\n", "", heads.concat()));
    for row in table {
        let chances = row.chances.iter();
        let chances = chances.map(|chance| format!("{:>9}%", chance.percent));
        let share = format!("{}%", row.checking_percent);
        out.push_str(&format!("  {share:>10}{}\n", chances.collect::<String>()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By 40-digit arithmetic of `bc`: `100*(1-(1-c)^d)`.
    #[test]
    fn chances_are_those_of_another_program() {
        for (check, left_out, expected) in [
            (10, 1, "0.10"),
            (10, 1_000, "63.23"),
            (100, 10, "9.56"),
            (100, 100, "63.39"),
            (500, 100, "99.40"),
            (2_000, 10, "89.26"),
            // Never certain.
            (2_000, 1_000, "99.99"),
            (10_000, 1, "100.00"),
        ] {
            assert_eq!(
                percent(noticed(check, left_out)),
                expected,
                "{check} {left_out}"
            );
        }
        assert_eq!(noticed(0, 1_000), 0);
    }

    #[test]
    fn the_table_fits_a_terminal() {
        let table = table();
        let text = text(&table);
        assert!(
            text.contains("     1.00%     1.00%     9.56%    63.39%    99.99%"),
            "{text}"
        );
        assert!(text.lines().skip(1).all(|line| line.len() <= 80));
    }
}
