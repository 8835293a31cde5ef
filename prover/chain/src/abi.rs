//! What is used of the contracts' interfaces. `tests/tests/chain_abi.rs` holds it against the
//! compiled contracts.

use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]

    contract MarginVault {
        enum Form { Pledge, Custody }
        enum Status { Unknown, Active, Called, Lapsed, Closed }
        enum Action { Withdraw, Answer, Announce, CancelAnnouncement, Credit }
        enum CallEnd { Answered, Acknowledged, ToppedUp, Cancelled, Void }

        struct Terms {
            Form form;
            bool trustsVenue;
            address token;
            address beneficiary;
            address refund;
            address exitTo;
            uint256 nullifier;
            address[3] verifiers;
            uint256 policy;
            address oracle;
            address registry;
            address venue;
            uint16 ratio;
            uint128 floor;
            uint128 margin;
            uint32 maxBookAge;
            uint32 grace;
            uint32 window;
            uint32 patience;
            uint32 cooldown;
            uint32 notice;
            uint32 exitAfter;
            uint64 end;
            bytes32 salt;
        }

        struct Agreement {
            Status status;
            uint40 openedAt;
            uint40 calledAt;
            uint40 nextCallAt;
            uint32 nonce;
            uint32 call;
            uint32 announcement;
            uint128 collateral;
            uint128 floor;
            uint128 due;
            uint128 topUp;
            uint128 announced;
            uint40 announcedAt;
            address recipient;
        }

        struct Proof {
            uint8 verifier;
            uint64 epoch;
            uint64 deadline;
            bytes data;
        }

        struct SecretProof {
            uint8 verifier;
            uint256 market;
            uint256 book;
            uint64 deadline;
            bytes data;
        }

        event Opened(
            bytes32 indexed id, address indexed beneficiary, address indexed refund, Terms terms
        );
        event Deposited(
            bytes32 indexed id, address indexed from, uint256 credited, uint256 collateral
        );
        event ProofAccepted(
            bytes32 indexed id,
            uint32 indexed nonce,
            Action action,
            uint256 market,
            uint256 book,
            uint256 message
        );
        event Withdrawn(
            bytes32 indexed id, address indexed to, uint256 amount, uint256 collateral
        );
        event FloorLowered(bytes32 indexed id, uint256 floor);
        event Announced(
            bytes32 indexed id, uint32 indexed announcement, uint256 amount, address recipient
        );
        event AnnouncementPaid(
            bytes32 indexed id, uint32 indexed announcement, uint256 amount, address recipient
        );
        event MarginCalled(
            bytes32 indexed id, uint32 indexed call, uint256 due, uint256 topUp, uint64 windowEnd
        );
        event CallEnded(bytes32 indexed id, uint32 indexed call, CallEnd how, uint64 nextCallAt);
        event CallLapsed(bytes32 indexed id, uint32 indexed call, uint64 windowEnd);
        event Seized(bytes32 indexed id, uint256 amount);
        event Collected(
            bytes32 indexed id, address indexed party, address indexed to, uint256 amount
        );

        error AgreementExists(bytes32 id);
        error AgreementUnknown(bytes32 id);
        error AgreementClosed(bytes32 id);
        error WrongForm(bytes32 id, Form form);
        error CallIsOpen(bytes32 id, uint64 calledAt);
        error NoCall(bytes32 id);
        error NotLapsed(bytes32 id);
        error AlreadyLapsed(bytes32 id);
        error NotAllowed(address caller, address allowed);
        error BadTerm(bytes32 term, uint256 value);
        error PolicyMismatch(uint256 agreed, uint256 verifier);
        error NoVerifier(uint8 verifier);
        error ZeroAmount();
        error NothingArrived(uint256 amount);
        error TopUpTooSmall(uint256 credited, uint256 topUp);
        error AmountTooLarge(uint256 amount, uint256 available);
        error NothingAtStake(bytes32 id);
        error FloorNotLower(uint256 floor, uint256 current);
        error BadRecipient(address recipient);
        error BadSignature(address signer);
        error AnnouncementOpen(bytes32 id, uint32 announcement);
        error NoAnnouncement(bytes32 id, uint32 announcement);
        error DeadlinePassed(uint64 blockTime, uint64 deadline);
        error CallTooSoon(uint64 blockTime, uint64 earliest);
        error CallOutlastsListing(uint64 until, uint64 listed);
        error MarketBeforeCall(uint64 marketTime, uint64 calledAt);
        error BookTooOld(uint64 age, uint64 maxBookAge);
        error BookDisplaced(uint64 epoch, uint64 displacedAt);
        error BookBeforeNotice(uint64 cutOff, uint64 earliest);
        error EpochsNotLinked(uint64 earlier, uint64 later);
        error WindowNotLapsed(uint64 blockTime, uint64 windowEnd);
        error VenueSilent(uint64 windowEnd);
        error VenueNotSilent(uint64 epoch, uint64 windowEnd);
        error NotSilent(uint64 blockTime, uint64 exitAt);
        error AgreementEnded(uint64 end);
        error AgreementNotEnded(uint64 blockTime, uint64 end);
        error NothingSetAside(bytes32 id, address party);
        error ProofRefused(bytes32 id, uint256 message);

        function open(Terms calldata terms) external returns (bytes32 id);
        function deposit(Terms calldata terms, uint256 amount) external returns (uint256 credited);
        function withdraw(
            Terms calldata terms, uint256 amount, address to, Proof calldata proof
        ) external;
        function lowerFloor(Terms calldata terms, uint256 floor) external;
        function announce(Terms calldata terms, uint256 amount, address to) external;
        function cancelAnnouncement(Terms calldata terms) external;
        function announceBySecret(
            Terms calldata terms, uint256 amount, address to, SecretProof calldata proof
        ) external;
        function payAnnounced(
            Terms calldata terms, uint64 deadline, bytes calldata signature
        ) external;
        function payByProof(Terms calldata terms, Proof calldata proof) external;
        function marginCall(Terms calldata terms, uint128 due, uint128 topUp) external;
        function answer(Terms calldata terms, Proof calldata proof) external;
        function acknowledge(
            Terms calldata terms, uint64 deadline, bytes calldata signature
        ) external;
        function cancelCall(Terms calldata terms) external;
        function recordLapse(Terms calldata terms, uint64[] calldata epochs) external;
        function voidCall(Terms calldata terms, uint64 epoch) external;
        function seize(Terms calldata terms, address to) external;
        function concede(Terms calldata terms) external;
        function release(Terms calldata terms) external;
        function collect(Terms calldata terms, address to) external;
        function multicall(bytes[] calldata data) external returns (bytes[] memory results);
        function windowEnd(Terms calldata terms, uint64[] calldata epochs)
            external
            view
            returns (uint64);
        function agreement(bytes32 id) external view returns (Agreement memory);
        function setAside(bytes32 id, address party) external view returns (uint256);
        function idOf(Terms calldata terms) external pure returns (bytes32);
        function scope() external view returns (uint256);
        function messageFor(
            bytes32 id,
            Action action,
            uint256 amount,
            uint32 nonce,
            uint64 deadline,
            address recipient,
            uint32 number
        ) external view returns (uint256);
        function acknowledgementHash(bytes32 id, uint32 call, uint64 deadline)
            external
            view
            returns (bytes32);
        function floorHash(bytes32 id, uint256 floor, uint64 deadline)
            external
            view
            returns (bytes32);
        function paymentHash(
            bytes32 id, uint32 announcement, uint256 amount, address recipient, uint64 deadline
        ) external view returns (bytes32);
        function collectionHash(bytes32 id, address party, address recipient, uint64 deadline)
            external
            view
            returns (bytes32);
    }

    contract MarketOracle {
        struct Market {
            uint256 digest;
            uint64 time;
            uint64 recordedAt;
            uint64 aliveSince;
        }

        struct Timing {
            uint64 maxAge;
            uint64 spacing;
            uint64 slack;
            uint64 rotationDelay;
            uint64 proposalTerm;
            uint64 settledFor;
        }

        event MarketRecorded(uint64 indexed time, uint256 indexed digest, address relayer);

        error NoMarket();
        error DigestOutOfRange(uint256 digest);
        error MarketInFuture(uint64 time, uint64 blockTime);
        error MarketNotNewer(uint64 time, uint64 latest);
        error SlotTaken(uint64 slotStart, uint64 recordedTime);
        error MarketRepeated(uint256 digest, uint64 recordedTime);
        error MarketTooOld(uint64 age, uint64 limit);
        error MarketTooSoon(uint64 blockTime, uint64 earliest);
        error TooFewSignatures(uint256 given, uint256 threshold);
        error UnknownSigner(address signer);
        error SignersNotSorted(address previous, address signer);

        constructor(
            address owner_,
            address[] memory signers_,
            uint256 threshold_,
            Timing memory timing_
        );

        function submit(uint64 time, uint256 digest, bytes[] calldata signatures) external;
        function peek() external view returns (Market memory);
        function timeOf(uint256 digest) external view returns (uint64);
        function maxAge() external view returns (uint64);
        function settledFor() external view returns (uint64);
        function hashOf(uint64 time, uint256 digest) external view returns (bytes32);
    }

    contract SolvencyRegistry {
        struct Totals {
            uint64 accounts;
            uint64 failing;
            // 1e-16 USD.
            uint128 equity;
            // 1e-16 USD.
            uint128 shortfall;
            // 1e-20 USD.
            uint128 deficit;
        }

        struct AssetTotal {
            uint96 id;
            // 1e-8 units.
            uint128 long;
            // 1e-8 units.
            uint128 short;
        }

        struct Publication {
            uint256 root;
            uint256 market;
            uint256 policy;
            bytes32 digest;
            address oracle;
            uint64 cutOff;
            uint16 ratio;
            Totals totals;
        }

        struct Epoch {
            Publication publication;
            bytes32 assets;
            uint64 time;
            uint64 marketTime;
        }

        struct Root {
            uint64 number;
            uint256 root;
            uint64 cutOff;
            uint64 time;
            uint64 displacedAt;
        }

        event EpochPublished(
            address indexed venue, uint64 indexed number, Epoch epoch, AssetTotal[] assets
        );

        error EpochOutOfOrder(uint64 given, uint256 expected);
        error NoEpoch(address venue, uint64 number);
        error RootUnchanged(uint256 root);
        error CutOffNotLater(uint64 cutOff, uint64 previous);
        error CutOffInFuture(uint64 cutOff, uint64 blockTime);
        error MarketUnknown(address oracle, uint256 digest);

        function publish(
            uint64 number, Publication calldata publication, AssetTotal[] calldata assets
        ) external;
        function count(address venue) external view returns (uint64);
        function epoch(address venue, uint64 number) external view returns (Epoch memory);
        function head(address venue) external view returns (Root memory);
        function rootOf(address venue, uint64 number) external view returns (Root memory);
    }

    contract MarginVerifier {
        function verify(bytes calldata proof, uint256[8] calldata statement)
            external
            view
            returns (bool);
        function policy() external view returns (uint256);
        function keyDigest() external view returns (bytes32);
    }

    contract TestToken {
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);

        constructor(uint8 decimals_);

        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 value) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
    }
}
