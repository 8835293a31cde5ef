//! How losses of scenarios become one requirement.

pub(super) mod worst;
