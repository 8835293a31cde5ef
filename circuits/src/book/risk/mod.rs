//! Terms of the requirement, each in a file of the name that it has in the engine, the margin circuit
//! and both specs: what an instrument's row says of it, and what positions and accounts send.

pub mod addon;
pub(super) mod aggregate;
pub(super) mod scenario;
