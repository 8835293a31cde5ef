//! Attacks on the terms of format 2.

use ff::{Field, PrimeField};
use zkmargin_circuits::book::exposure::ExposureLane;
use zkmargin_engine::field::{low_u64, pow2};
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

use crate::attacks::Forger;
use crate::support::{Judge, Venue};

const ONE: Fr = Fr::ONE;

/// A venue of format 2 in the attacker's hands.
fn forger() -> Forger {
    let text = include_str!("../../../policies/rm2-compact.toml");
    let policy = Policy::from_toml(text, "policy.toml").expect("a policy");
    let venue = Venue::under(policy, 16);
    let trace = venue.build().trace;
    Forger {
        judge: Judge::new(&trace),
        trace,
        venue,
    }
}

/// A row of the risk lane as numbers.
#[derive(Clone)]
struct Row {
    key: Fr,
    code: Fr,
    positions: Fr,
    required: i128,
    losses: Vec<i128>,
    sizes: [i128; 2],
    charges: [i128; 2],
}

impl Forger {
    fn lane(&self) -> ExposureLane {
        self.trace.columns.exposure.expect("format 2")
    }

    /// Rows with an underlying.
    fn exposures(&self) -> Vec<usize> {
        let code = self.trace.columns.risk.underlying;
        (0..self.trace.active)
            .filter(|row| self.get(code, *row) != Fr::ZERO)
            .collect()
    }

    fn row(&self, row: usize) -> Row {
        let (lane, risk) = (self.lane(), self.trace.columns.risk);
        let required = self.number(lane.required, self.money(), row);
        let loss =
            |s| required - self.number(self.trace.columns.risk_limbs(s).start, self.money(), row);
        let small = |column: usize| i128::from(low_u64(self.get(column, row)));
        let wide = |column: usize| zkmargin_engine::field::low_u128(self.get(column, row)) as i128;
        Row {
            key: self.get(risk.key, row),
            code: self.get(risk.underlying, row),
            positions: self.get(lane.positions, row),
            required,
            losses: (0..self.trace.columns.shape.scenarios())
                .map(loss)
                .collect(),
            sizes: lane.sizes.map(small),
            charges: lane.charges.map(wide),
        }
    }

    /// Slope and what is added of every line of an underlying, those on the delta first.
    fn lines(&self, code: Fr) -> Vec<(usize, i128, i128)> {
        let terms = self.venue.table.portfolio.as_ref().expect("format 2");
        let terms = terms.of(low_u64(code) as u16).expect("listed");
        (0..2)
            .flat_map(|kind| terms.lines[kind].iter().map(move |line| (kind, line)))
            .map(|(kind, line)| (kind, i128::from(line.slope), line.more))
            .collect()
    }

    /// The least exposures and charges of losses.
    fn honest(&self, row: &mut Row) {
        let form = self.trace.columns.shape.portfolio().expect("format 2");
        for kind in 0..2 {
            let size = form.nodes[kind].iter().map(|n| row.losses[*n].abs()).max();
            row.sizes[kind] = (size.expect("two nodes") + (1 << 24) - 1) >> 24;
        }
        self.least_charges(row);
    }

    /// The least charges of exposures.
    fn least_charges(&self, row: &mut Row) {
        row.charges = [0; 2];
        for (kind, slope, more) in self.lines(row.code) {
            let line = slope * row.sizes[kind] + more;
            row.charges[kind] = row.charges[kind].max(line);
        }
    }

    /// A number of a row, or what stands for one below zero.
    fn signed(&mut self, first: usize, row: usize, value: i128) {
        self.set_number(first, self.money(), row, value.max(0));
        if value < 0 {
            self.set(first, row, -Fr::from_u128(value.unsigned_abs()));
        }
    }

    /// Lays a row whose numbers follow from those that are given; below zero they are no limbs.
    fn write(&mut self, at: usize, row: &Row) {
        let (lane, risk, money) = (self.lane(), self.trace.columns.risk, self.money());
        let form = self.trace.columns.shape.portfolio().expect("format 2");
        self.set(risk.key, at, row.key);
        self.set(risk.underlying, at, row.code);
        self.set(lane.positions, at, row.positions);
        self.signed(lane.required, at, row.required);
        for (s, loss) in row.losses.iter().enumerate() {
            let first = self.trace.columns.risk_limbs(s).start;
            self.signed(first, at, row.required - loss);
        }
        let mut above = lane.above;
        for kind in 0..2 {
            self.set(lane.sizes[kind], at, signed(row.sizes[kind]));
            self.set(lane.charges[kind], at, signed(row.charges[kind]));
            for node in form.nodes[kind] {
                for loss in [row.losses[node], -row.losses[node]] {
                    self.signed(above, at, (row.sizes[kind] << 24) - loss);
                    above += money;
                }
            }
        }
        for (i, (kind, slope, more)) in self.lines(row.code).into_iter().enumerate() {
            let over = row.charges[kind] - slope * row.sizes[kind] - more;
            self.signed(lane.over + i * money, at, over);
        }
    }

