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
    #[error("the constraint system cannot be described: {0}\nhint: one instance column at most, no selectors, no commitment at infinity")]
    Unsupported(&'static str),
}
