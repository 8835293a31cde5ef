//! Why a protocol could not be made or read.

/// A fault of a protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The file is not a protocol.
    #[error("not a protocol file\nhint: `zkmargin export protocol` writes one")]
    Magic,
    /// The file is of another version of the format.
    #[error("protocol format {found} is not supported\nhint: this program reads format {supported}; export the protocol again")]
    Version {
        /// Version in the file.
        found: u16,
        /// Version of this program.
        supported: u16,
    },
    /// The digest at the end is not that of the content.
    #[error("the digest at the end does not fit the content\nhint: the file was altered or cut; export the protocol again")]
    Digest,
    /// A field is out of range.
    #[error("byte {offset}: {field}: {problem}\nhint: the file was made by a faulty or hostile program; export the protocol again")]
    Field {
        /// Where the field starts.
        offset: usize,
        /// Name of the field.
        field: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// A constraint system that this form cannot describe.
    #[error("the constraint system cannot be described: {0}\nhint: a key has no selectors, and a template the text that halo2 hashes")]
    Unsupported(&'static str),
    /// Columns of a price table are open.
    #[error("the key leaves the columns of a price table open\nhint: it is a key of a book's batches; market and policy complete it")]
    Open,
    /// A column that the program cannot compute.
    #[error("the key has a column `{0}` of the price table, which this program does not know\nhint: take the program of the version that exported the key, or export it again with this one")]
    Column(String),
    /// A market with more rows than a template has points for.
    #[error("the market has {rows} rows, the key has points for {most}\nhint: a key of larger batches has more; `zkmargin export protocol` writes one")]
    Rows {
        /// Rows of the market.
        rows: usize,
        /// Points of the template.
        most: usize,
    },
}
