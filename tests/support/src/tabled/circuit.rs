//! The circuit: pairs of a number and its image from a table, folded under a challenge, and their product
//! under another.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::plonk::{
    Advice, Challenge, Circuit, Column, ConstraintSystem, Error, Expression, FirstPhase, Fixed,
    Instance, SecondPhase,
};
use halo2_proofs::poly::Rotation;
use zkmargin_engine::Fr;

/// Rows with values, each of which is in the table.
const VALUES: [u64; 8] = [3, 1, 4, 1, 5, 9, 2, 6];
/// Rows that a table may have.
pub const TABLE: usize = 12;
/// The image of each number from one on.
pub type Table = [u64; TABLE - 1];

/// Images that are all there.
pub const SQUARES: Table = [1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121];
/// The column of images is all zeros.
pub const NOTHING: Table = [0; TABLE - 1];

/// Its columns and challenges.
#[derive(Clone, Debug)]
pub struct Config {
    value: Column<Advice>,
    image: Column<Advice>,
    /// `value + α·image`, of the second phase.
    folded: Column<Advice>,
    /// Running product of `β + folded`, of the second phase too.
    product: Column<Advice>,
    alpha: Challenge,
    beta: Challenge,
    on: Column<Fixed>,
    first: Column<Fixed>,
    /// Rows whose value or image is in the instance column of this number.
    shown: [Column<Fixed>; 4],
    constant: Column<Fixed>,
    zero: Column<Fixed>,
    /// The table.
    pub(super) number: Column<Fixed>,
    pub(super) images: Column<Fixed>,
    inputs: [Column<Instance>; 4],
}

/// The circuit over a table, with or without its values.
#[derive(Clone, Debug)]
pub struct Tabled {
    table: Table,
    known: bool,
}

type E = Expression<Fr>;

impl Config {
    pub(super) fn new(meta: &mut ConstraintSystem<Fr>) -> Self {
        let config = Config {
            value: meta.advice_column_in(FirstPhase),
            image: meta.advice_column_in(FirstPhase),
            alpha: meta.challenge_usable_after(FirstPhase),
            folded: meta.advice_column_in(SecondPhase),
            beta: meta.challenge_usable_after(FirstPhase),
            product: meta.advice_column_in(SecondPhase),
            on: meta.fixed_column(),
            first: meta.fixed_column(),
            shown: std::array::from_fn(|_| meta.fixed_column()),
            constant: meta.fixed_column(),
            zero: meta.fixed_column(),
            number: meta.fixed_column(),
            images: meta.fixed_column(),
            inputs: std::array::from_fn(|_| meta.instance_column()),
        };
        meta.enable_equality(config.value);
        meta.enable_equality(config.constant);
        meta.enable_equality(config.inputs[1]);
        config.sums(meta);
        config.public(meta);
        config.lookups(meta);
        config
    }

    fn sums(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("phases", |meta| {
            let mut at = |column, rotation| meta.query_advice(column, rotation);
            let here = Rotation::cur();
            let (value, image) = (at(self.value, here), at(self.image, here));
            let (folded, product) = (at(self.folded, here), at(self.product, here));
            let next = at(self.product, Rotation::next());
            let on = meta.query_fixed(self.on, here);
            let first = meta.query_fixed(self.first, here);
            let zero = meta.query_fixed(self.zero, here);
            let alpha = meta.query_challenge(self.alpha);
            let beta = meta.query_challenge(self.beta);
            vec![
                on.clone() * (folded.clone() - value - alpha * image + zero),
                on * (next - product.clone() * (beta + folded)),
                first * (product + E::Constant(-Fr::ONE)),
            ]
        });
    }

    fn public(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("public inputs", |meta| {
            let here = Rotation::cur();
            let value = meta.query_advice(self.value, here);
            let image = meta.query_advice(self.image, here);
            let shown = self.shown.map(|column| meta.query_fixed(column, here));
            let mut input = |n: usize, rotation| meta.query_instance(self.inputs[n], rotation);
            vec![
                shown[0].clone() * (value.clone() - input(0, here)),
                shown[2].clone() * (value - input(2, Rotation(-3))),
                shown[3].clone() * (image - input(3, Rotation(-7))),
            ]
        });
    }

