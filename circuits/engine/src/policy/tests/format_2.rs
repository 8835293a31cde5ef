//! Policies of format 2.

use super::*;

const RM2: &str = include_str!("../../../../../policies/rm2.toml");

fn changed_2(from: &str, to: &str) -> Result<Policy, Error> {
    assert!(RM2.contains(from), "{from}");
    read(&RM2.replacen(from, to, 1))
}

#[test]
fn shipped_policies_are_read() {
    for (text, name, nodes, points) in [
        (RM2, "RM-2", 23, 128),
        (
            include_str!("../../../../../policies/rm2-compact.toml"),
            "RM-2-COMPACT",
            23,
            64,
        ),
        (
            include_str!("../../../../../policies/spanlike.toml"),
            "SPAN-LIKE",
            22,
            64,
        ),
        (
            include_str!("../../../../../policies/deribit.toml"),
            "DERIBIT-LIKE",
            30,
            1,
        ),
    ] {
        let policy = read(text).unwrap();
        assert_eq!((policy.name(), policy.format()), (name, 2));
        assert_eq!(policy.scenarios().len(), nodes, "{name}");
        assert_eq!(
            policy.portfolio().unwrap().shortfall.points.len(),
            points,
            "{name}"
        );
    }
    assert_eq!(Policy::rm1().format(), 1);
    assert!(Policy::rm1().portfolio().is_none());
}

/// Every part of the model is in the digest, and nothing else.
#[test]
fn digest_of_format_2_is_of_the_meaning() {
    let digest = read(RM2).unwrap().digest();
    for (from, to) in [
        ("maturity_floor = 60", "maturity_floor = 61"),
        ("rule = \"greatest\"", "rule = \"mix\"\nshare = \"0\""),
        ("scale = \"1.4\"", "scale = \"1.5\""),
        ("last_day = \"0.04\"", "last_day = \"0.05\""),
        ("share = \"0.75\"", "share = \"0.7\""),
        ("groups = [[\"BTC\", \"ETH\"]]", "groups = []"),
        (
            "option_of_forward = \"0.0004\"",
            "option_of_forward = \"0.0005\"",
        ),
        ("option_of_value = \"0.125\"", "option_of_value = \"0.12\""),
        ("linear = \"0.0002\"", "linear = \"0.0003\""),
        ("account = \"5\"", "account = \"6\""),
        ("underlying = \"1\"", "underlying = \"2\""),
        ("position = \"0.25\"", "position = \"0.3\""),
        ("level = \"0.99\"", "level = \"0.975\""),
        ("total = 3998", "total = 3999"),
        (
            "[2, \"-1\", \"1\", \"-1\", \"1\"]",
            "[3, \"-1\", \"1\", \"-1\", \"1\"]",
        ),
        (
            "[2, \"-1\", \"1\", \"-1\", \"1\"]",
            "[2, \"-1\", \"1\", \"-1\", \"0.9\"]",
        ),
        ("[\"0.0002\", \"0\"]", "[\"0.0003\", \"0\"]"),
        ("\"37500\"", "\"37501\""),
        ("[\"0.05\", \"0\"]", "[\"0.06\", \"0\"]"),
        (", days_later = 1 }", " , days_later = 0, weight = \"1\" }"),
    ] {
        // A node where nothing moves and no day passes is refused.
        let Ok(other) = changed_2(from, to) else {
            assert!(from.contains("days_later"), "{from}");
            continue;
        };
        assert_ne!(other.digest(), digest, "{from}");
    }
    for (from, to) in [
        ("scale = \"1.4\"", "scale = \"1.4000\""),
        (
            "groups = [[\"BTC\", \"ETH\"]]",
            "groups = [[\"ETH\", \"BTC\"]]",
        ),
        ("version = 2", "# A remark.\nversion = 2"),
    ] {
        assert_eq!(changed_2(from, to).unwrap().digest(), digest, "{from}");
    }
}

#[test]
fn format_1_has_nothing_of_format_2() {
    for (from, to) in [
        (
            "minimum = \"0.01\"",
            "minimum = \"0.01\"\nlast_day = \"0.04\"",
        ),
        (
            "{ of_range = \"0.25\", vol = \"up\" }",
            "{ of_range = \"0.25\", vol = \"static\" }",
        ),
        ("[vol]", "[offset]\nshare = \"0.5\"\ngroups = []\n\n[vol]"),
    ] {
        let text = message(from, to);
        assert!(text.contains("belongs to format 2"), "{text}");
    }
}

/// Weights of moves at the nodes and half way between them, by hand.
#[test]
fn interpolation_by_hand() {
    let policy = read(RM2).unwrap();
    let of = |price, vol| -> Vec<(usize, u32)> {
        let shares = policy.interpolation(price, vol).unwrap();
        shares.iter().map(|s| (s.node, s.weight)).collect()
    };
    let one = 1 << 24;
    assert_eq!(of(0, 0), []);
    assert_eq!(of(0, 10_000), [(0, one)]);
    assert_eq!(of(0, -10_000), [(1, one)]);
    assert_eq!(of(3_500, 0), [(3, one)]);
    assert_eq!(of(-7_000, -10_000), [(13, one)]);
    assert_eq!(of(10_000, 10_000), [(14, one)]);
    // Beyond the grid it stops at the last node.
    assert_eq!(of(-20_000, 30_000), [(17, one)]);
    // Half of the way to 0.35, half of the way up: the unmoved node of the base loses nothing.
    let quarter = one / 4;
    assert_eq!(of(1_750, 5_000), [(0, quarter), (3, quarter), (2, quarter)]);
    assert_eq!(Policy::rm1().interpolation(0, 0), None);
}
