use super::*;
use zkmargin_engine::account::Position;
use zkmargin_engine::commitment::Book;
use zkmargin_engine::market::{InstrumentId, Kind};

fn account(n: u64) -> Account {
    let position = |code: u8, kind, quantity| Position {
        id: InstrumentId::new(code, 0, 0, kind),
        quantity,
    };
    Account {
        owner: Fr::from(0xa11ce + n),
        secret: Fr::from(0x5ec4e7 + n),
        salt: Fr::from(0x5a17 + n),
        positions: vec![
            position(1, Kind::Perpetual, -150_000_000),
            position(9, Kind::Cash, 25_000_000_000_000 + n as i64),
        ],
    }
}

fn packet(index: usize, count: usize) -> Packet {
    let accounts: Vec<Account> = (0..count as u64).map(account).collect();
    let book = Book {
        leaves: accounts.iter().map(Account::leaf).collect(),
    };
    Packet {
        account: accounts[index].clone(),
        names: vec!["BTC-PERPETUAL".into(), "USD".into()],
        place: book.inclusion(index),
        root: book.root(),
        policy: Fr::from(1),
        market: Fr::from(2),
    }
}

#[test]
fn a_customer_finds_himself_and_his_file_is_read_back() {
    for (index, count) in [(0, 1), (5, 20), (64, 65), (99, 100)] {
        let packet = packet(index, count);
        let published = Published {
            root: Some(packet.root),
            policy: Some(Fr::from(1)),
            market: Some(Fr::from(2)),
            count: Some(count as u64),
        };
        assert_eq!(packet.check(&published, None), Ok(packet.root));
        assert_eq!(packet.check(&Published::default(), None), Ok(packet.root));
        let text = packet.to_json();
        let back = Packet::from_json(&text, "p.json").unwrap();
        assert!(back == packet);
    }
}

#[test]
fn whatever_was_counted_differently_is_noticed() {
    let good = packet(5, 20);
    let refused = |alter: &dyn Fn(&mut Packet), why: NotCounted| {
        let mut bad = good.clone();
        alter(&mut bad);
        assert_eq!(bad.check(&Published::default(), None), Err(why));
    };
    refused(
        &|p| p.account.positions[0].quantity += 1,
        NotCounted::Account,
    );
    refused(&|p| p.account.positions.truncate(1), NotCounted::Account);
    refused(&|p| p.account.salt += Fr::from(1), NotCounted::Account);
    refused(&|p| p.account.secret += Fr::from(1), NotCounted::Account);
    refused(&|p| p.place.index = 6, NotCounted::Account);
    refused(&|p| p.place.index = 13, NotCounted::Root);
    refused(&|p| p.place.path[1][7] += Fr::from(1), NotCounted::Root);
    refused(&|p| p.place.path[0][0] += Fr::from(1), NotCounted::Root);
    refused(&|p| p.place.count = 21, NotCounted::Root);
    refused(&|p| p.root += Fr::from(1), NotCounted::Root);
    let place = NotCounted::Place { index: 5, count: 5 };
    refused(&|p| p.place.count = 5, place);
    let length = NotCounted::Length { found: 9 };
    refused(&|p| p.place.path.truncate(9), length);
}

#[test]
fn another_book_than_the_published_one_is_noticed() {
    let good = packet(5, 20);
    let other = |published: Published| good.check(&published, None).unwrap_err();
    let one = Some(Fr::from(77));
    let none = Published::default();
    assert_eq!(
        other(Published { root: one, ..none }),
        NotCounted::OtherBook
    );
    for (published, what) in [
        (
            Published {
                policy: one,
                ..none
            },
            "policy",
        ),
        (
            Published {
                market: one,
                ..none
            },
            "market",
        ),
        (
            Published {
                count: Some(7),
                ..none
            },
            "number of accounts",
        ),
    ] {
        assert_eq!(other(published), NotCounted::Other { what });
    }
}

/// The root binds ids alone: a venue that owes a BTC perpetual calls it whatever suits it.
#[test]
fn a_position_by_another_name_is_noticed() {
    let policy = Policy::rm1();
    let code = |symbol: &str| policy.underlying(symbol).unwrap().code;
    let mut good = packet(5, 20);
    let position = |id, quantity| Position { id, quantity };
    good.account.positions = vec![
        position(InstrumentId::new(code("USD"), 0, 0, Kind::Cash), 5),
        position(InstrumentId::new(code("BTC"), 0, 0, Kind::Spot), 7),
    ];
    good.names = vec!["USD".into(), "BTC".into()];
    let mut leaves = vec![Fr::from(1); 20];
    leaves[5] = good.account.leaf();
    let book = Book { leaves };
    (good.place, good.root) = (book.inclusion(5), book.root());
    let check = |packet: &Packet| packet.check(&Published::default(), Some(&policy));
    assert_eq!(check(&good), Ok(good.root));
    for text in ["ETH", "btc", "BTC ", "", "BTC-PERPETUAL"] {
        let mut bad = good.clone();
        bad.names[1] = text.into();
        let name = NotCounted::Name {
            text: text.into(),
            name: "BTC".into(),
        };
        assert_eq!(check(&bad), Err(name));
        // What was counted differently is told first.
        bad.account.positions[1].quantity += 1;
        assert_eq!(check(&bad), Err(NotCounted::Account));
    }
}

#[test]
fn malformed_files_are_refused_without_showing_secrets() {
    let text = packet(5, 20).to_json();
    let secret = "5ec4ec";
    assert!(text.contains(secret), "the secret is in the file");
    let refused = |from: &str, to: &str, words: &str| {
        assert!(text.contains(from), "{from}");
        let error = Packet::from_json(&text.replacen(from, to, 1), "p.json").unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.starts_with("p.json: ") && shown.contains("hint: "),
            "{shown}"
        );
        assert!(shown.contains(words), "{shown}");
        assert!(!shown.contains(secret), "{shown}");
    };
    refused("zkmargin-packet", "packet", "format");
    refused("\"version\": 1", "\"version\": 2", "version");
    refused("\"index\"", "\"indes\"", "unknown field `indes`");
    refused(
        "\"index\": 5",
        "\"index\": 5, \"index\": 5",
        "duplicate field `index`",
    );
    refused("5ec4ec\"", "5ec4ec\", \"secret\": \"0x1\"", "line");
    refused("\"-1.5\"", "\"NaN\"", "positions[0].quantity");
    refused("\"-1.5\"", "\"0\"", "positions[0].quantity");
    refused("\"-1.5\"", "-1.5", "line");
    refused("5ec4ec", "5ec4ex", "account.secret");
    refused("\"0x0000000000000000", "\"0x30000000000000000", "");
    refused("\n}", "", "ends too early");
    assert!(Packet::from_json("[]", "p.json").is_err());
}
