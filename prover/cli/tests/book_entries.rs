//! What a packet says of entry prices: shown as the venue shows them, and compared with what was
//! counted.

use std::collections::BTreeMap;

use crate::common::{line, Folder, MARKET};
use serde_json::Value;

/// Of the account below.
const HELD: &str = r#"[{"instrument": "BTC-PERPETUAL", "quantity": "1.5"},
    {"instrument": "BTC-25SEP26", "quantity": "-0.25"},
    {"instrument": "BTC-25SEP26-80000-C", "quantity": "10"}]"#;
const FUTURE: &str = r#"{"instrument": "BTC-25SEP26", "quantity": "0.25", "entry": "78000"}"#;

/// The book of one account with a short perpetual and a long future, its packet, and its root.
fn with_packet() -> (Folder, Value, String) {
    let call = r#"{"instrument": "BTC-25SEP26-80000-C""#;
    let account = line().replace(call, &format!("{FUTURE}, {call}"));
    built(&account, HELD)
}

fn built(account: &str, inventory: &str) -> (Folder, Value, String) {
    let folder = Folder::with_files();
    folder.write("accounts.jsonl", account);
    folder.write("held.json", inventory);
    let line = "book build accounts.jsonl --market market.json --k 10 --inventory held.json \
                --cut-off 1787410000 --out book --json";
    let root = folder.run(line).code(0).json()["root"].clone();
    folder
        .run("book include book --index 0 --out packet.json")
        .code(0);
    let packet = serde_json::from_str(&folder.read("packet.json")).unwrap();
    (folder, packet, root.as_str().unwrap().to_owned())
}

fn check(root: &str) -> String {
    format!("book check packet.json --policy rm1 --root {root}")
}

/// The position of a name, to be changed.
fn position<'a>(packet: &'a mut Value, name: &str) -> &'a mut Value {
    let positions = packet["accounts"][0]["positions"].as_array_mut().unwrap();
    let found = positions.iter_mut().find(|p| p["instrument"] == name);
    found.unwrap()
}

#[test]
fn a_customer_sees_entries_gains_and_both_times() {
    let (folder, _, root) = with_packet();
    let check = format!("{} --market market.json", check(&root));
    let text = folder.run(&check).code(0).stdout;
    assert!(text.starts_with("COUNTED"), "{text}");
    // 1.5 · 76,500 − 0.25 · 78,000; −1.5 · 595.12; 0.25 · −594.72.
    for row in [
        "  cut-off    2026-08-22 14:46:40 UTC, when the venue read the accounts",
        "  market     2026-08-22 15:33:51 UTC, the time of the prices",
        "    balances\n      USD             250,000  USD cash\n      USD-SETTLEMENT   95,250  USD-SETTLEMENT cash",
        "    positions\n      BTC-PERPETUAL        -1.5  BTC perpetual\n      BTC-25SEP26          0.25  BTC future of",
        "    entries\n      in USD          entry       mark  unrealised gain",
        "\n      BTC-PERPETUAL  76,500  77,095.12          -892.68",
        "\n      BTC-25SEP26    78,000  77,405.28          -148.68",
        "\n      in all                                  -1,041.36",
        ": 95,250\n",
        "Compare the entry prices with your own records",
    ] {
        assert!(text.contains(row), "no {row:?} in: {text}");
    }
    assert!(!text.contains("--market"), "{text}");
    let json = folder.run(&format!("{check} --json")).code(0).json();
    assert_eq!(
        (&json["time"], &json["cut_off"], &json["market_checked"]),
        (&1_787_412_831.into(), &1_787_410_000.into(), &true.into())
    );
    let account = &json["accounts"][0];
    assert_eq!(account["entry_costs"], "95250");
    assert_eq!(account["unrealised_gain"], "-1041.36");
    let rows = account["positions"].as_array().unwrap().iter();
    let rows: BTreeMap<&str, &Value> = rows
        .map(|row| (row["instrument"].as_str().unwrap(), row))
        .collect();
    let perpetual = rows["BTC-PERPETUAL"];
    for (field, value) in [
        ("entry", "76500"),
        ("mark", "77095.12"),
        ("unrealised_gain", "-892.68"),
    ] {
        assert_eq!(perpetual[field], value);
        assert!(rows["USD"].get(field).is_none(), "{field}");
        assert!(rows["BTC-25SEP26-80000-C"].get(field).is_none(), "{field}");
    }
}

