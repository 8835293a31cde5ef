//! Deletion testing of the batch circuit: see [`crate::delete`].

use crate::delete::delete;
use crate::spec::constraints;

#[test]
fn deletion_of_a_constraint_makes_its_named_test_fail() {
    delete(&constraints("spec/book.md"), |constraint| {
        let (file, name) = constraint.broken_by.as_ref()?;
        Some(format!("{file}::{name}"))
    });
}