    fn lookups(&self, meta: &mut ConstraintSystem<Fr>) {
        let here = Rotation::cur();
        meta.lookup_any("pairs", |meta| {
            let on = meta.query_fixed(self.on, here);
            let value = meta.query_advice(self.value, here);
            let image = meta.query_advice(self.image, here);
            let number = meta.query_fixed(self.number, here);
            let images = meta.query_fixed(self.images, here);
            vec![(on.clone() * value, number), (on * image, images)]
        });
        meta.lookup_any("folded", |meta| {
            let on = meta.query_fixed(self.on, here);
            let folded = meta.query_advice(self.folded, here);
            let number = meta.query_fixed(self.number, here);
            let images = meta.query_fixed(self.images, here);
            let alpha = meta.query_challenge(self.alpha);
            vec![(on * folded, number + alpha * images)]
        });
    }
}

impl Tabled {
    /// With its values.
    pub fn new(table: Table) -> Self {
        Tabled { table, known: true }
    }

    fn value(&self, v: u64) -> Value<Fr> {
        match self.known {
            true => Value::known(Fr::from(v)),
            false => Value::unknown(),
        }
    }

    fn image(&self, v: u64) -> u64 {
        self.table[v as usize - 1]
    }

    /// Its public inputs, by column.
    pub fn inputs(&self) -> [Vec<Fr>; 4] {
        let values = |rows: std::ops::Range<usize>| {
            let values = VALUES[rows].iter();
            values.map(|v| Fr::from(*v)).collect::<Vec<_>>()
        };
        let image = Fr::from(self.image(VALUES[7]));
        [values(0..3), values(5..7), values(3..5), vec![image]]
    }
}

impl Circuit<Fr> for Tabled {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Tabled {
            known: false,
            ..self.clone()
        }
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        Config::new(meta)
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let copied = layouter.assign_region(
            || "values and table",
            |mut region| {
                for (row, image) in self.table.iter().enumerate() {
                    region.assign_fixed(config.number, row, Fr::from(row as u64 + 1));
                    region.assign_fixed(config.images, row, Fr::from(*image));
                }
                region.assign_fixed(config.first, 0, Fr::ONE);
                for (column, rows) in [(0, 0..3), (2, 3..5), (3, 7..8)] {
                    for row in rows {
                        region.assign_fixed(config.shown[column], row, Fr::ONE);
                    }
                }
                let mut cells = Vec::new();
                for (row, v) in VALUES.into_iter().enumerate() {
                    region.assign_fixed(config.on, row, Fr::ONE);
                    let cell = region.assign_advice(config.value, row, self.value(v));
                    cells.push(cell.cell());
                    region.assign_advice(config.image, row, self.value(self.image(v)));
                }
                let constant = region.assign_fixed(config.constant, 4, Fr::from(VALUES[2]));
                region.constrain_equal(constant, cells[2]);
                Ok([cells[5], cells[6]])
            },
        )?;
        for (row, cell) in copied.into_iter().enumerate() {
            layouter.constrain_instance(cell, config.inputs[1], row);
        }
        layouter.next_phase();
        let alpha = layouter.get_challenge(config.alpha);
        let folded = VALUES.map(|v| self.value(v) + alpha * Value::known(Fr::from(self.image(v))));
        layouter.assign_region(
            || "folded",
            |mut region| {
                for (row, folded) in folded.iter().enumerate() {
                    region.assign_advice(config.folded, row, *folded);
                }
                Ok(())
            },
        )?;
        let beta = layouter.get_challenge(config.beta);
        layouter.assign_region(
            || "product",
            |mut region| {
                let mut product = Value::known(Fr::ONE);
                region.assign_advice(config.product, 0, product);
                for (row, folded) in folded.iter().enumerate() {
                    product = product * (beta + folded);
                    region.assign_advice(config.product, row + 1, product);
                }
                Ok(())
            },
        )
    }
}