/// The attack: a venue shows the gain that the customer expects, and proves a smaller one.
#[test]
fn entries_that_do_not_add_up_to_usd_settlement_are_a_definite_no() {
    let (folder, good, root) = with_packet();
    let refused = |change: &dyn Fn(&mut Value), words: &str| {
        let mut bad = good.clone();
        change(&mut bad);
        folder.write("packet.json", &bad.to_string());
        for line in ["book check packet.json".to_owned(), check(&root)] {
            let text = folder.run(&line).code(1).stdout;
            assert!(
                text.starts_with("NOT COUNTED: ") && text.contains(words),
                "{text}"
            );
        }
        let json = folder.run(&format!("{} --json", check(&root))).code(1);
        assert_eq!(json.json()["counted"], false);
        assert!(json.json()["reason"].as_str().unwrap().contains(words));
    };
    let stated = |usd: &str| {
        format!("the entry prices of account 7 come to {usd} USD in USD-SETTLEMENT, and 95250 were counted")
    };
    refused(
        &|p| position(p, "BTC-PERPETUAL")["entry"] = "76500.00000002".into(),
        &stated("95250.00000003"),
    );
    // Each of the two prices stands in the account, and beside another position.
    refused(
        &|p| {
            position(p, "BTC-PERPETUAL")["entry"] = "78000".into();
            position(p, "BTC-25SEP26")["entry"] = "76500".into();
        },
        &stated("97875"),
    );
    refused(
        &|p| {
            let future = position(p, "BTC-25SEP26").as_object_mut().unwrap();
            future.remove("entry");
            future.remove("mark");
        },
        "does not say at what price BTC-25SEP26 of account 7 was entered",
    );
}

#[test]
fn marks_and_times_are_the_packet_s_own_until_the_market_is_named() {
    let (folder, good, root) = with_packet();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut bad = good.clone();
        change(&mut bad);
        folder.write("packet.json", &bad.to_string());
    };
    let named = format!("{} --market market.json", check(&root));
    with(&|p| position(p, "BTC-25SEP26")["mark"] = "79000".into());
    let text = folder.run(&check(&root)).code(0).stdout;
    assert!(
        text.contains("are the packet's own: name with --market"),
        "{text}"
    );
    let text = folder.run(&named).code(1).stdout;
    let words = "the packet marks BTC-25SEP26 of account 7 at another price";
    assert!(text.contains(words), "{text}");
    with(&|p| p["time"] = 1_787_412_832.into());
    folder.run(&check(&root)).code(0);
    let text = folder.run(&named).code(1).stdout;
    assert!(text.contains("another time of the market"), "{text}");
    // Another market than the book's.
    with(&|_| ());
    folder.write("market.json", &MARKET.replace("77095.12", "77095.13"));
    let text = folder.run(&named).code(1).stdout;
    assert!(text.contains("names another market"), "{text}");
    // Names of the market are those of the policy.
    with(&|p| p["policy"] = "0x5".into());
    folder
        .run("book check packet.json --market market.json")
        .refused(&["--market market.json", "policy of the packet's book"]);
    let text = folder.run(&named).code(1).stdout;
    assert!(
        text.contains("NOT COUNTED: the policy that you named"),
        "{text}"
    );
}

