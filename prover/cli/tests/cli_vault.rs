//! What `vault terms` and `vault status` say of a pledge and of a custody agreement on a real chain.

use zkmargin_chain::abi::MarginVault::Terms;
use zkmargin_chain::binding::{agreement_id, scope, Intent};
use zkmargin_chain::terms::written;
use zkmargin_desk::scene::START;
use zkmargin_engine::units::format_element;
use zkmargin_testing::chain::{Stage, CHAIN_ID, DOLLAR, STAKE};

use crate::common::Folder;

fn put(folder: &Folder, name: &str, terms: &Terms) {
    folder.write(name, &written(terms).to_string());
}

#[test]
fn vault_terms_and_status_of_both_forms() {
    let Some(stage) = Stage::set(CHAIN_ID) else {
        return;
    };
    let folder = Folder::new();
    let custody = stage
        .on
        .custody(stage.terms.policy, stage.terms.nullifier, START.into());
    stage.open(&custody);
    put(&folder, "pledge.json", &stage.terms);
    put(&folder, "custody.json", &custody);
    let contracts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts");
    let node = format!("--rpc {}", stage.anvil.url());
    terms_of(
        &folder,
        (&stage, &custody),
        &format!("{node} --contracts {contracts}"),
    );
    status_of(
        &folder,
        (&stage, &custody),
        &format!("{node} --vault {}", stage.on.vault),
    );
    for (line, words) in [
        ("vault terms nothing.json", "nothing.json"),
        ("vault status nothing.json", "nothing.json"),
    ] {
        let at = format!("{line} {node} --vault {}", stage.on.vault);
        let at = match line.contains("terms ") {
            true => format!("{line} {node}"),
            false => at,
        };
        folder.run(&at).refused(&[words]);
    }
    let nowhere = "vault terms pledge.json --rpc http://127.0.0.1:9";
    folder.run(nowhere).refused(&["http://127.0.0.1:9"]);
}

fn terms_of(folder: &Folder, (stage, custody): (&Stage, &Terms), node: &str) {
    let verifier = stage.on.verifier;
    let code = alloy_primitives::keccak256(stage.node.code(verifier).unwrap());
    let head = |terms: &Terms| {
        format!(
            "Agreement {}, chain {CHAIN_ID}\n\nVerifiers\n  {verifier}  the code of SmallVerifier; accepts a good \
             proof on this chain; of the policy\n  code hash {code}\n\n- ",
            agreement_id(terms)
        )
    };
    let good = "\nThe verifiers are ours and work here.\n";
    let pledge = folder
        .run(&format!("vault terms pledge.json {node}"))
        .code(0)
        .stdout;
    assert!(
        pledge.starts_with(&(head(&stage.terms) + "A pledge. The floor, 20000000000 units")),
        "{pledge}"
    );
    assert!(
        pledge.ends_with(good) && !pledge.contains("being left out"),
        "{pledge}"
    );
    let kept = folder
        .run(&format!("vault terms custody.json {node}"))
        .code(0)
        .stdout;
    assert!(
        kept.starts_with(&(head(custody) + "Custody. The venue, which is the beneficiary")),
        "{kept}"
    );
    assert!(
        kept.contains("being left out of a book is seizure") && kept.ends_with(good),
        "{kept}"
    );
    let report = folder
        .run(&format!("vault terms custody.json --json {node}"))
        .code(0)
        .json();
    assert_eq!(report["verifiers"][0]["code"], code.to_string());
    assert_eq!(
        (&report["good"], &report["chain_id"]),
        (&true.into(), &CHAIN_ID.into())
    );
    // A contract that is no verifier: a definite no.
    let mut other = custody.clone();
    other.verifiers[1] = stage.on.token;
    put(folder, "other.json", &other);
    let out = folder
        .run(&format!("vault terms other.json {node}"))
        .code(1)
        .stdout;
    assert!(
        out.contains("NOT a verifier of this repository by its code"),
        "{out}"
    );
    assert!(
        out.ends_with("\nDO NOT SIGN: see the verifiers.\n"),
        "{out}"
    );
}

fn status_of(folder: &Folder, (stage, custody): (&Stage, &Terms), node: &str) {
    let quiet = folder
        .run(&format!("vault status pledge.json {node}"))
        .code(0)
        .stdout;
    let now = stage.node.time().unwrap();
    let (stake, floor) = (STAKE * DOLLAR, stage.terms.floor);
    let expected = format!(
        "Agreement {}: active at {now} (Unix seconds, as below)\ncollateral {stake}, floor {floor}, due 0 \
         (units of the token)\n- venue: publish the next book, by ",
        agreement_id(&stage.terms)
    );
    assert!(quiet.starts_with(&expected), "{quiet}");
    assert!(!quiet.contains("--message"), "{quiet}");
    // What the venue has to be shown to credit a custody.
    let (chain, vault) = (CHAIN_ID, stage.on.vault);
    let scope = format_element(&scope(chain, vault));
    let message = format_element(&Intent::credit(agreement_id(custody)).message(chain, vault));
    let kept = folder
        .run(&format!("vault status custody.json {node}"))
        .code(0)
        .stdout;
    let credit = format!(
        "the venue credits it to the account of a proof with\n  --scope {scope}\n  --message {message}\n"
    );
    assert!(kept.contains(&credit), "{kept}");
    let report = folder
        .run(&format!("vault status custody.json --json {node}"))
        .code(0)
        .json();
    assert_eq!(report["credit"]["message"], message);
    assert_eq!(
        (&report["status"], &report["collateral"]),
        (&"active".into(), &"0".into())
    );
    // A call makes the trader's duty the first.
    let (beneficiary, call) = (stage.on.cast.beneficiary, stage.margin_call(7));
    stage.node.send(beneficiary, vault, &call).unwrap();
    let called = folder
        .run(&format!("vault status pledge.json {node}"))
        .code(0)
        .stdout;
    let duty =
        "\n- trader: answer call 1 at a young market not before the call, under a young root, or \
                deposit 1000000 units from `refund`, by ";
    assert!(
        called.contains(": called at ") && called.contains(duty),
        "{called}"
    );
    // Terms of which the vault knows nothing.
    let mut other = custody.clone();
    other.salt = alloy_primitives::B256::repeat_byte(5);
    put(folder, "other.json", &other);
    let unknown = folder
        .run(&format!("vault status other.json {node}"))
        .code(0)
        .stdout;
    assert!(unknown.contains(": unknown at "), "{unknown}");
}