    /// Header row of the account of a key.
    fn header_of(&self, key: Fr) -> usize {
        let hash = self.trace.columns.hash;
        (0..self.trace.active)
            .find(|&row| self.get(hash.header, row) == ONE && self.get(hash.key, row) == key)
            .expect("an account")
    }

    /// Lowers the requirement of the account of a key, and what follows from it but the totals.
    fn lower(&mut self, key: Fr, by: i128) {
        let (lane, row) = (self.trace.columns.account, self.header_of(key));
        let limbs = self.trace.columns.shape.verdict_limbs();
        self.add(lane.addons, row, -signed(by));
        assert_eq!(
            self.get(lane.meets, row),
            ONE,
            "an account that meets the ratio"
        );
        let excess = self.number(lane.excess, limbs, row) + 10_000 * by;
        assert!(excess >= 0);
        self.set_number(lane.excess, limbs, row, excess);
    }

    /// A row of an account that meets the ratio, with something.
    fn find(&self, what: impl Fn(&Row) -> bool) -> usize {
        let meets = self.trace.columns.account.meets;
        self.exposures()
            .into_iter()
            .find(|&at| {
                let row = self.row(at);
                self.get(meets, self.header_of(row.key)) == ONE && what(&row)
            })
            .expect("a row of this kind")
    }

    /// Steps as they follow from the places of rows; those below zero are left at zero.
    fn steps(&mut self) {
        let (lane, risk) = (self.lane(), self.trace.columns.risk);
        let limbs = self.trace.columns.shape.step_limbs();
        let place = |f: &Forger, row: usize| {
            (low_u64(f.get(risk.key, row)) << 12) + low_u64(f.get(risk.underlying, row))
        };
        for row in 0..self.trace.active {
            let step = place(self, row + 1).saturating_sub(place(self, row) + 1);
            self.set_number(lane.step, limbs, row, step.into());
        }
    }
}

fn signed(value: i128) -> Fr {
    zkmargin_engine::field::signed(value)
}

#[test]
fn rows_that_are_honest_are_laid_as_they_were() {
    let mut f = forger();
    for at in f.exposures() {
        let mut row = f.row(at);
        f.honest(&mut row);
        f.write(at, &row);
    }
    f.steps();
    f.breaks(&[]);
}

/// Attack: an underlying of an account is split over two rows, so that each half is charged by a flatter
/// line of liquidity.
#[test]
fn exposure_split_over_two_rows() {
    let mut f = forger();
    let at = f.find(|row| row.sizes[0] > 1 << 40);
    let whole = f.row(at);
    let mut half = whole.clone();
    half.losses.iter_mut().for_each(|loss| *loss >>= 1);
    let mut rest = whole.clone();
    let losses = rest.losses.iter_mut().zip(&half.losses);
    losses.for_each(|(loss, half)| *loss -= half);
    half.positions = Fr::ZERO;
    for row in [&mut half, &mut rest] {
        row.required = row.losses.iter().copied().fold(0, i128::max);
        f.honest(row);
    }
    let cost = |row: &Row| row.required + row.charges.iter().sum::<i128>();
    f.write(at, &rest);
    let spare = f.trace.active - 1;
    f.write(spare, &half);
    f.steps();
    f.lower(whole.key, cost(&whole) - cost(&half) - cost(&rest));
    f.breaks(&["BRSK2 order"]);
}

/// Attack: two rows below those of all accounts are in one place.
#[test]
fn rows_in_one_place() {
    let mut f = forger();
    let (risk, last) = (f.trace.columns.risk, f.trace.active);
    let key = f.get(risk.key, last - 3);
    f.set(risk.key, last - 2, key);
    f.steps();
    f.breaks(&["BRSK2 order"]);
}

/// Lowers an exposure to the second of its losses and gains where the first is of one kind.
fn exposure_too_low(of_loss: bool, broken: &str) {
    let mut f = forger();
    let form = f.trace.columns.shape.portfolio().expect("format 2");
    let mut found = 0;
    for at in f.exposures() {
        for kind in 0..2 {
            let whole = f.row(at);
            let mut told = form.nodes[kind].map(|n| whole.losses[n]);
            told.sort_by_key(|loss| -loss.abs());
            let gap = told[0].abs() - told[1].abs();
            let meets = f.get(f.trace.columns.account.meets, f.header_of(whole.key)) == ONE;
            if (told[0] > 0) != of_loss || gap >> 26 == 0 || !meets {
                continue;
            }
            let mut f = forger();
            let mut low = whole.clone();
            low.sizes[kind] = (told[1].abs() + (1 << 24) - 1) >> 24;
            f.least_charges(&mut low);
            let below = f.lane().above;
            f.write(at, &low);
            // What would be below zero is stated as zero.
            let limbs: Vec<usize> = (0..8).map(|i| below + i * f.money()).collect();
            for first in limbs {
                if f.get(first, at) != Fr::ZERO
                    && -f.get(first, at) == Fr::from_u128(low_of(-f.get(first, at)))
                {
                    f.set(first, at, Fr::ZERO);
                }
            }
            f.lower(whole.key, whole.charges[kind] - low.charges[kind]);
            f.breaks(&[broken]);
            found += 1;
        }
    }
    f.steps();
    assert!(found > 0);
}

