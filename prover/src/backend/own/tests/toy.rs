//! Random small circuits whose constraints hold.
//!
//! Each gate defines a column: `enabled·(column − polynomial) = 0`, with a random polynomial over
//! the columns before it. Look-ups ask for rows of a fixed table, copies join cells of any columns.

use std::borrow::Cow;

use ff::Field;
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{
    Advice, Challenge, Circuit, Column, ConstraintSystem, Error, Expression, FirstPhase, Fixed,
    Instance, SecondPhase, Selector, TableColumn, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::super::witness::Witness;
use crate::error::ProverError;

/// What a circuit looks like.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) k: u32,
    /// Free columns.
    pub(super) inputs: usize,
    /// Degrees of the gates' polynomials in the first phase.
    pub(super) first: Vec<usize>,
    /// And in the second, which also read a challenge.
    pub(super) second: Vec<usize>,
    /// Look-ups of so many columns each.
    pub(super) lookups: Vec<usize>,
    /// Pairs of cells of the inputs, the instance and a fixed column.
    pub(super) copies: usize,
    pub(super) seed: u64,
}

/// A polynomial over the cells of a row.
#[derive(Clone, Debug)]
enum Node {
    Constant(u64),
    Input(usize, i32),
    Fixed,
    Instance,
    Challenge,
    Negated(Box<Node>),
    Scaled(Box<Node>, u64),
    Sum(Box<Node>, Box<Node>),
    Product(Box<Node>, Box<Node>),
}

impl Node {
    /// A random polynomial of this degree.
    fn random(rng: &mut ChaCha20Rng, shape: &Shape, challenge: bool, degree: usize) -> Node {
        let mut part = |degree| Box::new(Node::random(rng, shape, challenge, degree));
        if degree > 1 {
            let left = degree / 2;
            let product = Node::Product(part(left), part(degree - left));
            let rest = part(degree - 1);
            return match rng.gen_range(0..3) {
                0 => product,
                1 => Node::Sum(Box::new(product), rest),
                _ => Node::Sum(rest, Box::new(Node::Negated(Box::new(product)))),
            };
        }
        let cell = match rng.gen_range(0..6) {
            0 => Node::Fixed,
            1 => Node::Instance,
            _ => Node::Input(rng.gen_range(0..shape.inputs), rng.gen_range(-2..=2)),
        };
        let other = match rng.gen_range(0..4) {
            0 if challenge => Node::Challenge,
            0 => Node::Constant(rng.gen()),
            1 => return cell,
            _ => Node::Input(rng.gen_range(0..shape.inputs), 0),
        };
        let scaled = Node::Scaled(Box::new(other), rng.gen_range(1..4));
        Node::Sum(Box::new(cell), Box::new(scaled))
    }

    fn expression(&self, meta: &mut VirtualCells<'_, Fr>, config: &Config) -> Expression<Fr> {
        let mut of = |node: &Node| node.expression(meta, config);
        match self {
            Node::Constant(value) => Expression::Constant(Fr::from(*value)),
            Node::Negated(a) => -of(a),
            Node::Scaled(a, by) => of(a) * Fr::from(*by),
            Node::Sum(a, b) => of(a) + of(b),
            Node::Product(a, b) => of(a) * of(b),
            Node::Input(column, rotation) => {
                meta.query_advice(config.inputs[*column], Rotation(*rotation))
            }
            Node::Fixed => meta.query_fixed(config.free, Rotation::cur()),
            Node::Instance => meta.query_instance(config.instance, Rotation::cur()),
            Node::Challenge => meta.query_challenge(config.challenge),
        }
    }

    fn value(&self, cells: &Cells, row: usize, challenge: Fr) -> Fr {
        let of = |node: &Node| node.value(cells, row, challenge);
        match self {
            Node::Constant(value) => Fr::from(*value),
            Node::Negated(a) => -of(a),
            Node::Scaled(a, by) => of(a) * Fr::from(*by),
            Node::Sum(a, b) => of(a) + of(b),
            Node::Product(a, b) => of(a) * of(b),
            Node::Input(column, rotation) => {
                cells.inputs[*column][row.wrapping_add_signed(*rotation as isize)]
            }
            Node::Fixed => cells.free[row],
            Node::Instance => cells.instance[row],
            Node::Challenge => challenge,
        }
    }
}

