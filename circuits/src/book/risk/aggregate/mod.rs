//! How losses of scenarios become one requirement.

pub(in crate::book) mod worst;
