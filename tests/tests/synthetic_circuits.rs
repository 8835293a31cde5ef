//! Small circuits with shapes that the margin circuit has or may get: phases with challenges, public
//! inputs in gates, fixed columns at several rotations, lookups or none, a permutation with or
//! without the public inputs. Each is proven with halo2 and checked by all three verifiers.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::plonk::{
    create_proof, keygen_pk, keygen_vk, verify_proof, Advice, Challenge as CircuitChallenge,
    Circuit, Column, ConstraintSystem, Error, Expression, FirstPhase, Fixed, Instance, SecondPhase,
    VerifyingKey,
};
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::{Bn256, G1Affine};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use zkmargin_chain::solidity::{call_data, generate, Options, SolidityError};
use zkmargin_engine::Fr;
use zkmargin_keys::extract::extract;
use zkmargin_keys::setup::Setup;
use zkmargin_keys::transcript::{from_halo2, to_halo2, Challenge, KeccakRead, KeccakWrite};
use zkmargin_testing::evm::{compile, Chain};
use zkmargin_testing::malformed::{corpus, Words};
use zkmargin_testing::tabled::tau;
use zkmargin_verifier::bn254;
use zkmargin_verifier::light::LightVerifier;
use zkmargin_verifier::protocol::{InstanceColumn, Label, Protocol};
use zkmargin_verifier::transcript::Encoding;

const K: u32 = 6;
const INPUTS: usize = 8;
/// Rows of the running sum.
const ROWS: usize = 10;

/// What a circuit has.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    /// Second-phase columns, each a running sum under its own challenge.
    sums: usize,
    lookups: usize,
    /// Columns that may be copied.
    copied: usize,
    /// The public inputs are copied, not queried by a gate.
    copied_inputs: bool,
    degree: usize,
}

#[derive(Clone, Debug)]
struct Config {
    shape: Shape,
    values: Column<Advice>,
    copies: Vec<Column<Advice>>,
    sums: Vec<Column<Advice>>,
    challenges: Vec<CircuitChallenge>,
    on: Column<Fixed>,
    table: Column<Fixed>,
    inputs: Column<Instance>,
}

#[derive(Clone, Debug)]
struct Synthetic {
    shape: Shape,
    values: Value<[u64; ROWS]>,
}

type E = Expression<Fr>;

fn configure(meta: &mut ConstraintSystem<Fr>, shape: Shape) -> Config {
    let config = Config {
        shape,
        values: meta.advice_column_in(FirstPhase),
        copies: (0..shape.copied).map(|_| meta.advice_column()).collect(),
        challenges: (0..shape.sums)
            .map(|_| meta.challenge_usable_after(FirstPhase))
            .collect(),
        sums: (0..shape.sums)
            .map(|_| meta.advice_column_in(SecondPhase))
            .collect(),
        on: meta.fixed_column(),
        table: meta.fixed_column(),
        inputs: meta.instance_column(),
    };
    for column in &config.copies {
        meta.enable_equality(*column);
    }
    if shape.copied_inputs {
        meta.enable_equality(config.inputs);
    }
    meta.set_minimum_degree(shape.degree);
    let challenges = config.challenges.clone();
    for (sum, challenge) in config.sums.iter().zip(challenges) {
        meta.create_gate("running sum", |meta| {
            let on = meta.query_fixed(config.on, Rotation::cur());
            let before = meta.query_fixed(config.on, Rotation::prev());
            let challenge = meta.query_challenge(challenge);
            let value = meta.query_advice(config.values, Rotation::cur());
            let (here, next) = (
                meta.query_advice(*sum, Rotation::cur()),
                meta.query_advice(*sum, Rotation::next()),
            );
            let one = E::Constant(Fr::ONE);
            vec![
                on.clone() * (next - here.clone() * challenge - value),
                on * (one - before) * here,
            ]
        });
    }
    if !shape.copied_inputs {
        meta.create_gate("public inputs", |meta| {
            let on = meta.query_fixed(config.on, Rotation::cur());
            let after = meta.query_fixed(config.on, Rotation(2));
            let value = meta.query_advice(config.values, Rotation::cur());
            let input = meta.query_instance(config.inputs, Rotation::cur());
            let before = meta.query_instance(config.inputs, Rotation::prev());
            let earlier = meta.query_advice(config.values, Rotation::prev());
            // On all but the last two rows the inputs are the values.
            let on = on * after;
            vec![
                on.clone() * (value.clone() - input),
                on * value * (earlier - before),
            ]
        });
    }
    for _ in 0..shape.lookups {
        meta.lookup_any("bytes", |meta| {
            let value = meta.query_advice(config.values, Rotation::cur());
            let table = meta.query_fixed(config.table, Rotation::cur());
            let on = meta.query_fixed(config.on, Rotation::cur());
            vec![(on * value, table)]
        });
    }
    config
}