/// Columns of a configured circuit.
#[derive(Clone, Debug)]
pub(super) struct Config {
    inputs: Vec<Column<Advice>>,
    defined: [Vec<Column<Advice>>; 2],
    looking: Vec<Vec<Column<Advice>>>,
    tables: Vec<Vec<TableColumn>>,
    enabled: Selector,
    free: Column<Fixed>,
    instance: Column<Instance>,
    challenge: Challenge,
}

/// Values of all cells but those of the second phase.
#[derive(Clone, Debug)]
struct Cells {
    inputs: Vec<Vec<Fr>>,
    defined: Vec<Vec<Fr>>,
    looking: Vec<Vec<Vec<Fr>>>,
    tables: Vec<Vec<Vec<Fr>>>,
    free: Vec<Fr>,
    instance: Vec<Fr>,
}

/// Two cells that must be equal, by column and row.
type Copied = [(Side, usize); 2];

/// A column of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Input(usize),
    Free,
    Instance,
}

/// A random circuit with a witness.
#[derive(Clone, Debug)]
pub(super) struct Toy {
    shape: Shape,
    polynomials: [Vec<Node>; 2],
    cells: Cells,
    instance: [Vec<Fr>; 1],
    copies: Vec<Copied>,
}

/// Rows that no gate touches, at both ends of the usable ones.
const MARGIN: usize = 2;

