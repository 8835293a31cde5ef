//! A failure for programs: what `--json` prints where there is no report.

use serde::Serialize;

use super::{json, Answer};

#[derive(Serialize)]
struct Failure<'a> {
    answer: &'static str,
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

/// A message as one object: `answer`, `error` and, where there is one, `hint`.
pub fn failure_json(answer: Answer, message: &str) -> String {
    let message = message
        .strip_prefix("error: ")
        .unwrap_or(message)
        .trim_end();
    let (error, hint) = match message.rsplit_once("\nhint: ") {
        Some((error, hint)) => (error, Some(hint)),
        None => (message, None),
    };
    json(&Failure {
        answer: answer.name(),
        error,
        hint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_apart() {
        let text = failure_json(Answer::Untold, "m.json: wrong\nhint: another \"one\"");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let wanted = serde_json::json!({
            "answer": "could not tell", "error": "m.json: wrong", "hint": "another \"one\""
        });
        assert_eq!(value, wanted);
        let value: serde_json::Value =
            serde_json::from_str(&failure_json(Answer::No, "error: usage\n\nmore\n")).unwrap();
        assert_eq!(value["error"], "usage\n\nmore");
        assert!(value["hint"].is_null());
    }
}
