//! Haircuts on long cash and spot: half per signed and half per absolute quantity, so the whole for a
//! long position and none for a short one. They reach the account in the words of its positions
//! (BINS1, BMSG5), from the price table: no cell of the circuit is theirs alone.
