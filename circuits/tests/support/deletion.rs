//! Deletes constraints one at a time and runs the named test of each, which has to fail.
//!
//! The test runs in a process of its own, in which the judge leaves the number out ([`super::drop`]).
//! It fails as it should when the judge accepts a false trace; any other failure, or none, is one of
//! the constraint's test.

use std::process::Command;
use std::sync::Mutex;

use super::drop::{ACCEPTED, DROP};
use super::spec::Constraint;

/// Set to `all` to delete every number instead of every [`SAMPLE`]th, or to a list of numbers, which
/// may be of either circuit.
pub const DELETE: &str = "ZKMARGIN_DELETE";
/// One number of so many is deleted by default.
const SAMPLE: usize = 12;

/// Deletes the constraints whose tests `test_of` finds in this program.
///
/// # Panics
/// With every number whose named test does not notice that it is gone.
pub fn delete(constraints: &[Constraint], test_of: fn(&Constraint) -> Option<String>) {
    let asked = std::env::var(DELETE).unwrap_or_default();
    let tests: Vec<(&str, String)> = constraints
        .iter()
        .filter_map(|c| Some((c.number.as_str(), test_of(c)?)))
        .collect();
    let chosen: Vec<_> = tests
        .iter()
        .enumerate()
        .filter(|(i, (number, _))| match asked.as_str() {
            "" => i % SAMPLE == 0,
            "all" => true,
            list => list.split(',').any(|n| n == *number),
        })
        .map(|(_, test)| test)
        .collect();
    let next = Mutex::new(chosen.iter());
    let unnoticed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| loop {
                let Some((number, test)) = next.lock().expect("a lock").next() else {
                    return;
                };
                if !notices(number, test) {
                    let line = format!("{number}: {test}");
                    unnoticed.lock().expect("a lock").push(line);
                }
            });
        }
    });
    let unnoticed = unnoticed.into_inner().expect("a lock");
    println!("{} of {} numbers deleted", chosen.len(), tests.len());
    assert!(
        unnoticed.is_empty(),
        "deleted without being noticed by their test:\n{}",
        unnoticed.join("\n")
    );
}

/// Whether a test meets a false trace that is accepted without a number.
fn notices(number: &str, test: &str) -> bool {
    let program = std::env::current_exe().expect("a path");
    let run = Command::new(program)
        .args(["--exact", test, "--nocapture"])
        .env(DROP, number)
        .output()
        .expect("a test to run");
    let said = [run.stdout, run.stderr].concat();
    let accepted = format!("{ACCEPTED} {number}\n");
    !run.status.success() && String::from_utf8_lossy(&said).contains(&accepted)
}
