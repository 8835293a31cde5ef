//! How losses of scenarios become one requirement.

pub mod worst;
