//! Deletion testing of the margin circuit: see [`crate::support::deletion`].

use crate::support::deletion::delete;
use crate::support::spec::constraints;

#[test]
fn deletion_of_a_constraint_makes_its_named_test_fail() {
    delete(&constraints("spec/margin.md"), |constraint| {
        let (file, name) = constraint.broken_by.as_ref()?;
        (file != "lookup").then(|| format!("{file}::{name}"))
    });
}
