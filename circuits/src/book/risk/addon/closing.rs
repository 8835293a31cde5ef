//! Half spreads, under format 2: the lesser of two shares, computed in the price table per absolute quantity.
//! They reach the account in the words of its positions (BINS1, BMSG5): no cell of the circuit is theirs
//! alone.
