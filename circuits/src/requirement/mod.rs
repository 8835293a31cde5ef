//! requirement.
