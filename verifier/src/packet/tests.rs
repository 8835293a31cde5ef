use super::*;
use zkmargin_engine::account::Position;
use zkmargin_engine::commitment::Book;
use zkmargin_engine::market::{InstrumentId, Kind};

fn customer() -> Customer {
    Customer::new("Ann@example.com", Fr::from(0x5ec4e7)).unwrap()
}

/// 76,500 and 77,095.12 USD.
const ENTERED: Entered = Entered {
    price: 7_650_000_000_000,
    mark: 7_709_512_000_000,
};
const TIME: u32 = 1_787_412_831;

fn account(n: u64) -> Account {
    let position = |code: u16, kind, quantity| Position {
        id: InstrumentId::new(code, 0, 0, kind),
        quantity,
    };
    Account {
        customer: customer().digest(),
        identity: Fr::from(0xa11ce),
        number: n as u32,
        salt: Fr::from(0x5a170 + n),
        positions: vec![
            position(1, Kind::Perpetual, -150_000_000),
            position(9, Kind::Cash, 25_000_000_000_000 + n as i64),
        ],
    }
}

/// The packet of a customer who has these accounts of a book.
fn packet_of(places: &[usize], count: usize) -> Packet {
    let accounts: Vec<Account> = (0..count as u64).map(account).collect();
    let book = Book {
        leaves: accounts.iter().map(Account::leaf).collect(),
    };
    let placed = |at: &usize| Placed {
        account: accounts[*at].clone(),
        names: vec!["BTC-PERPETUAL".into(), "USD".into()],
        entered: BTreeMap::from([(accounts[*at].positions[0].id, ENTERED)]),
        place: book.inclusion(*at),
    };
    Packet {
        customer: customer(),
        accounts: places.iter().map(placed).collect(),
        count: count as u64,
        root: book.root(),
        policy: Fr::from(1),
        market: Fr::from(2),
        time: TIME,
        cut_off: u64::from(TIME) - 60,
    }
}

fn packet(index: usize, count: usize) -> Packet {
    packet_of(&[index], count)
}

/// The first account of a packet.
fn first(packet: &mut Packet) -> &mut Placed {
    &mut packet.accounts[0]
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
            time: Some(TIME.into()),
            cut_off: Some(u64::from(TIME) - 60),
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
        &|p| first(p).account.positions[0].quantity += 1,
        NotCounted::Account,
    );
    refused(
        &|p| first(p).account.positions.truncate(1),
        NotCounted::Account,
    );
    refused(
        &|p| first(p).account.salt += Fr::from(1),
        NotCounted::Account,
    );
    refused(
        &|p| first(p).account.identity = Fr::from(0),
        NotCounted::Account,
    );
    refused(&|p| first(p).account.number += 1, NotCounted::Account);
    refused(
        &|p| first(p).account.customer += Fr::from(1),
        NotCounted::Account,
    );
    // Another id, or another nonce: the leaf is somebody else's.
    let other = |id, nonce| Customer::new(id, nonce).unwrap();
    let nonce = customer().nonce();
    refused(
        &|p| p.customer = other("bob@example.com", nonce),
        NotCounted::Account,
    );
    refused(
        &|p| p.customer = other("ann@example.com", nonce + Fr::from(1)),
        NotCounted::Account,
    );
    refused(&|p| first(p).place.index = 6, NotCounted::Account);
    refused(&|p| first(p).place.index = 13, NotCounted::Root);
    refused(
        &|p| first(p).place.path[1][7] += Fr::from(1),
        NotCounted::Root,
    );
    refused(
        &|p| first(p).place.path[0][0] += Fr::from(1),
        NotCounted::Root,
    );
    refused(
        &|p| (first(p).place.count, p.count) = (21, 21),
        NotCounted::Root,
    );
    refused(&|p| p.root += Fr::from(1), NotCounted::Root);
    let place = NotCounted::Place { index: 5, count: 5 };
    refused(&|p| (first(p).place.count, p.count) = (5, 5), place);
    let place = NotCounted::Place {
        index: 5,
        count: 20,
    };
    refused(&|p| p.count = 21, place);
    let length = NotCounted::Length { found: 9 };
    refused(&|p| first(p).place.path.truncate(9), length);
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
        (
            Published {
                time: Some(7),
                ..none
            },
            "time of the market",
        ),
        (
            Published {
                cut_off: Some(7),
                ..none
            },
            "cut-off",
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
    first(&mut good).account.positions = vec![
        position(InstrumentId::new(code("USD"), 0, 0, Kind::Cash), 5),
        position(InstrumentId::new(code("BTC"), 0, 0, Kind::Spot), 7),
    ];
    first(&mut good).names = vec!["USD".into(), "BTC".into()];
    first(&mut good).entered.clear();
    let mut leaves = vec![Fr::from(1); 20];
    leaves[5] = good.accounts[0].account.leaf();
    let book = Book { leaves };
    (good.accounts[0].place, good.root) = (book.inclusion(5), book.root());
    let check = |packet: &Packet| packet.check(&Published::default(), Some(&policy));
    assert_eq!(check(&good), Ok(good.root));
    for text in ["ETH", "btc", "BTC ", "", "BTC-PERPETUAL"] {
        let mut bad = good.clone();
        first(&mut bad).names[1] = text.into();
        let name = NotCounted::Name {
            text: text.into(),
            name: "BTC".into(),
        };
        assert_eq!(check(&bad), Err(name));
        // What was counted differently is told first.
        first(&mut bad).account.positions[1].quantity += 1;
        assert_eq!(check(&bad), Err(NotCounted::Account));
    }
}