impl Circuit<Fr> for Synthetic {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Shape;

    fn params(&self) -> Shape {
        self.shape
    }

    fn without_witnesses(&self) -> Self {
        Synthetic {
            shape: self.shape,
            values: Value::unknown(),
        }
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, shape: Shape) -> Config {
        configure(meta, shape)
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        configure(meta, Shape::default())
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let cells = layouter.assign_region(
            || "all",
            |mut region| {
                for row in 0..52 {
                    region.assign_fixed(config.table, row, Fr::from(row as u64));
                }
                let mut cells = Vec::new();
                for row in 0..ROWS {
                    region.assign_fixed(config.on, row, Fr::ONE);
                    let value = self.values.map(|v| Fr::from(v[row]));
                    region.assign_advice(config.values, row, value);
                    let mut first = None;
                    for column in &config.copies {
                        let cell = region.assign_advice(*column, row, value).cell();
                        let first = *first.get_or_insert(cell);
                        region.constrain_equal(first, cell);
                    }
                    cells.push(first);
                }
                Ok(cells)
            },
        )?;
        if !config.sums.is_empty() {
            layouter.next_phase();
            self.sums(&config, &mut layouter)?;
        }
        if config.shape.copied_inputs {
            for (row, cell) in cells.into_iter().enumerate().take(INPUTS) {
                layouter.constrain_instance(cell.ok_or(Error::Synthesis)?, config.inputs, row);
            }
        }
        Ok(())
    }
}

impl Synthetic {
    /// The second phase: `s⁺ = s·challenge + value` from zero.
    fn sums(&self, config: &Config, layouter: &mut impl Layouter<Fr>) -> Result<(), Error> {
        for (column, challenge) in config.sums.iter().zip(&config.challenges) {
            let challenge = layouter.get_challenge(*challenge);
            layouter.assign_region(
                || "sum",
                |mut region| {
                    let mut sum = Value::known(Fr::ZERO);
                    region.assign_advice(*column, 0, sum);
                    for row in 0..ROWS {
                        let value = self.values.map(|v| Fr::from(v[row]));
                        sum = sum * challenge + value;
                        region.assign_advice(*column, row + 1, sum);
                    }
                    Ok(())
                },
            )?;
        }
        Ok(())
    }
}

struct Proven {
    setup: Setup,
    vk: VerifyingKey<G1Affine>,
    inputs: [Fr; INPUTS],
    proof: Vec<u8>,
}

fn prove(shape: Shape) -> Proven {
    let setup = Setup::insecure_from_seed(K, 5).expect("a setup");
    let values: [u64; ROWS] = std::array::from_fn(|i| 7 * i as u64 % 50);
    let circuit = Synthetic {
        shape,
        values: Value::known(values),
    };
    let inputs: [Fr; INPUTS] = std::array::from_fn(|i| Fr::from(values[i]));
    let vk = keygen_vk(setup.params(), &circuit).expect("a verifying key");
    let pk = keygen_pk(setup.params(), vk.clone(), &circuit).expect("a proving key");
    let mut transcript = KeccakWrite::new(Encoding::Chain);
    create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, Challenge, _, _, _>(
        setup.params(),
        &pk,
        &[circuit],
        &[&[&inputs]],
        ChaCha20Rng::seed_from_u64(9),
        &mut transcript,
    )
    .expect("a proof");
    Proven {
        setup,
        vk,
        inputs,
        proof: transcript.finish(),
    }
}

