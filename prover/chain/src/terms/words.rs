//! What terms say that whoever signs them must know.

use super::super::abi::MarginVault::{Form, Terms};

/// What follows from terms, a sentence or two each: first what the form means, then whom one trusts,
/// then what must be done and by when.
pub fn said(terms: &Terms) -> Vec<String> {
    let mut all = match terms.form {
        Form::Custody => custody(terms),
        _ => pledge(terms),
    };
    all.extend(both(terms));
    all
}

fn pledge(terms: &Terms) -> Vec<String> {
    let mut all = vec![
        format!(
            "A pledge. The floor, {} units of the token, leaves by the beneficiary's act alone: he may \
             lower it, and nobody can raise it.",
            terms.floor
        ),
        format!(
            "What is above the floor leaves on a proof of {} of 10000 parts of the initial requirement \
             plus {} units of 1e-8 USD. It secures nobody: equity can be lent to an account for one \
             book. Make a loan against the floor alone.",
            terms.ratio, terms.margin
        ),
        "Several lenders may rely on the same excess of one account.".to_owned(),
        "Up to the floor the trader trusts the beneficiary: repay only against a lowering of the floor, \
         in one transaction."
            .to_owned(),
    ];
    if terms.trustsVenue {
        all.push(left_out());
    }
    all
}

fn custody(terms: &Terms) -> Vec<String> {
    vec![
        "Custody. The venue, which is the beneficiary, counts the collateral in the trader's account."
            .to_owned(),
        left_out(),
        format!(
            "A withdrawal is announced, and paid on the venue's signature, or on a proof under a book \
             that was cut at least {} later. The venue stops counting an amount when it sees it \
             announced.",
            span(terms.notice)
        ),
        format!(
            "The venue stops counting the agreement {} before its end.",
            span(terms.window + terms.patience + terms.notice)
        ),
    ]
}

fn left_out() -> String {
    "The trader trusts the venue's books up to his collateral: being left out of a book is seizure. He \
     checks every new book within minutes."
        .to_owned()
}

fn both(terms: &Terms) -> Vec<String> {
    vec![
        format!(
            "A call is answered within {}. In silence of oracle or venue it lasts up to {} longer, and \
             after its first length the last market and the last book count for an answer.",
            span(terms.window),
            span(terms.patience)
        ),
        format!(
            "Books count up to {} after their cut-off; a displaced one still pays out for {}. Between \
             two calls there are {}.",
            span(terms.maxBookAge),
            span(terms.grace),
            span(terms.cooldown)
        ),
        format!(
            "After {} of silence the floor goes to {} and the rest to {}; from {} (Unix seconds) on the \
             floor goes to the beneficiary.",
            span(terms.exitAfter),
            terms.exitTo,
            terms.refund,
            terms.end
        ),
        format!(
            "Taken on trust: the signers of oracle {}, the books of venue {}, the token {}.",
            terms.oracle, terms.venue, terms.token
        ),
    ]
}

/// A span in its largest whole unit.
fn span(seconds: u32) -> String {
    let (count, unit) = match seconds {
        0 => (0, "second"),
        s if s % 86_400 == 0 => (s / 86_400, "day"),
        s if s % 3_600 == 0 => (s / 3_600, "hour"),
        s if s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::super::file::{read, tests::PLEDGE};
    use super::*;

    #[test]
    fn each_form_says_what_it_must() {
        let mut terms = read(PLEDGE, "terms.json").unwrap();
        let text = said(&terms).join(" ");
        for words in [
            "secures nobody",
            "against the floor alone",
            "Several lenders",
            "in one transaction",
            "within 2 days",
            "up to 3 days longer",
            "After 90 days of silence",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("being left out"), "{text}");
        terms.form = Form::Custody;
        terms.notice = 3_600;
        let text = said(&terms).join(" ");
        for words in [
            "being left out of a book is seizure",
            "at least 1 hour later",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}