#[test]
fn an_account_without_entries_says_nothing_of_them() {
    let perpetual = r#"{"instrument": "BTC-PERPETUAL", "quantity": "-1.5", "entry": "76500.00"},"#;
    assert!(line().contains(perpetual));
    let held = r#"[{"instrument": "BTC-25SEP26-80000-C", "quantity": "10"}]"#;
    let (folder, packet, root) = built(&line().replace(perpetual, ""), held);
    assert!(!packet.to_string().contains("entry"), "{packet}");
    let text = folder.run(&check(&root)).code(0).stdout;
    assert!(text.starts_with("COUNTED"), "{text}");
    for word in ["entr", "USD-SETTLEMENT", "--market"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let json = folder
        .run(&format!("{} --json", check(&root)))
        .code(0)
        .json();
    assert_eq!(json["accounts"][0]["unrealised_gain"], "0");
}

#[test]
fn a_packet_of_before_is_refused() {
    let (folder, mut packet, root) = with_packet();
    packet["version"] = 2.into();
    folder.write("packet.json", &packet.to_string());
    folder.run(&check(&root)).refused(&[
        "packet.json: version: 2",
        "at what prices positions were entered",
        "ask the venue for a packet of version 3",
    ]);
}

/// A folder that an earlier program built has no entry prices: the same book is built once more, and then
/// it has packets.
#[test]
fn a_book_without_entry_prices_has_no_packets_until_it_is_built_again() {
    let (folder, packet, _) = with_packet();
    std::fs::remove_dir_all(folder.path("book/entries")).unwrap();
    for all in ["--index 0", "--all packets"] {
        folder.run(&format!("book include book {all}")).refused(&[
            "book/entries/",
            "is missing",
            "--resume",
        ]);
    }
    let line = "book build accounts.jsonl --market market.json --k 10 --inventory held.json \
                --cut-off 1787410000 --out book --resume";
    folder.run(line).code(0);
    let again = folder.run("book include book --index 0").code(0).json();
    assert_eq!(again, packet);
    // Entry prices of other accounts.
    let name = std::fs::read_dir(folder.path("book/entries"))
        .unwrap()
        .next();
    let path = name.unwrap().unwrap().path();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last - 7] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    folder
        .run("book include book --index 0")
        .refused(&["book/entries", "come to", "--resume"]);
    std::fs::write(&path, &bytes[..last]).unwrap();
    folder
        .run("book include book --index 0")
        .refused(&["book/entries", "not the entry prices"]);
}

/// Customers have accounts in several batches: all packets are as each customer alone would get his.
#[test]
fn packets_of_customers_in_several_batches_are_whole() {
    let folder = Folder::with_venue(1_000, "");
    // The second accounts of all who have two come last.
    let accounts = folder.read("accounts.jsonl");
    let (second, first): (Vec<_>, Vec<_>) =
        (0..).zip(accounts.lines()).partition(|(n, _)| n % 8 == 7);
    let lines = first.iter().chain(&second).map(|(_, line)| *line);
    folder.write("accounts.jsonl", &lines.collect::<Vec<_>>().join("\n"));
    let build = "book build accounts.jsonl --market market.json --k 10 --out book --json";
    let built = folder.run(build).code(0).json();
    assert!(built["batches"].as_u64() >= Some(2), "{built}");
    folder.run("book include book --all packets").code(0);
    let list = folder.read("packets/packets.csv");
    let several: Vec<&str> = list.lines().filter(|row| row.ends_with(",2")).collect();
    assert_eq!(several.len(), second.len());
    let root = built["root"].as_str().unwrap();
    let mut entries = 0;
    for row in several.iter().step_by(13) {
        let [customer, file, _] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let line = format!("book check packets/{file} --policy rm1 --root {root}");
        folder.run(&line).code(0);
        let alone = folder.run(&format!("book include book --customer {customer}"));
        let packet = folder.read(&format!("packets/{file}"));
        assert_eq!(alone.code(0).stdout, packet);
        entries += packet.matches("\"entry\"").count();
        let packet: Value = serde_json::from_str(&packet).unwrap();
        let place = |n: usize| packet["accounts"][n]["index"].as_u64().unwrap();
        assert!(place(0) < first.len() as u64 && place(1) >= first.len() as u64);
    }
    assert!(entries > 0, "nobody has a future");
}
