//! The trusted setup: every file format in and out, damage, and the embedded ceremony.

mod ceremony;
mod damage;
mod formats;
mod ignition;
mod points;
mod proof;
mod refused;
