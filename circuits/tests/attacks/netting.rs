//! netting