#[test]
fn several_accounts_of_one_customer_stand_each_for_itself() {
    let good = packet_of(&[5, 6, 19], 20);
    let check = |packet: &Packet| packet.check(&Published::default(), None);
    assert_eq!(check(&good), Ok(good.root));
    let back = Packet::from_json(&good.to_json(), "p.json").unwrap();
    assert_eq!(back, good);
    // A fault of any one is noticed.
    for n in 0..3 {
        let mut bad = good.clone();
        bad.accounts[n].account.positions[0].quantity += 1;
        assert_eq!(check(&bad), Err(NotCounted::Account), "{n}");
    }
    let mut twice = good.clone();
    twice.accounts.push(good.accounts[1].clone());
    assert_eq!(check(&twice), Err(NotCounted::Twice { number: 6 }));
    let own = Fr::from(77);
    let mut mine = good.clone();
    mine.accounts[2].account.identity = own;
    assert_eq!(mine.account(Some(6), own), Ok(&mine.accounts[1]));
    assert_eq!(mine.account(None, own), Ok(&mine.accounts[2]));
    mine.accounts[0].account.identity = own;
    let several = NotOne::Several {
        numbers: vec![5, 19],
    };
    assert_eq!(mine.account(None, own), Err(several));
    let numbers = vec![5, 6, 19];
    let none = NotOne::NoneYours {
        numbers: numbers.clone(),
    };
    assert_eq!(good.account(None, own), Err(none));
    let none = NotOne::None { number: 7, numbers };
    assert_eq!(good.account(Some(7), own), Err(none));
    let one = packet(5, 20);
    assert_eq!(one.account(None, own), Ok(&one.accounts[0]));
    assert!(one.account(Some(6), own).is_err());
}

#[test]
fn an_identity_is_the_customer_s_own_or_none() {
    let mut packet = packet_of(&[5, 6], 20);
    let own = Fr::from(0xa11ce);
    assert_eq!(packet.check_identity(own), Ok(()));
    packet.accounts[1].account.identity = Fr::from(0);
    assert_eq!(packet.check_identity(own), Ok(()));
    let other = NotCounted::Identity { number: 5 };
    assert_eq!(packet.check_identity(own + Fr::from(1)), Err(other));
    packet.accounts[1].account.identity = own + Fr::from(1);
    let other = NotCounted::Identity { number: 6 };
    assert_eq!(packet.check_identity(own), Err(other));
}

#[test]
fn a_packet_of_version_1_is_told_what_to_do() {
    let text = r#"{"format": "zkmargin-packet", "version": 1, "private": "",
        "account": {"owner": "0x5ec4ec", "secret": "0x5ec4ec", "salt": "0x1", "positions": []},
        "index": 0, "count": 1, "path": [], "root": "0x1", "policy": "0x1", "market": "0x1"}"#;
    let error = Packet::from_json(text, "p.json").unwrap_err().to_string();
    for word in ["p.json: version", "version 3", "identity new"] {
        assert!(error.contains(word), "no {word:?} in: {error}");
    }
    assert!(!error.contains("5ec4ec"), "{error}");
}

#[test]
fn a_packet_of_version_2_is_told_what_to_do() {
    let text = packet(5, 20).to_json();
    let text = text.replace("\"version\": 3", "\"version\": 2");
    let error = Packet::from_json(&text, "p.json").unwrap_err().to_string();
    for word in ["p.json: version: 2", "entered", "version 3", "builds again"] {
        assert!(error.contains(word), "no {word:?} in: {error}");
    }
}

#[test]
fn malformed_files_are_refused_without_showing_secrets() {
    let text = packet(5, 20).to_json();
    let secret = "5a175";
    assert!(text.contains(secret), "the salt is in the file");
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
    refused("\"version\": 3", "\"version\": 4", "version");
    refused("\"index\"", "\"indes\"", "unknown field `indes`");
    refused(
        "\"index\": 5",
        "\"index\": 5, \"index\": 5",
        "duplicate field `index`",
    );
    refused("5a175\"", "5a175\", \"secret\": \"0x1\"", "line");
    refused("\"-1.5\"", "\"NaN\"", "accounts[0].positions[0].quantity");
    refused("\"-1.5\"", "\"0\"", "accounts[0].positions[0].quantity");
    refused("\"-1.5\"", "-1.5", "line");
    refused("5a175", "5a17x", "accounts[0].salt");
    refused("ann@example.com", "", "customer: ");
    refused("\"account\": 5,", "\"account\": 4294967296,", "line");
    refused("\"nonce\": \"0x00", "\"nonce\": \"0x01", "customer: ");
    refused("\"0x0000000000000000", "\"0x30000000000000000", "");
    let cut_off = "\"cut_off\": 1787412771";
    refused(cut_off, "\"cut_off\": 1787412832", "cut_off: accounts that");
    refused(cut_off, "\"time\": 1", "duplicate field `time`");
    refused(&format!(",\n  {cut_off}"), "", "missing field `cut_off`");
    let entry = "\"entry\": \"76500\"";
    refused(entry, "\"entry\": \"0\"", "accounts[0].positions[0].entry");
    refused(entry, "\"entry\": 5", "another type");
    refused(entry, "\"enter\": \"5\"", "unknown field `enter`");
    refused(
        &format!("{entry},"),
        "",
        "positions[0].entry: a mark without",
    );
    let mark = "\"mark\": \"77095.12\"";
    refused(mark, "\"mark\": \"-1\"", "accounts[0].positions[0].mark");
    refused(mark, "\"entry\": \"7\"", "duplicate field `entry`");
    let cash = "\"quantity\": \"250000.00000005\"";
    let bought = format!("{cash}, {entry}, {mark}");
    refused(cash, &bought, "positions[1].entry: only spot");
    refused(cash, &format!("{cash}, {entry}"), "mark: an entry without");
    refused("\n}", "", "ends too early");
    assert!(Packet::from_json("[]", "p.json").is_err());
}