fn low_of(value: Fr) -> u128 {
    zkmargin_engine::field::low_u128(value)
}

/// Attack: an exposure is below a loss that tells it.
#[test]
fn exposure_below_a_loss() {
    exposure_too_low(true, "BEXP1 loss");
}

/// Attack: an exposure is below a gain that tells it, as if the gain were raised to zero before.
#[test]
fn exposure_below_a_gain() {
    exposure_too_low(false, "BEXP2 gain");
}

/// Attack: a row without positions is of an underlying that the policy does not have.
#[test]
fn underlying_that_no_policy_has() {
    let mut f = forger();
    let (risk, last) = (f.trace.columns.risk, f.trace.active - 1);
    f.set(risk.underlying, last, Fr::from(4_000));
    f.steps();
    f.breaks(&["BLIQ1 underlying"]);
}

/// Attack: a charge below a line of liquidity, each line that binds anywhere in turn: what is missing is
/// stated as nothing.
#[test]
fn liquidity_line_skipped() {
    let base = forger();
    let mut skipped = 0;
    for at in base.exposures() {
        let whole = base.row(at);
        if base.get(base.trace.columns.account.meets, base.header_of(whole.key)) != ONE {
            continue;
        }
        for (i, (kind, slope, more)) in base.lines(whole.code).into_iter().enumerate() {
            if slope * whole.sizes[kind] + more != whole.charges[kind] || slope == 0 {
                continue;
            }
            // Nothing is below zero but the line that is skipped.
            let mut f = forger();
            let mut low = whole.clone();
            low.charges[kind] -= 1;
            f.write(at, &low);
            let first = f.lane().over + i * f.money();
            f.set_number(first, f.money(), at, 0);
            f.lower(whole.key, 1);
            f.breaks(&["BLIQ2 lines"]);
            // Nor is a number below zero one in limbs.
            f.write(at, &low);
            f.breaks(&["BMSG1 limb"]);
            skipped += 1;
        }
    }
    assert!(skipped > 4, "{skipped}");
}

/// Attack: the worst loss leaves out a scenario, that of a later day among them.
#[test]
fn scenario_left_out() {
    let base = forger();
    let scenarios = base.trace.columns.shape.scenarios();
    let mut left_out = vec![false; scenarios];
    for at in base.exposures() {
        let whole = base.row(at);
        if base.get(base.trace.columns.account.meets, base.header_of(whole.key)) != ONE {
            continue;
        }
        for s in (0..scenarios).filter(|s| whole.losses[*s] > 0) {
            if left_out[s] {
                continue;
            }
            left_out[s] = true;
            let mut f = forger();
            let mut low = whole.clone();
            low.losses[s] = 0;
            low.required = low.losses.iter().copied().fold(0, i128::max);
            f.honest(&mut low);
            f.write(at, &low);
            let cost = |row: &Row| row.required + row.charges.iter().sum::<i128>();
            f.lower(whole.key, cost(&whole) - cost(&low));
            f.breaks(&["BMSG6 risk"]);
        }
    }
    let grid = base.venue.policy.scenarios();
    let later = grid
        .iter()
        .position(|s| s.days_later > 0)
        .expect("a decay node");
    assert!(left_out[later], "nobody loses by the day that passes");
    assert!(left_out.iter().filter(|out| **out).count() > 15);
}

/// Attack: a gain is raised to zero before the lines of liquidity read it.
#[test]
fn gain_raised_to_zero() {
    let mut f = forger();
    let form = f.trace.columns.shape.portfolio().expect("format 2");
    let vega = form.nodes[1];
    let at = f.find(|row| vega.iter().any(|n| row.losses[*n] < -(1 << 40)));
    let whole = f.row(at);
    let mut low = whole.clone();
    form.nodes
        .iter()
        .flatten()
        .for_each(|n| low.losses[*n] = low.losses[*n].max(0));
    f.honest(&mut low);
    f.write(at, &low);
    let charged = |row: &Row| row.charges.iter().sum::<i128>();
    f.lower(whole.key, charged(&whole) - charged(&low));
    f.breaks(&["BMSG6 risk"]);
}

