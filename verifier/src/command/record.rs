//! What a place that everybody sees says of a book.

use crate::book::{Fault, FolderDigest, PublicBook};

/// What the venue put there, such as on a chain.
#[derive(Clone, Debug)]
pub struct Record {
    /// The place, for people.
    pub place: String,
    /// In what the book differs from what stands there, or that it does not stand there.
    pub faults: Vec<Fault>,
}

/// A book whose record is looked for, and the digest of its folder, if it has one.
pub type Recorded<'a> = (&'a PublicBook, Option<&'a FolderDigest>);