impl Toy {
    pub(super) fn new(shape: Shape) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(shape.seed);
        let polynomials = Toy::polynomials(&shape, &mut rng);
        let mut meta = ConstraintSystem::default();
        Toy::configured(&mut meta, &shape);
        let usable = (1 << shape.k) - meta.blinding_factors() - 1;
        let mut cells = Toy::cells(&shape, usable, &mut rng);
        let copies = Toy::copies(&shape, &mut cells, &mut rng);
        for polynomial in &polynomials[0] {
            let values = Toy::defined(polynomial, &cells, Fr::ZERO);
            cells.defined.push(values);
        }
        Toy {
            instance: [cells.instance.clone()],
            shape,
            polynomials,
            cells,
            copies,
        }
    }

    /// All cells but the defined ones.
    fn cells(shape: &Shape, usable: usize, rng: &mut ChaCha20Rng) -> Cells {
        let mut column = |short: bool| -> Vec<Fr> {
            let mut value = || match short {
                true => Fr::from(rng.gen_range(0..3u64)),
                false => Fr::random(&mut *rng),
            };
            (0..usable).map(|_| value()).collect()
        };
        let inputs = (0..shape.inputs).map(|i| column(i % 2 == 1)).collect();
        let (free, instance) = (column(true), column(false));
        // What a table leaves is filled with its first row.
        let listed = usable - MARGIN;
        let mut listing = |short| column(short)[..listed].to_vec();
        let mut table = |columns: &usize| (0..*columns).map(|i| listing(i > 0)).collect();
        let tables: Vec<Vec<Vec<Fr>>> = shape.lookups.iter().map(&mut table).collect();
        let mut looking = |table: &Vec<Vec<Fr>>| {
            let rows: Vec<usize> = (0..usable).map(|_| rng.gen_range(0..listed)).collect();
            let column = |column: &Vec<Fr>| rows.iter().map(|row| column[*row]).collect();
            table.iter().map(column).collect()
        };
        Cells {
            inputs,
            defined: Vec::new(),
            looking: tables.iter().map(&mut looking).collect(),
            tables,
            free,
            instance,
        }
    }

    /// Copies random cells to inputs that no other copy names.
    fn copies(shape: &Shape, cells: &mut Cells, rng: &mut ChaCha20Rng) -> Vec<Copied> {
        let usable = cells.free.len();
        let mut copies: Vec<Copied> = Vec::new();
        for _ in 0..shape.copies {
            let (row, to) = (rng.gen_range(0..usable), rng.gen_range(0..usable));
            let column = rng.gen_range(0..shape.inputs);
            let (from, value) = match rng.gen_range(0..4) {
                0 => (Side::Free, cells.free[row]),
                1 => (Side::Instance, cells.instance[row]),
                _ => {
                    let column = rng.gen_range(0..shape.inputs);
                    (Side::Input(column), cells.inputs[column][row])
                }
            };
            let target = (Side::Input(column), to);
            if copies.iter().flatten().all(|side| *side != target) {
                cells.inputs[column][to] = value;
                copies.push([(from, row), target]);
            }
        }
        copies
    }

    pub(super) fn k(&self) -> u32 {
        self.shape.k
    }

    /// The same circuit with an input of a look-up that is not in the table.
    pub(super) fn looking_in_vain(mut self) -> Self {
        self.cells.looking[0][0][0] += Fr::ONE;
        self
    }

    fn polynomials(shape: &Shape, rng: &mut ChaCha20Rng) -> [Vec<Node>; 2] {
        [(&shape.first, false), (&shape.second, true)].map(|(degrees, challenge)| {
            let degrees = degrees.iter();
            degrees
                .map(|degree| Node::random(rng, shape, challenge, *degree))
                .collect()
        })
    }

    /// A column as its gate defines it.
    fn defined(polynomial: &Node, cells: &Cells, challenge: Fr) -> Vec<Fr> {
        let usable = cells.free.len();
        let inner = MARGIN..usable - MARGIN;
        let value = |row: usize| match inner.contains(&row) {
            true => polynomial.value(cells, row, challenge),
            false => Fr::ZERO,
        };
        (0..usable).map(value).collect()
    }

    fn configured(meta: &mut ConstraintSystem<Fr>, shape: &Shape) -> Config {
        let mut rng = ChaCha20Rng::seed_from_u64(shape.seed);
        let polynomials = Toy::polynomials(shape, &mut rng);
        let inputs: Vec<_> = (0..shape.inputs).map(|_| meta.advice_column()).collect();
        let first: Vec<_> = shape.first.iter().map(|_| meta.advice_column()).collect();
        let challenge = meta.challenge_usable_after(FirstPhase);
        let second = shape.second.iter();
        let second: Vec<_> = second.map(|_| meta.advice_column_in(SecondPhase)).collect();
        let looking = |meta: &mut ConstraintSystem<Fr>, columns: &usize| {
            (0..*columns).map(|_| meta.advice_column()).collect()
        };
        let table = |meta: &mut ConstraintSystem<Fr>, columns: &usize| {
            (0..*columns).map(|_| meta.lookup_table_column()).collect()
        };
        let config = Config {
            inputs,
            defined: [first, second],
            looking: shape.lookups.iter().map(|l| looking(meta, l)).collect(),
            tables: shape.lookups.iter().map(|l| table(meta, l)).collect(),
            enabled: meta.selector(),
            free: meta.fixed_column(),
            instance: meta.instance_column(),
            challenge,
        };
        // halo2 takes no degree above 5 by itself.
        let gates = shape.first.iter().chain(&shape.second);
        meta.set_minimum_degree(gates.map(|degree| degree + 1).fold(4, usize::max));
        if shape.copies > 0 {
            config.inputs.iter().for_each(|c| meta.enable_equality(*c));
            meta.enable_equality(config.free);
            meta.enable_equality(config.instance);
        }
        for (polynomials, columns) in polynomials.iter().zip(&config.defined) {
            for (polynomial, column) in polynomials.iter().zip(columns) {
                meta.create_gate("defined", |meta| {
                    let enabled = meta.query_selector(config.enabled);
                    let column = meta.query_advice(*column, Rotation::cur());
                    vec![enabled * (column - polynomial.expression(meta, &config))]
                });
            }
        }
        for (looking, table) in config.looking.iter().zip(&config.tables) {
            meta.lookup("rows of a table", |meta| {
                let pairs = looking.iter().zip(table);
                pairs
                    .map(|(a, t)| {
                        let a = meta.query_advice(*a, Rotation::cur());
                        (a, *t)
                    })
                    .collect()
            });
        }
        config
    }
}