fn halo2(proven: &Proven, inputs: &[Fr], proof: &[u8]) -> bool {
    let setup = proven.setup.verifier();
    let mut transcript = KeccakRead::new(proof, Encoding::Chain);
    verify_proof::<
        KZGCommitmentScheme<Bn256>,
        VerifierSHPLONK<'_, Bn256>,
        Challenge,
        _,
        SingleStrategy<'_, Bn256>,
    >(
        setup.params(),
        &proven.vk,
        SingleStrategy::new(setup.params()),
        &[&[inputs]],
        &mut transcript,
    )
    .is_ok()
        && transcript.rest().is_empty()
}

/// Whether each word of a proof in the chain encoding is a coordinate.
pub(crate) fn is_coordinate(light: &LightVerifier) -> Vec<bool> {
    let rounds = light.plan().rounds.iter();
    let words = rounds.flat_map(|round| {
        let points = std::iter::repeat_n(true, 2 * round.points);
        points.chain(std::iter::repeat_n(false, round.scalars))
    });
    words.collect()
}

fn protocol(proven: &Proven, size: &str) -> Protocol {
    let label = Label {
        key: format!("{size}-synthetic"),
        size: size.to_owned(),
        policy_name: "none".to_owned(),
        insecure: true,
        ..Label::default()
    };
    let inputs = [InstanceColumn::Exactly(INPUTS as u32)];
    extract(label, &proven.vk, &inputs, tau(&proven.setup)).expect("a protocol")
}

fn check(name: &str, shape: Shape) {
    let proven = prove(shape);
    let made = protocol(&proven, name);
    let read = Protocol::from_bytes(&made.to_bytes()).expect("its own file");
    assert_eq!(read.to_bytes(), made.to_bytes());
    assert_eq!(
        generate(&read, Options::default()).err(),
        Some(SolidityError::Insecure)
    );
    let contract = generate(&read, Options { insecure: true }).expect("a contract");
    let mut chain = Chain::deploy(&compile(&contract.name, &contract.source).creation);
    let light = LightVerifier::new(read);
    let statement: Words = proven.inputs.map(|v| from_halo2(&v).to_be_bytes());
    let mut verdicts = |statement: &Words, proof: &[u8]| {
        let rows: Option<Vec<bn254::Fr>> = statement.iter().map(bn254::Fr::from_be_bytes).collect();
        let of_halo2 = rows.clone().is_some_and(|rows| {
            let rows: Vec<Fr> = rows.into_iter().map(to_halo2).collect();
            halo2(&proven, &rows, proof)
        });
        let of_light =
            rows.is_some_and(|rows| light.verify(&[&rows], proof, Encoding::Chain).is_ok());
        let output = chain.call(&call_data(proof, statement)).output;
        let of_chain = output.is_some_and(|o| o.last() == Some(&1));
        (of_halo2, of_light, of_chain)
    };
    assert_eq!(
        verdicts(&statement, &proven.proof),
        (true, true, true),
        "{name}"
    );
    for entry in corpus(&proven.proof, &is_coordinate(&light), &statement)
        .iter()
        .step_by(5)
    {
        let all = verdicts(&entry.statement, &entry.proof);
        assert_eq!(all, (false, false, false), "{name}: {}", entry.name);
    }
}

#[test]
fn synthetic_circuits_agree() {
    let plain = Shape {
        degree: 4,
        ..Shape::default()
    };
    check("gates", plain);
    check("phases", Shape { sums: 2, ..plain });
    check(
        "lookups",
        Shape {
            lookups: 2,
            ..plain
        },
    );
    let copied = Shape {
        copied: 4,
        copied_inputs: true,
        ..plain
    };
    check("permutation", copied);
    check(
        "mixed",
        Shape {
            sums: 1,
            lookups: 1,
            copied: 3,
            ..plain
        },
    );
    check(
        "all",
        Shape {
            sums: 2,
            lookups: 1,
            degree: 6,
            ..copied
        },
    );
}
