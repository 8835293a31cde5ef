//! Look-ups: both sides compressed into one column, and permuted so that every input stands beside
//! an equal input or in the row of its table entry.

use std::collections::HashMap;

use ff::Field;
use halo2curves::bn256::Fr;
use zkmargin_kernels::{Column, Lanes};

use super::compile::compile;
use super::key::Key;
use super::randomness::Randomness;
use super::sum::Algebra;
use crate::error::ProverError;

/// Both sides of a look-up as one column each.
pub(super) struct Compressed<L: Lanes> {
    pub(super) input: Column<L>,
    pub(super) table: Column<L>,
}

/// Compresses every look-up with θ.
///
/// # Errors
/// When an expression is not supported.
pub(super) fn compress<L: Lanes>(
    key: &Key<L>,
    rows: &[&Column<L>],
    challenges: &[Fr],
    theta: Fr,
) -> Result<Vec<Compressed<L>>, ProverError> {
    let system = &key.system;
    let arguments = system.cs.lookups().iter();
    let compressed = arguments.map(|argument| {
        let mut algebra = Algebra::default();
        let mut side = |expressions: &[_]| {
            let sum = algebra.compress(expressions, &system.places, challenges, theta)?;
            Ok::<_, ProverError>(compile(&algebra, sum).run(rows))
        };
        Ok(Compressed {
            input: side(argument.input_expressions())?,
            table: side(argument.table_expressions())?,
        })
    });
    compressed.collect()
}

/// The permuted columns of a look-up, blinded.
///
/// # Errors
/// [`ProverError::LookUp`] when an input is not in the table.
pub(super) fn permute<L: Lanes>(
    key: &Key<L>,
    number: usize,
    compressed: &Compressed<L>,
    randomness: &mut impl Randomness,
) -> Result<[Column<L>; 2], ProverError> {
    let usable = key.system.usable();
    let input = key.domain.to_values(&compressed.input);
    let table = key.domain.to_values(&compressed.table);
    let permuted = permuted(&input[..usable], &table[..usable]);
    let (mut input, mut table) = permuted.ok_or_else(|| {
        let name = key.system.cs.lookups()[number].name();
        ProverError::LookUp(name.to_owned())
    })?;
    randomness.arrange(&mut input, &mut table);
    Ok([input, table].map(|mut column| {
        column.resize(key.system.rows, Fr::ZERO);
        randomness.fill(&mut column[usable..]);
        key.domain.from_values(&column)
    }))
}

/// Equal inputs together, the first of them beside its table entry; unused entries beside the rest.
fn permuted(input: &[Fr], table: &[Fr]) -> Option<(Vec<Fr>, Vec<Fr>)> {
    /// An input, how often it is used, and whether the table has offered it.
    struct Use {
        value: Fr,
        count: usize,
        offered: bool,
    }
    let mut uses: Vec<Use> = Vec::new();
    let mut places: HashMap<Fr, usize> = HashMap::new();
    for value in input {
        let place = *places.entry(*value).or_insert(uses.len());
        match uses.get_mut(place) {
            Some(known) => known.count += 1,
            None => uses.push(Use {
                value: *value,
                count: 1,
                offered: false,
            }),
        }
    }
    let mut unused = Vec::with_capacity(table.len() - uses.len().min(table.len()));
    for entry in table {
        match places.get(entry).map(|place| &mut uses[*place]) {
            Some(known) if !known.offered => known.offered = true,
            _ => unused.push(*entry),
        }
    }
    if uses.iter().any(|known| !known.offered) {
        return None;
    }
    let (mut inputs, mut entries) = (Vec::new(), Vec::new());
    for known in uses {
        inputs.extend(std::iter::repeat_n(known.value, known.count));
        entries.push(known.value);
        for _ in 1..known.count {
            entries.push(unused.pop()?);
        }
    }
    Some((inputs, entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[u64]) -> Vec<Fr> {
        values.iter().copied().map(Fr::from).collect()
    }

    #[test]
    fn every_input_stands_beside_its_like_or_its_entry() {
        let input = numbers(&[5, 7, 5, 5, 7, 9]);
        let table = numbers(&[9, 5, 7, 1, 2, 5]);
        let (a, s) = permuted(&input, &table).expect("all are in the table");
        for row in 0..a.len() {
            assert!(a[row] == s[row] || (row > 0 && a[row] == a[row - 1]));
        }
        let sorted = |mut v: Vec<Fr>| {
            v.sort();
            v
        };
        assert_eq!(sorted(a), sorted(input));
        assert_eq!(sorted(s), sorted(table));
    }

    #[test]
    fn an_input_outside_the_table_is_noticed() {
        assert!(permuted(&numbers(&[1, 2]), &numbers(&[1, 1])).is_none());
    }
}