impl Circuit<Fr> for Toy {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Shape;

    fn params(&self) -> Shape {
        self.shape.clone()
    }

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, shape: Shape) -> Config {
        Toy::configured(meta, &shape)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        Toy::configured(meta, &Shape::default())
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let cells = &self.cells;
        layouter
            .assign_region(
                || "toy",
                |mut region| {
                    let mut assigned = Vec::new();
                    for (column, values) in config.inputs.iter().zip(&cells.inputs) {
                        let cell = |(row, value): (usize, &Fr)| {
                            region
                                .assign_advice(*column, row, Value::known(*value))
                                .cell()
                        };
                        assigned.push(values.iter().enumerate().map(cell).collect::<Vec<_>>());
                    }
                    let looking = config.looking.iter().flatten();
                    let advice = config.defined[0].iter().chain(looking);
                    let values = cells.defined.iter().chain(cells.looking.iter().flatten());
                    for (column, values) in advice.zip(values) {
                        for (row, value) in values.iter().enumerate() {
                            region.assign_advice(*column, row, Value::known(*value));
                        }
                    }
                    let mut free = Vec::new();
                    for (row, value) in cells.free.iter().enumerate() {
                        free.push(region.assign_fixed(config.free, row, *value));
                        if (MARGIN..cells.free.len() - MARGIN).contains(&row) {
                            config.enabled.enable(&mut region, row)?;
                        }
                    }
                    let mut public = Vec::new();
                    for [(from, row), (to, at)] in &self.copies {
                        let Side::Input(to) = to else {
                            return Err(Error::Synthesis);
                        };
                        let to = assigned[*to][*at];
                        match from {
                            Side::Input(column) => {
                                region.constrain_equal(assigned[*column][*row], to)
                            }
                            Side::Free => region.constrain_equal(free[*row], to),
                            Side::Instance => public.push((to, *row)),
                        }
                    }
                    region.next_phase();
                    region.get_challenge(config.challenge).map(|challenge| {
                        let polynomials = self.polynomials[1].iter().zip(&config.defined[1]);
                        for (polynomial, column) in polynomials {
                            let values = Toy::defined(polynomial, cells, challenge);
                            for (row, value) in values.into_iter().enumerate() {
                                region.assign_advice(*column, row, Value::known(value));
                            }
                        }
                    });
                    Ok(public)
                },
            )?
            .into_iter()
            .for_each(|(cell, row)| layouter.constrain_instance(cell, config.instance, row));
        for (columns, tables) in config.tables.iter().zip(&cells.tables) {
            layouter.assign_table(
                || "rows of a table",
                |mut table| {
                    let columns = columns.iter().zip(tables);
                    let cells =
                        columns.flat_map(|(c, v)| v.iter().enumerate().map(move |v| (c, v)));
                    cells.into_iter().try_for_each(|(column, (row, value))| {
                        table.assign_cell(|| "", *column, row, || Value::known(*value))
                    })
                },
            )?;
        }
        Ok(())
    }
}

impl Witness for Toy {
    type Circuit = Toy;

    fn instance(&self) -> &[Vec<Fr>] {
        &self.instance
    }

    fn phase(&mut self, phase: u8, challenges: &[Fr]) -> Result<Vec<Cow<'_, [Fr]>>, ProverError> {
        let cells = &self.cells;
        if phase == 1 {
            let of = |p: &Node| Cow::Owned(Toy::defined(p, cells, challenges[0]));
            return Ok(self.polynomials[1].iter().map(of).collect());
        }
        let looking = cells.looking.iter().flatten();
        let columns = cells.inputs.iter().chain(&cells.defined).chain(looking);
        Ok(columns.map(|column| Cow::Borrowed(&column[..])).collect())
    }

    fn into_circuit(self) -> Toy {
        self
    }
}
