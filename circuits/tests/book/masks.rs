//! Attacks on what hides a batch's numbers: masks that need not cancel, and what a batch may add.

use ff::Field;
use zkmargin_circuits::book::columns::fixed;
use zkmargin_engine::book::masks::masks;
use zkmargin_engine::book::statement::Row;
use zkmargin_engine::commitment::params::params;
use zkmargin_engine::field::pow2;
use zkmargin_engine::Fr;

use crate::attacks::Forger;
use crate::support::SECRETS;

const ONE: Fr = Fr::ONE;

impl Forger {
    /// Lays the masks of a side again, of another secret and another index, and shows the totals that
    /// follow from them. The commitment stays.
    fn remask(&mut self, side: usize, (index, claimed): (u32, u32), secret: Fr) {
        let shape = self.trace.columns.shape;
        let row = shape.first_mask_row(side) + 1 + index as usize;
        let old = self.inputs(row);
        assert_eq!(old[1], Fr::from(u64::from(index)));
        let mut inputs = [Fr::ZERO; 8];
        inputs[..2].copy_from_slice(&[secret, Fr::from(u64::from(claimed))]);
        self.rehash(row, 17, inputs);
        let before = masks(old[0], index);
        let more: Vec<Fr> = masks(secret, claimed)
            .iter()
            .zip(before)
            .map(|(new, old)| if side == 0 { *new - old } else { old - new })
            .collect();
        if index == 0 {
            (0..5).for_each(|total| self.trace.instance[0][total] += more[total]);
        } else if let Some(row) = self.asset(index) {
            self.trace.instance[2][row] += more[0];
            self.trace.instance[3][row] += more[1];
        }
    }

    /// Row of the market's asset of a number.
    fn asset(&self, number: u32) -> Option<usize> {
        let column = &self.trace.fixed[fixed::ASSET];
        let number = Fr::from(u64::from(number));
        column.iter().position(|cell| *cell == number)
    }

    /// Masks that stand in a row, whatever is hashed there.
    fn lanes(&self, row: usize) -> [Fr; 8] {
        let first = self.trace.columns.hash.sboxes + 126;
        let boxed = |i: usize| self.get(first + i, row).pow_vartime([5]);
        let mds = &params(9).mds;
        std::array::from_fn(|lane| (0..9).map(|i| mds[lane + 1][i] * boxed(i)).sum())
    }
}

/// Attack: masks of a secret that is not the committed one, for every total or for some. Such masks
/// need not cancel, and their sum is what the book hides.
#[test]
fn masks_of_another_secret() {
    let assets = Forger::new().trace.columns.shape.assets() as u32;
    for side in [0, 1] {
        let mut f = Forger::new();
        (0..=assets).for_each(|index| f.remask(side, (index, index), Fr::from(5)));
        f.breaks(&["BHSH19 masks"]);
        for index in [0, 1, 2, assets] {
            let mut f = Forger::new();
            f.remask(side, (index, index), Fr::from(5));
            f.breaks(&["BHSH19 masks"]);
        }
        // The commitment, too: then it is not the one that is shown.
        let mut f = Forger::new();
        let row = f.trace.columns.shape.first_mask_row(side);
        (0..=assets).for_each(|index| f.remask(side, (index, index), Fr::from(5)));
        let mut inputs = [Fr::ZERO; 8];
        inputs[0] = Fr::from(5);
        f.rehash(row, 8, inputs);
        f.breaks(&["BHSH16 public"]);
        f.trace.instance[1][row] = f.get(f.trace.columns.hash.digest, row);
        f.breaks(&[]);
    }
}

/// Attack: masks of another index: of a total for an asset, of an asset for another, one used twice.
#[test]
fn masks_of_another_index() {
    for side in [0, 1] {
        for (index, claimed) in [(0, 1), (1, 0), (1, 2), (2, 1), (2, 4711)] {
            let mut f = Forger::new();
            f.remask(side, (index, claimed), SECRETS[side]);
            f.breaks(&["BHSH18 index"]);
        }
    }
}

/// Attack: a commitment or a mask with a second preimage to choose from.
#[test]
fn secret_hashed_with_more() {
    for (below, tag) in [(0, 8), (1, 17), (2, 17)] {
        for input in 2..8 {
            let mut f = Forger::new();
            let row = f.trace.columns.shape.first_mask_row(0) + below;
            let mut inputs = f.inputs(row);
            inputs[input] = ONE;
            let before = f.lanes(row);
            f.rehash(row, tag, inputs);
            let after = f.lanes(row);
            let more = |lane: usize| after[lane] - before[lane];
            match below {
                0 => f.trace.instance[1][row] = f.get(f.trace.columns.hash.digest, row),
                1 => (0..5).for_each(|total| f.trace.instance[0][total] += more(total)),
                _ => {
                    let asset = f.asset(1).expect("an asset");
                    f.trace.instance[2][asset] += more(0);
                    f.trace.instance[3][asset] += more(1);
                }
            }
            f.breaks(&["BHSH17 secret"]);
        }
    }
}

/// Attack: a mask is chosen, so that it hides a total below zero: what is shown stays as it is, and the
/// batch owes less.
#[test]
fn mask_that_hides_a_negative_total() {
    let mut f = Forger::new();
    let row = f.trace.columns.shape.first_mask_row(0) + 1;
    let before = f.lanes(row);
    let lane = f.trace.columns.hash;
    let column = lane.sboxes + 126 + 3;
    let digest = |f: &Forger| {
        let boxed = f.get(column, row).pow_vartime([5]);
        params(9).mds[0][3] * boxed
    };
    let old = digest(&f);
    f.add(column, row, ONE);
    f.add(lane.digest, row, digest(&f) - old);
    let after = f.lanes(row);
    (0..5).for_each(|total| f.trace.instance[0][total] += after[total] - before[total]);
    f.breaks(&["BHSH1 state"]);
    // With the mask as it is the total is what it is.
    let mut f = Forger::new();
    f.public(Row::Equity, -pow2(100));
    f.breaks(&["BMSG7 total"]);
}

/// Attack: the masks of an asset are not in what is shown of it, or are those of one that is not listed.
#[test]
fn asset_without_its_masks() {
    for side in [0, 1] {
        let f = Forger::new();
        let first = f.trace.columns.shape.first_mask_row(side) + 2;
        let listed = f.venue.table.assets().count();
        for row in [first, first + listed - 1, first + listed] {
            let mut f = Forger::new();
            let sign = if side == 0 { ONE } else { -ONE };
            let shown = f.trace.instance[1][row];
            assert_eq!(shown, if row < first + listed { sign } else { Fr::ZERO });
            f.trace.instance[1][row] = sign - shown;
            f.breaks(&["BMSG8 asset"]);
        }
    }
}

/// Attack: a batch takes off its totals what it may only add.
#[test]
fn slack_below_zero() {
    let f = Forger::new();
    let lane = f.trace.columns.account;
    for (column, total) in [
        (lane.equity, Row::Equity),
        (lane.scenario, Row::Shortfall),
        (lane.excess, Row::Deficit),
    ] {
        let mut f = Forger::new();
        let low = f.get(column, 0);
        f.set(column, 0, -ONE);
        f.public(total, -low - ONE);
        f.breaks(&["BMSG1 limb"]);
        // It may add more.
        f.set(column, 0, low + ONE);
        f.public(total, low + Fr::from(2));
        f.breaks(&[]);
        // And nothing to what it does not show, nor in another row.
        let mut f = Forger::new();
        f.add(column, 1, ONE);
        f.breaks(&[]);
        f.public(total, ONE);
        f.breaks(&["BMSG7 total"]);
    }
}
