//! Names at the broker: streams, buckets and subjects.

/// Stream of the jobs, a work queue.
pub const JOBS_STREAM: &str = "ZKMARGIN_BOOK_JOBS";
/// Subjects of [`JOBS_STREAM`]; a job's is `zkmargin.book.job.<book>.<input digest>`.
pub const JOBS_SUBJECTS: &str = "zkmargin.book.job.>";
/// Stream of the dead letters.
pub const DEAD_STREAM: &str = "ZKMARGIN_BOOK_DEAD";
/// Subjects of [`DEAD_STREAM`]; a letter's is `zkmargin.book.dead.<book>.<input digest>`.
pub const DEAD_SUBJECTS: &str = "zkmargin.book.dead.>";
/// Bucket of the object store; its stream is `OBJ_zkmargin-book`.
pub const OBJECTS: &str = "zkmargin-book";
/// Key-value bucket of the results; its stream is `KV_zkmargin-book-results`.
pub const RESULTS: &str = "zkmargin-book-results";
/// The consumer that all workers share.
pub(crate) const CONSUMER: &str = "workers";

const LONGEST_BOOK: usize = 64;

/// Whether a book's id can be a part of a subject.
pub(crate) fn is_book(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=LONGEST_BOOK).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether this is what [`super::digest`] returns.
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Name of the context with a digest.
pub(crate) fn context(digest: &str) -> String {
    format!("context.{digest}")
}

/// Name of the output with a digest.
pub(crate) fn output(digest: &str) -> String {
    format!("output.{digest}")
}