/// Attack: a row counts too few positions; the fee of an underlying is left out with its whole row.
#[test]
fn count_of_positions_too_low() {
    let mut f = forger();
    let at = f.find(|_| true);
    let code = f.get(f.trace.columns.risk.underlying, at);
    f.add(f.lane().positions, at, -code);
    f.breaks(&["BMSG6 risk"]);

    let mut f = forger();
    let whole = f.row(at);
    let mut none = whole.clone();
    (none.positions, none.required) = (Fr::ZERO, 0);
    none.losses.fill(0);
    (none.sizes, none.charges) = ([0; 2], [0; 2]);
    f.write(at, &none);
    f.set(f.trace.columns.risk.underlying, at, Fr::ZERO);
    let (lane, money) = (f.lane(), f.money());
    for i in 0..f.lines(whole.code).len() {
        f.set_number(lane.over + i * money, money, at, 0);
    }
    f.steps();
    f.lower(
        whole.key,
        whole.required + whole.charges.iter().sum::<i128>(),
    );
    f.breaks(&["BMSG6 risk"]);
}

/// Attack: fees of settlement and half spreads are left out.
#[test]
fn fees_left_out() {
    // Of a position.
    let f = forger();
    let key = f.row(f.find(|_| true)).key;
    let mut left_out = 0;
    for slot in f.trace.columns.positions {
        for row in (0..f.trace.active).filter(|row| f.get(slot.key, *row) == key) {
            let mut f = forger();
            let fee = slot.fee.expect("format 2");
            let by = low_of(f.get(fee, row)) as i128;
            f.set(fee, row, Fr::ZERO);
            f.lower(key, by);
            f.breaks(&["BINS1 instrument"]);
            left_out += i32::from(by > 0);
        }
    }
    assert!(left_out > 0);
    // Of the account; half spreads.
    let terms = f.venue.table.portfolio.as_ref().expect("format 2");
    let index = low_u64(key) as usize - (1 << 16);
    let held = &f.venue.accounts[index].positions;
    let spreads = held.iter().map(|p| {
        let (_, entry) = f.venue.table.find(p.id).expect("listed");
        entry.closing * i128::from(p.quantity).abs()
    });
    for by in [terms.account, spreads.sum()] {
        assert!(by > 0);
        let mut f = forger();
        f.lower(key, by);
        f.breaks(&["BMSG5 account"]);
    }
    // Of an underlying: the charge for the vega is below every line by it.
    let mut f = forger();
    let at = f.find(|row| row.key == key);
    let whole = f.row(at);
    let mut low = whole.clone();
    low.charges[1] -= 100_000_000 * 100_000_000;
    f.write(at, &low);
    f.lower(key, 100_000_000 * 100_000_000);
    f.breaks(&["BMSG1 limb"]);
}

/// Attack: what expires within a day rolls as if it had longer to go.
#[test]
fn last_day_left_out() {
    let f = forger();
    let tomorrow = crate::fixture::EXPIRIES[0];
    let id = |f: &Forger, slot: usize, row: usize| f.get(f.trace.columns.positions[slot].id, row);
    let dated = f
        .venue
        .table
        .priced()
        .filter(|(_, e)| e.id.expiry() == tomorrow);
    let ids: Vec<Fr> = dated.map(|(_, e)| Fr::from_u128(e.id.0)).collect();
    let (slot, row) = (0..3)
        .flat_map(|slot| (0..f.trace.active).map(move |row| (slot, row)))
        .find(|&(slot, row)| ids.contains(&id(&f, slot, row)))
        .expect("somebody holds it");
    let mut f = forger();
    let slot = f.trace.columns.positions[slot];
    assert_eq!(f.get(slot.netted, row), Fr::ZERO);
    // A quarter of the charge: that of the least rate.
    let quarter = pow2(2).invert().expect("not zero");
    f.set(slot.roll, row, f.get(slot.roll, row) * quarter);
    let size = f.get(slot.roll_size, row);
    f.set(slot.roll_size, row, size * quarter);
    let quantity = f.number(slot.magnitude, f.trace.columns.shape.quantity_limbs(), row);
    let (lane, header) = (f.trace.columns.account, f.header_of(f.get(slot.key, row)));
    let by = signed(quantity) * (size - size * quarter);
    f.add(lane.addons, header, -by);
    let limbs = f.trace.columns.shape.verdict_limbs();
    assert_eq!(f.get(lane.meets, header), ONE);
    // The change of the excess is a multiple of 2^-2 of 10^4.
    let more = low_of(by * Fr::from(10_000)) as i128;
    let excess = f.number(lane.excess, limbs, header) + more;
    f.set_number(lane.excess, limbs, header, excess);
    f.breaks(&["BINS1 instrument"]);
}
