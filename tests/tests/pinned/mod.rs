//! What the circuits look like, held against `tests/pinned/rm1.json`, `rm2.json` and `rm1-batch.json`.
//!
//! Columns, constraints, degree, rows by part, the key under the policy and the Ignition setup and the
//! length of a proof, by size. A change of any of them is a change of every key in use, so it has
//! to be seen in a review: `ZKMARGIN_REPIN=1 ./test pinned` writes the files anew.

mod batch;
mod file;
mod margin;
